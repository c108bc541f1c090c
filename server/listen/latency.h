#ifndef HITHER_SERVER_LISTEN_LATENCY_H_
#define HITHER_SERVER_LISTEN_LATENCY_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace hither {

// For intervals. A read of shared memory (vDSO), no system call: some 25 ns.
inline uint64_t MonotonicNs() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                               std::chrono::nanoseconds(1));
}

// How a histogram cuts time into buckets: each power of two of nanoseconds into 32 of one width
// (below 64 ns each nanosecond is one), so that a bucket's upper border is at most 1/32, or 3.2 %,
// above all that is in it. A border belongs to the bucket below it, as `le` of Prometheus asks.
struct LatencyBuckets {
  static constexpr int kCutBits = 5;
  static constexpr uint64_t kNsMax = uint64_t{1} << 36;  // 69 s. The last bucket has the rest, too.

  static constexpr size_t IndexOf(uint64_t ns) {
    const uint64_t below = std::min(ns, kNsMax) - (ns > 0 ? 1 : 0);
    const int shift = std::bit_width(below | uint64_t{1} << kCutBits) - kCutBits - 1;
    return (static_cast<size_t>(shift) << kCutBits) + static_cast<size_t>(below >> shift);
  }
  // The longest time in the bucket.
  static constexpr uint64_t UpperNs(size_t index) {
    const size_t shift = std::max<size_t>(index >> kCutBits, 1) - 1;
    return (index - (shift << kCutBits) + 1) << shift;
  }
  static constexpr size_t kCount = (36 - kCutBits + 1) << kCutBits;  // 1,024: 8 KiB.
  static_assert(kNsMax == uint64_t{1} << 36);
};

// How long answers took, by bucket. Of fixed size, without a lock.
//
// Threads: one writer (the worker), any number of readers. As in Counters, a relaxed load and
// store are enough with one writer.
class alignas(64) LatencyHistogram {
 public:
  // `answers` took `ns` each: as a rule a whole batch, which the clock is asked for once.
  void Record(uint64_t ns, uint64_t answers) {
    Add(cells_[LatencyBuckets::IndexOf(ns)], answers);
    Add(sum_ns_, ns * answers);
  }

 private:
  friend class LatencySummary;
  static void Add(std::atomic<uint64_t>& cell, uint64_t amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::atomic<uint64_t> sum_ns_{0};
  std::array<std::atomic<uint64_t>, LatencyBuckets::kCount> cells_{};
};

// A worker's. From the return of the call that read the query to that of the one that took the
// answer: how long a query waits in the kernel before is not in it, as nobody tells us.
struct AnswerLatency {
  LatencyHistogram udp;
  LatencyHistogram tcp;
};

// The sum of some workers' histograms, as a reader saw it. A value.
class LatencySummary {
 public:
  LatencySummary() : cells_(LatencyBuckets::kCount) {}

  void Add(const LatencyHistogram& histogram);

  uint64_t answers() const { return answers_; }
  absl::Duration total() const { return total_; }  // Of all answers.
  // How many took so long at most; `border` is the upper border of a bucket.
  uint64_t AnswersWithin(uint64_t border_ns) const;
  // So many of a thousand answers took no longer. At most 3.2 % too long; zero without answers.
  absl::Duration Quantile(uint32_t per_mille) const;

 private:
  std::vector<uint64_t> cells_;
  uint64_t answers_ = 0;
  absl::Duration total_;
};

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_LATENCY_H_
