#ifndef HITHER_BASE_CLOCK_H_
#define HITHER_BASE_CLOCK_H_

#include <time.h>

#include <fstream>
#include <string>

#include "absl/time/time.h"
#include "base/monotonic_clock.h"

namespace hither {

// CLOCK_BOOTTIME: as the monotonic clock, but it continues while the host sleeps. Both start at
// boot; BootId() identifies the boot, and is empty if the kernel does not say.
inline absl::Time BootNow() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::TimeFromTimespec(now);
}

inline std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

}  // namespace hither

#endif  // HITHER_BASE_CLOCK_H_
