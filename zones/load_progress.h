#ifndef HITHER_ZONES_LOAD_PROGRESS_H_
#define HITHER_ZONES_LOAD_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace hither {

// How far a load has come. Counters only rise.
//
// Threads: those that load add, whoever tells an operator reads; all relaxed, so two of them may
// be a moment apart.
struct LoadProgress {
  std::atomic<uint64_t> zones_total{0};
  std::atomic<uint64_t> zones_done{0};   // Good or not.
  std::atomic<uint64_t> bytes_total{0};  // 0: not known; a stat() for each of a million is dear.
  std::atomic<uint64_t> bytes_done{0};   // Of zone files, included ones too.
  std::atomic<uint64_t> records{0};

  void AddBytes(uint64_t more) { bytes_done.fetch_add(more, std::memory_order_relaxed); }
};

// "120000 of 1000000 zones, 1.2 M records, 85.0 MB/s, done in about 9s". `took` is since the load
// began. What is not known yet is left out.
std::string ToText(const LoadProgress& progress, absl::Duration took);

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_PROGRESS_H_
