#ifndef HITHER_ZONES_TEXT_LOAD_PROGRESS_H_
#define HITHER_ZONES_TEXT_LOAD_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace hither {

// A load's progress. Counters only rise, except `readers`.
//
// Threads: those that load add, any other may read; all relaxed, so two of them may
// be a moment apart.
struct LoadProgress {
  std::atomic<uint64_t> zones_total{0};
  std::atomic<uint64_t> zones_done{0};  // Good or not.
  // Of the zones' own files to be read, without those that a reload finds unchanged. 0: unknown; a
  // stat() for each of a million is expensive.
  std::atomic<uint64_t> bytes_total{0};
  std::atomic<uint64_t> bytes_included{0};  // Of files that $INCLUDE names, as they are found.
  std::atomic<uint64_t> bytes_left{0};      // Of both, the rest that is not read because of errors.
  std::atomic<uint64_t> bytes_done{0};      // Of zone files, included ones too.
  std::atomic<uint64_t> records{0};
  std::atomic<uint32_t> readers{0};  // The number of texts being read now.
};

// "120000 of 1000000 zones, 1.2 M records, 85.0 MB/s, done in about 9 s". `took` is since the load
// began. Unknown values are omitted: operators rely on this.
std::string ToText(const LoadProgress& progress, absl::Duration took);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_LOAD_PROGRESS_H_
