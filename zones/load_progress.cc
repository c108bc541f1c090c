#include "zones/load_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hither {
namespace {

std::string CountText(uint64_t count) {
  if (count < 100'000) return absl::StrCat(count);
  return absl::StrFormat("%.1f M", static_cast<double>(count) / 1e6);
}

// How much of the whole is done, from 0 to 1. Octets say it better than zones: one zone may be
// larger than all others together.
double PartDone(uint64_t zones_done, uint64_t zones_total, uint64_t bytes_done,
                uint64_t bytes_total) {
  const double done = static_cast<double>(bytes_total > 0 ? bytes_done : zones_done);
  const double total = static_cast<double>(bytes_total > 0 ? bytes_total : zones_total);
  return total > 0 ? std::min(done / total, 1.0) : 0;
}

}  // namespace

std::string ToText(const LoadProgress& progress, absl::Duration took) {
  const auto read = [](const std::atomic<uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  const uint64_t zones_done = read(progress.zones_done);
  const uint64_t zones_total = read(progress.zones_total);
  const uint64_t bytes_done = read(progress.bytes_done);
  const uint64_t records = read(progress.records);
  const double seconds = absl::ToDoubleSeconds(took);
  std::string text = absl::StrCat(zones_done, " of ", zones_total, " zones");
  if (records > 0) absl::StrAppend(&text, ", ", CountText(records), " records");
  if (bytes_done > 0 && seconds > 0) {
    absl::StrAppendFormat(&text, ", %.1f MB/s", static_cast<double>(bytes_done) / 1e6 / seconds);
  }
  const double part = PartDone(zones_done, zones_total, bytes_done, read(progress.bytes_total));
  if (part > 0) {
    const absl::Duration left = took * (1 / part - 1);
    absl::StrAppend(&text, ", done in about ",
                    absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))));
  }
  return text;
}

}  // namespace hither
