#ifndef HITHER_SERVER_TRANSFER_TRANSFER_PACE_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_PACE_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace hither {

// How large and how slow a transfer may be. Counted at the connection, so that a message that never
// becomes complete counts, too.
struct PaceLimits {
  uint64_t octets_max = uint64_t{32} << 30;
  uint64_t records_max = uint64_t{1} << 32;
  // Without an octet. The first reply has as long: a primary may have to write its journal first.
  absl::Duration stall_max = absl::Seconds(30);
  // In each window so many octets must come: a primary that sends one octet a second makes
  // progress, but would hold its place for years.
  absl::Duration window = absl::Seconds(60);
  uint64_t window_octets_min = 60 * 1024;
  absl::Duration total_max = absl::Hours(4);
};

// Cuts off a primary that is slow or endless. Time is any clock that does not jump; it does not run
// while the reader itself is the slow one (Pause). One thread's.
class TransferPace {
 public:
  TransferPace(const PaceLimits& limits, absl::Time now)
      : limits_(limits), started_(now), progress_at_(now), window_at_(now) {}

  void OnOctets(uint64_t octets, absl::Time now);
  void OnRecords(uint64_t records) { records_ += records; }

  // Between these the reader takes nothing from the connection. Calls may repeat.
  void Pause(absl::Time now);
  void Resume(absl::Time now);

  // Why the transfer is to be cut off, to be read after "transfer of example.org from 192.0.2.1: ";
  // empty: it may continue. Call it after octets have come, and at next_check().
  std::string Check(absl::Time now);
  // When Check() may say something else, though nothing comes. InfiniteFuture during a pause.
  absl::Time next_check() const;

  uint64_t octets() const { return octets_; }
  absl::Duration elapsed(absl::Time now) const { return now - started_; }  // Without pauses.

 private:
  bool is_paused() const { return paused_at_ != absl::InfiniteFuture(); }

  PaceLimits limits_;
  absl::Time started_;
  absl::Time progress_at_;
  absl::Time window_at_;
  uint64_t window_octets_ = 0;
  uint64_t octets_ = 0;
  uint64_t records_ = 0;
  absl::Time paused_at_ = absl::InfiniteFuture();
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_PACE_H_
