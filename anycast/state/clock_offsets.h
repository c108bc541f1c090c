#ifndef HITHER_ANYCAST_STATE_CLOCK_OFFSETS_H_
#define HITHER_ANYCAST_STATE_CLOCK_OFFSETS_H_

#include "absl/time/time.h"

namespace hither {

// How far the wall clock and CLOCK_BOOTTIME are ahead of the monotonic clock. Small changes do not
// count, so that a state with times by the wall clock stays the same until something happens. Pure.
class ClockOffsets {
 public:
  static constexpr absl::Duration kWander = absl::Seconds(2);

  // The same moment by the three clocks.
  void Note(absl::Time now, absl::Time wall, absl::Time boot) {
    Follow(wall - now, wall_ahead_);
    Follow(boot - now, boot_ahead_);
  }
  absl::Time WallOf(absl::Time now) const { return now + wall_ahead_; }
  absl::Duration wall_ahead_of_boot() const { return wall_ahead_ - boot_ahead_; }

 private:
  static void Follow(absl::Duration ahead, absl::Duration& known) {
    if (absl::AbsDuration(ahead - known) > kWander) known = ahead;
  }

  absl::Duration wall_ahead_;
  absl::Duration boot_ahead_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_CLOCK_OFFSETS_H_
