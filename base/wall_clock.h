#ifndef HITHER_BASE_WALL_CLOCK_H_
#define HITHER_BASE_WALL_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace hither {

// Seconds since 1970 (UTC); 0 if the clock is before that. The coarse clock, which may be a tick
// (up to 10 ms) late: it is cheap enough to be read for each batch of queries.
inline uint64_t WallSeconds() {
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec < 0 ? 0 : static_cast<uint64_t>(now.tv_sec);
}

}  // namespace hither

#endif  // HITHER_BASE_WALL_CLOCK_H_
