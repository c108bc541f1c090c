#include "anycast/reload_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace hither {
namespace {

TEST(ReloadThread, RunsOneAtATime) {
  std::promise<void> may_end;
  std::atomic<int> runs = 0;
  ReloadThread thread;
  ASSERT_TRUE(thread
                  .Start([&] {
                    ++runs;
                    may_end.get_future().wait();
                  })
                  .ok());
  const absl::Status second = thread.Start([&] { ++runs; });
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_EQ(second.message(), "a reload is already running; send SIGHUP again after it");
  may_end.set_value();
  thread.Join();
  ASSERT_TRUE(thread.Start([&] { ++runs; }).ok());
  thread.Join();
  EXPECT_EQ(runs, 2);
}

TEST(ReloadThread, ItsEndWaitsForTheReload) {
  std::atomic<bool> has_run = false;
  {
    ReloadThread thread;
    ASSERT_TRUE(thread
                    .Start([&] {
                      std::this_thread::sleep_for(std::chrono::milliseconds(20));
                      has_run = true;
                    })
                    .ok());
  }
  EXPECT_TRUE(has_run);
}

}  // namespace
}  // namespace hither
