#ifndef HITHER_ZONES_SET_LIMIT_DEFAULTS_H_
#define HITHER_ZONES_SET_LIMIT_DEFAULTS_H_

#include <cstdint>

namespace hither {

// Defaults of the limits on a zone that an operator can set; see ZoneLimits and ZoneFileLimits. The
// configuration and the code that loads zones do not include each other, but both include this.
inline constexpr uint32_t kRecordsPerRrsetDefault = 1'000;
inline constexpr uint32_t kTypesPerNameDefault = 100;
inline constexpr uint16_t kNsec3IterationsDefault = 100;
inline constexpr uint32_t kIncludeDepthDefault = 8;
inline constexpr uint32_t kGenerateRecordsDefault = 65'536;  // For each $GENERATE line.

}  // namespace hither

#endif  // HITHER_ZONES_SET_LIMIT_DEFAULTS_H_
