#include "base/parallel.h"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/mutex.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

TEST(LoadThreadsFor, AreOneAtLeastAndNoMoreThanTheWork) {
  EXPECT_EQ(LoadThreadsFor(0), 1u);
  EXPECT_EQ(LoadThreadsFor(1), 1u);
  EXPECT_GE(LoadThreadsFor(1'000'000), 1u);
  EXPECT_LE(LoadThreadsFor(1'000'000), kLoadThreadsMax);
}

TEST(RunInThreads, CallsOncePerThreadAndWaits) {
  Mutex mu;
  std::set<size_t> numbers;
  std::set<std::thread::id> threads;
  RunInThreads(5, [&](size_t number) {
    MutexLock lock(mu);
    numbers.insert(number);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(numbers, (std::set<size_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(threads.count(std::this_thread::get_id()) > 0);
}

TEST(RunInThreads, OneIsTheCallersOwn) {
  std::thread::id ran;
  RunInThreads(1, [&](size_t) { ran = std::this_thread::get_id(); });
  EXPECT_EQ(ran, std::this_thread::get_id());
}

// Wherever it is thrown: in a thread of its own it would end the process.
TEST(RunInThreads, ThrowsOnWhatACallHasThrownWhenAllHaveEnded) {
  for (const size_t thrower : {0u, 2u}) {
    std::atomic<int> ended{0};
    const auto work = [&](size_t thread) {
      if (thread == thrower) throw std::runtime_error("test");
      ++ended;
    };
    EXPECT_THROW(RunInThreads(3, work), std::runtime_error);
    EXPECT_EQ(ended, 2) << thrower;
  }
}

}  // namespace
}  // namespace hither
