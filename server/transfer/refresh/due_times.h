#ifndef HITHER_SERVER_TRANSFER_REFRESH_DUE_TIMES_H_
#define HITHER_SERVER_TRANSFER_REFRESH_DUE_TIMES_H_

#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/time/time.h"
#include "server/transfer/transfer_queue.h"

namespace hither {

// Which zone is to be looked at next: one time for each, found in O(log n). A zone keeps its own
// place, so that none is stored twice. One thread's.
class DueTimes {
 public:
  // Moves the zone from `place` to `when`; InfiniteFuture: it is not among them.
  void Move(ZoneNumber zone, absl::Time& place, absl::Time when) {
    if (place == when) return;
    if (place != absl::InfiniteFuture()) times_.erase({place, zone});
    if (when != absl::InfiniteFuture()) times_.insert({when, zone});
    place = when;
  }
  absl::Time first() const {
    return times_.empty() ? absl::InfiniteFuture() : times_.begin()->first;
  }
  std::optional<ZoneNumber> FirstUntil(absl::Time now) const {
    return first() > now ? std::nullopt : std::optional(times_.begin()->second);
  }

 private:
  absl::btree_set<std::pair<absl::Time, ZoneNumber>> times_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_DUE_TIMES_H_
