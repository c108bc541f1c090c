#ifndef HITHER_ANYCAST_CLOCK_H_
#define HITHER_ANYCAST_CLOCK_H_

#include <time.h>

#include "absl/time/time.h"

namespace hither {

// CLOCK_MONOTONIC as a Time: what the sidecar measures ages and leases by. Somebody who sets the
// host's clock moves no lease; both daemons of a host see the same.
inline absl::Time MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::TimeFromTimespec(now);
}

}  // namespace hither

#endif  // HITHER_ANYCAST_CLOCK_H_
