#include "zones/text/load_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hither {
namespace {

std::string CountText(uint64_t count) {
  if (count < 100'000) return absl::StrCat(count);
  return absl::StrFormat("%.1f M", static_cast<double>(count) / 1e6);
}

std::string TimeText(absl::Duration time) {
  if (time <= absl::Minutes(3)) {
    return absl::StrCat(absl::ToInt64Seconds(absl::Ceil(time, absl::Seconds(1))), " s");
  }
  return absl::StrCat(absl::ToInt64Minutes(absl::Ceil(time, absl::Minutes(1))), " min");
}

uint64_t Read(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// The time until the end, at the speed so far.
absl::Duration TimeLeft(uint64_t done, uint64_t total, absl::Duration took) {
  return took * (static_cast<double>(total) / static_cast<double>(done) - 1);
}

std::string SpeedText(uint64_t bytes_done, absl::Duration took) {
  if (bytes_done == 0 || took <= absl::ZeroDuration()) return "";
  const double seconds = absl::ToDoubleSeconds(took);
  return absl::StrFormat(", %.1f MB/s", static_cast<double>(bytes_done) / 1e6 / seconds);
}

std::string ByZones(uint64_t bytes_done, uint64_t zones_done, uint64_t zones_total,
                    absl::Duration took) {
  std::string text = SpeedText(bytes_done, took);
  if (zones_done == 0 || zones_done >= zones_total) return text;
  return text + ", done in about " + TimeText(TimeLeft(zones_done, zones_total, took));
}

// Octets are a better measure than zones, because one zone may be larger than all others together.
// They do not include the work after reading, or files of a later $INCLUDE.
std::string ByOctets(const LoadProgress& progress, uint64_t bytes_done, uint64_t bytes_total,
                     absl::Duration took) {
  if (bytes_done >= bytes_total) {
    if (progress.readers.load(std::memory_order_relaxed) == 0) return ", text read, building";
    return SpeedText(bytes_done, took);  // The last piece, or another $INCLUDE in it.
  }
  if (bytes_done == 0) return "";
  return absl::StrCat(SpeedText(bytes_done, took), ", text read in ",
                      Read(progress.bytes_included) > 0 ? "at least " : "about ",
                      TimeText(TimeLeft(bytes_done, bytes_total, took)));
}

}  // namespace

std::string ToText(const LoadProgress& progress, absl::Duration took) {
  const uint64_t zones_done = Read(progress.zones_done);
  const uint64_t zones_total = Read(progress.zones_total);
  const uint64_t bytes_done = Read(progress.bytes_done);
  const uint64_t bytes_total = Read(progress.bytes_total);
  const uint64_t records = Read(progress.records);
  std::string text = absl::StrCat(zones_done, " of ", zones_total, " zones");
  if (records > 0) absl::StrAppend(&text, ", ", CountText(records), " records");
  if (bytes_total == 0) return text + ByZones(bytes_done, zones_done, zones_total, took);
  const uint64_t known = bytes_total + Read(progress.bytes_included);
  const uint64_t bytes_left = std::min(Read(progress.bytes_left), known);
  return text + ByOctets(progress, bytes_done, known - bytes_left, took);
}

}  // namespace hither
