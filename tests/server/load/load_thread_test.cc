#include "server/load/load_thread.h"

#include <future>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

absl::Time Within(absl::Duration duration) { return absl::Now() + duration; }

TEST(LoadThread, DoesOneWorkAfterAnother) {
  LoadThread thread;
  ASSERT_TRUE(thread.Start().ok());
  std::thread::id first;
  std::thread::id second;
  thread.Run([&] { first = std::this_thread::get_id(); });
  ASSERT_TRUE(thread.WaitUntil(Within(absl::Minutes(1))));
  thread.Run([&] { second = std::this_thread::get_id(); });
  ASSERT_TRUE(thread.WaitUntil(Within(absl::Minutes(1))));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(LoadThread, WaitsNoLongerThanItIsTold) {
  LoadThread thread;
  ASSERT_TRUE(thread.Start().ok());
  EXPECT_TRUE(thread.WaitUntil(Within(absl::ZeroDuration()))) << "nothing runs";
  std::promise<void> go;
  thread.Run([&] { go.get_future().wait(); });
  EXPECT_FALSE(thread.WaitUntil(Within(absl::Milliseconds(20))));
  go.set_value();
  EXPECT_TRUE(thread.WaitUntil(Within(absl::Minutes(1))));
}

TEST(LoadThread, WaitsForItsWorkAtTheEnd) {
  bool ended = false;
  {
    LoadThread thread;
    ASSERT_TRUE(thread.Start().ok());
    thread.Run([&] {
      absl::SleepFor(absl::Milliseconds(20));
      ended = true;
    });
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace hither
