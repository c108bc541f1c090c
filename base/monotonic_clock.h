#ifndef HITHER_BASE_MONOTONIC_CLOCK_H_
#define HITHER_BASE_MONOTONIC_CLOCK_H_

#include <time.h>

#include "absl/time/time.h"

namespace hither {

// CLOCK_MONOTONIC as a Time: for ages, leases and deadlines. Setting the host's clock does not
// affect them; both daemons of a host see the same.
inline absl::Time MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::TimeFromTimespec(now);
}

}  // namespace hither

#endif  // HITHER_BASE_MONOTONIC_CLOCK_H_
