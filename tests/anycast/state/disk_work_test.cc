#include "anycast/state/disk_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "absl/time/clock.h"

namespace hither {
namespace {

TEST(DiskWork, DoesAllInOrder) {
  DiskWork disk;
  ASSERT_TRUE(disk.Start().ok());
  std::vector<int> done;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(disk.Post([&done, i] { done.push_back(i); }));
  ASSERT_TRUE(disk.WaitIdle(absl::Seconds(30)));
  ASSERT_EQ(done.size(), 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[i], i);
}

TEST(DiskWork, EndsWithWhatIsQueued) {
  std::atomic<int> done = 0;
  {
    DiskWork disk;
    ASSERT_TRUE(disk.Start().ok());
    for (int i = 0; i < 10; ++i) disk.Post([&] { ++done; });
  }
  EXPECT_EQ(done, 10);
}

// A stalled disk: nobody waits for it, neither who posts nor, for long, who ends.
TEST(DiskWork, StalledOneHoldsUpNobody) {
  auto disk_is_back = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  {
    DiskWork disk;
    ASSERT_TRUE(disk.Start().ok());
    disk.Post([future = disk_is_back->get_future().share(), ended] {
      future.wait();
      ended->set_value();
    });
    EXPECT_FALSE(disk.WaitIdle(absl::Milliseconds(10)));
    size_t taken = 0;
    while (disk.Post([] {})) ++taken;
    EXPECT_LE(taken, DiskWork::kWaitingMax);
    const absl::Time began = absl::Now();
    EXPECT_FALSE(disk.WaitIdle(absl::Milliseconds(1)));
    EXPECT_LT(absl::Now() - began, DiskWork::kEndMax);
  }
  disk_is_back->set_value();
  ended->get_future().wait();  // What it uses is its own.
}

}  // namespace
}  // namespace hither
