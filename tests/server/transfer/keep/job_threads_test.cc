#include "server/transfer/keep/job_threads.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "gtest/gtest.h"

namespace hither {
namespace {

TEST(JobThreads, RunEveryJobBeforeTheyStop) {
  std::atomic<int> ran = 0;
  JobThreads threads(3);
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(threads.Post([&ran] { ++ran; }));
  threads.Stop();
  EXPECT_EQ(ran, 1'000);
  EXPECT_FALSE(threads.Post([] {}));
  threads.Stop();
}

TEST(JobThreads, WorkSideBySide) {
  std::mutex mu;
  std::condition_variable met;
  int here = 0;
  JobThreads threads(2);
  for (int i = 0; i < 2; ++i) {
    threads.Post([&] {
      std::unique_lock lock(mu);
      ++here;
      met.notify_all();
      met.wait(lock, [&] { return here == 2; });
    });
  }
  threads.Stop();
  EXPECT_EQ(here, 2);
}

}  // namespace
}  // namespace hither
