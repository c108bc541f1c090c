#ifndef HITHER_ANYCAST_STOP_SEQUENCE_H_
#define HITHER_ANYCAST_STOP_SEQUENCE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace hither {

// How a sidecar ends: it drains its services, closes the backends, and leaves its loop. Each step
// has a deadline. Pure: time is an argument.
class StopSequence {
 public:
  enum class Step : uint8_t { kWait, kClose, kLeave };

  // A signal asks for the end. True: it is the first one, and the services are to be drained until
  // `drain_end`. A second one ends the step that runs.
  bool Ask(absl::Time now, absl::Time drain_end) {
    const bool is_first = phase_ == Phase::kRuns;
    if (is_first) phase_ = Phase::kDrains;
    deadline_ = is_first ? drain_end : now;
    return is_first;
  }
  // What is due now. Close() follows kClose.
  Step Due(bool is_announced, bool is_idle, absl::Time now) const {
    const bool is_late = now >= deadline_;
    if (phase_ == Phase::kDrains && (!is_announced || is_late)) return Step::kClose;
    if (phase_ == Phase::kCloses && (is_idle || is_late)) return Step::kLeave;
    return Step::kWait;
  }
  void Close(absl::Time deadline) {
    phase_ = Phase::kCloses;
    deadline_ = deadline;
  }
  bool HasBegun() const { return phase_ != Phase::kRuns; }

 private:
  enum class Phase : uint8_t { kRuns, kDrains, kCloses } phase_ = Phase::kRuns;
  absl::Time deadline_ = absl::InfiniteFuture();
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STOP_SEQUENCE_H_
