#include "zones/load/record_pipe.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/name.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

// The n-th of the records that these tests send: all of it depends on n.
struct Sample {
  explicit Sample(uint64_t n)
      : owner(*Name::FromText(n % 7 == 0 ? "." : absl::StrCat("h", n, ".example."))),
        rdata(n % 1'000 == 999 ? 65'535 : n % 40, static_cast<uint8_t>(n)) {
    view = {owner,
            static_cast<RrType>(n),
            static_cast<uint32_t>(3 * n),
            rdata,
            {static_cast<uint32_t>(n % 3), static_cast<uint32_t>(n)}};
  }
  Name owner;
  Bytes rdata;
  RecordView view;
};

class Checker : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    if (throw_at == count) throw std::bad_alloc();
    const Sample want(count++);
    EXPECT_TRUE(record.owner.EqualsExactly(want.owner));
    EXPECT_EQ(record.type, want.view.type);
    EXPECT_EQ(record.ttl_seconds, want.view.ttl_seconds);
    EXPECT_TRUE(
        std::equal(record.rdata.begin(), record.rdata.end(), want.rdata.begin(), want.rdata.end()));
    EXPECT_EQ(record.location.file, want.view.location.file);
    EXPECT_EQ(record.location.line, want.view.location.line);
    on_own_thread = on_own_thread || std::this_thread::get_id() == caller_;
  }
  uint64_t count = 0;
  uint64_t throw_at = UINT64_MAX;
  bool on_own_thread = false;

 private:
  const std::thread::id caller_ = std::this_thread::get_id();
};

void AddSamples(RecordPipe& pipe, uint64_t count) {
  for (uint64_t n = 0; n < count; ++n) pipe.Add(Sample(n).view);
}

TEST(RecordPipe, KeepsRecordsAndTheirOrder) {
  for (const uint64_t count : {0, 1, 999, 1'000, 10'000, 100'000}) {
    Checker sink;
    RecordPipe pipe(sink);
    AddSamples(pipe, count);
    pipe.Finish();
    EXPECT_EQ(sink.count, count);
  }
}

TEST(RecordPipe, AThreadForWhatFillsABlock) {
  Checker sink;
  RecordPipe pipe(sink);
  AddSamples(pipe, 100'000);
  pipe.Finish();
  EXPECT_FALSE(sink.on_own_thread);
}

TEST(RecordPipe, NoThreadForLess) {
  Checker sink;
  RecordPipe pipe(sink);
  AddSamples(pipe, 900);
  pipe.Finish();
  EXPECT_EQ(sink.count, 900u);
  EXPECT_TRUE(sink.on_own_thread);
}

TEST(RecordPipe, WhatTheSinkThrowsComesOut) {
  constexpr uint64_t kCount = 100'000;
  for (const uint64_t at : {uint64_t{0}, uint64_t{50'000}, kCount - 1}) {
    Checker sink;
    sink.throw_at = at;
    RecordPipe pipe(sink);
    const auto send = [&] {
      AddSamples(pipe, kCount);
      pipe.Finish();
    };
    EXPECT_THROW(send(), std::bad_alloc) << at;
    EXPECT_EQ(sink.count, at);
  }
}

TEST(RecordPipe, ItComesOutOfAddBeforeTheEnd) {
  Checker sink;
  sink.throw_at = 0;
  RecordPipe pipe(sink);
  const Sample sample(0);
  const auto for_ever = [&] {
    while (true) pipe.Add(sample.view);
  };
  EXPECT_THROW(for_ever(), std::bad_alloc);
  EXPECT_THROW(pipe.Finish(), std::bad_alloc);
}

TEST(RecordPipe, ThrowsWithoutThread) {
  Checker sink;
  sink.throw_at = 5;
  RecordPipe pipe(sink);
  AddSamples(pipe, 10);
  EXPECT_THROW(pipe.Finish(), std::bad_alloc);
}

TEST(RecordPipe, EndsUnfinished) {  // As when the reader throws.
  for (const uint64_t count : {10, 100'000}) {
    Checker sink;
    RecordPipe pipe(sink);
    AddSamples(pipe, count);
  }
}

constexpr uint64_t kSlowBytes = 60'000;
constexpr uint64_t kHeldMax = RecordPipe::kBlocks * RecordPipe::kBlockBytes;

// Slower than what adds, and sees how much is on its way.
class Slow : public RecordSink {
 public:
  void Add(const RecordView&) override {
    // The first one waits until the pipe is half full, so that there is something to measure.
    while (added.load() < kHeldMax / 2) std::this_thread::yield();
    replayed += kSlowBytes;
    held_max = std::max(held_max, added.load() - replayed);
  }
  std::atomic<uint64_t> added{0};
  uint64_t replayed = 0;
  uint64_t held_max = 0;
};

// What was added and not yet replayed never exceeds the blocks.
TEST(RecordPipe, IsBounded) {
  Slow sink;
  RecordPipe pipe(sink);
  const Bytes rdata(kSlowBytes);
  for (int n = 0; n < 2'000; ++n) {
    sink.added += kSlowBytes;
    pipe.Add({NameView(), RrType::kTxt, 0, rdata, {}});
  }
  pipe.Finish();
  EXPECT_EQ(sink.replayed, 2'000 * kSlowBytes);
  EXPECT_GE(sink.held_max, kHeldMax / 3);
  EXPECT_LE(sink.held_max, kHeldMax + kSlowBytes);
}

#ifndef HITHER_IS_SANITIZED  // They map terabytes.

size_t MappedBytes() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// No room for a thread's stack: the sink gets all the same.
TEST(RecordPipeDeathTest, WithoutThreads) {
  const auto child = [] {
    const rlim_t bytes = MappedBytes() + (4 << 20);
    const rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
    Checker sink;
    RecordPipe pipe(sink);
    AddSamples(pipe, 20'000);
    pipe.Finish();
    std::_Exit(sink.count == 20'000 && sink.on_own_thread ? 0 : 1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace hither
