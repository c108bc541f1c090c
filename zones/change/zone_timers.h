#ifndef HITHER_ZONES_CHANGE_ZONE_TIMERS_H_
#define HITHER_ZONES_CHANGE_ZONE_TIMERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/bytes.h"

namespace hither {

inline constexpr size_t kPrimaryNameBytesMax = 255;

// What must survive a restart for each zone that comes from a primary. A value.
//
// Times are wall time, in whole seconds: a monotonic clock does not survive a restart. After a jump
// of the clock a time may be in the future; readers must bound what they derive from it.
struct ZoneTimers {
  // When a primary last confirmed the version or sent it; InfinitePast: never. The zone expires
  // `expire_seconds` later (RFC 1035 §3.3.13, RFC 7314 §4).
  absl::Time last_success = absl::InfinitePast();
  absl::Time next_refresh = absl::InfinitePast();  // InfinitePast: as soon as possible.
  // In force: from the SOA, from an EXPIRE option, within the configured bounds.
  uint32_t refresh_seconds = 0;
  uint32_t retry_seconds = 0;
  uint32_t expire_seconds = 0;
  uint32_t failures = 0;     // Refreshes that failed since the last success, for the back-off.
  std::string primary = {};  // The configured name of the one in use, or "".
  // A gate refused this version; it is not transferred again in a loop.
  std::optional<uint32_t> refused_serial = {};
  // The operator rolled back from this serial: the zone stays where it is until a primary is past
  // it.
  std::optional<uint32_t> rolled_back_from = {};

  friend bool operator==(const ZoneTimers&, const ZoneTimers&) = default;
};

// `timers.primary` longer than kPrimaryNameBytesMax is cut off; times are cut to whole seconds.
Bytes EncodeTimers(const ZoneTimers& timers);
absl::StatusOr<ZoneTimers> ParseTimers(ByteView wire);

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_ZONE_TIMERS_H_
