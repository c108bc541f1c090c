#include "base/snapshot.h"

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace hither {
namespace {

// Two fields that belong together: a reader that sees halves of two values would tell them apart.
struct Pair {
  explicit Pair(uint64_t value) : first(value), second(~value) {}
  uint64_t first;
  uint64_t second;
};

TEST(Snapshot, ReaderSeesOneValueUntilItRefreshes) {
  Snapshot<Pair> snapshot(std::make_shared<Pair>(1));
  Snapshot<Pair>::Reader reader(snapshot);
  const Pair& held = reader.Refresh();
  snapshot.Publish(std::make_shared<Pair>(2));
  EXPECT_EQ(held.first, 1u);
  EXPECT_EQ(snapshot.current()->first, 2u);
  EXPECT_EQ(reader.Refresh().first, 2u);
}

TEST(Snapshot, LateReaderSeesTheLatest) {
  Snapshot<Pair> snapshot(std::make_shared<Pair>(1));
  snapshot.Publish(std::make_shared<Pair>(2));
  Snapshot<Pair>::Reader reader(snapshot);
  EXPECT_EQ(reader.Refresh().first, 2u);
}

TEST(Snapshot, ReapFreesOnlyWhatNoReaderHolds) {
  auto first = std::make_shared<Pair>(1);
  const std::weak_ptr<Pair> watched = first;
  Snapshot<Pair> snapshot(std::move(first));
  Snapshot<Pair>::Reader reader(snapshot);
  snapshot.Publish(std::make_shared<Pair>(2));
  EXPECT_EQ(snapshot.Reap(), 1u);
  EXPECT_FALSE(watched.expired());  // The reader holds it.
  reader.Refresh();
  EXPECT_FALSE(watched.expired());  // The reader let go, but freeing is the writer's work.
  EXPECT_EQ(snapshot.Reap(), 0u);
  EXPECT_TRUE(watched.expired());
}

// For TSan: one writer, several readers, values freed while they read.
TEST(Snapshot, WriterAndReadersSideBySide) {
  constexpr uint64_t kLast = 2'000;
  Snapshot<Pair> snapshot(std::make_shared<Pair>(0));
  std::atomic<int> torn{0};
  std::latch start(4);  // Or the writer is done before the first reader runs.
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&snapshot, &torn, &start] {
      Snapshot<Pair>::Reader reader(snapshot);
      uint64_t seen = 0;
      start.arrive_and_wait();
      while (seen < kLast) {
        const Pair& value = reader.Refresh();
        // Never half of a value, and never back to an older one.
        if (value.second != ~value.first || value.first < seen) torn.fetch_add(1);
        seen = value.first;
      }
    });
  }
  start.arrive_and_wait();
  for (uint64_t value = 1; value <= kLast; ++value) {
    snapshot.Publish(std::make_shared<Pair>(value));
    snapshot.Reap();
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(snapshot.Reap(), 0u);
}

}  // namespace
}  // namespace hither
