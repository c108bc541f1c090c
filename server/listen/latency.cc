#include "server/listen/latency.h"

#include "base/check.h"

namespace hither {

void LatencySummary::Add(const LatencyHistogram& histogram) {
  for (size_t i = 0; i < cells_.size(); ++i) {
    const uint64_t answers = histogram.cells_[i].load(std::memory_order_relaxed);
    cells_[i] += answers;
    // Counted here and not by the writer, so that the buckets always add up to it.
    answers_ += answers;
  }
  // Seconds and the rest apart: absl::Nanoseconds() takes 63 bits.
  const uint64_t sum_ns = histogram.sum_ns_.load(std::memory_order_relaxed);
  total_ += absl::Seconds(sum_ns / 1'000'000'000) + absl::Nanoseconds(sum_ns % 1'000'000'000);
}

uint64_t LatencySummary::AnswersWithin(uint64_t border_ns) const {
  const size_t last = LatencyBuckets::IndexOf(border_ns);
  HITHER_CHECK(LatencyBuckets::UpperNs(last) == border_ns);
  uint64_t sum = 0;
  for (size_t i = 0; i <= last; ++i) sum += cells_[i];
  return sum;
}

absl::Duration LatencySummary::Quantile(uint32_t per_mille) const {
  if (answers_ == 0) return absl::ZeroDuration();
  // The nearest rank, rounded up: of 10 answers the 10th is the one that 99 % do not exceed.
  // By whole thousands first, so that no count overflows.
  const uint64_t rank = std::max<uint64_t>(
      answers_ / 1'000 * per_mille + (answers_ % 1'000 * per_mille + 999) / 1'000, 1);
  uint64_t seen = 0;
  size_t i = 0;
  while (i + 1 < cells_.size() && seen + cells_[i] < rank) seen += cells_[i++];
  return absl::Nanoseconds(LatencyBuckets::UpperNs(i));
}

}  // namespace hither
