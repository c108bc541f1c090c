#include "zones/change/zone_timers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "zones/change/u64.h"

namespace hither {
namespace {

constexpr uint8_t kTimersFormat = 1;
constexpr uint8_t kRefused = 1;  // Flags: the serial is there.
constexpr uint8_t kRolledBack = 2;

// Seconds since 1970; 0 is never.
void AppendTime(ByteWriter& out, absl::Time time) {
  const int64_t seconds = time == absl::InfinitePast() ? 0 : absl::ToUnixSeconds(time);
  AppendU64(out, static_cast<uint64_t>(std::max<int64_t>(seconds, 0)));
}

// The year 36,812: foreign octets cannot lead to a time with which nobody can calculate.
constexpr uint64_t kSecondsMax = uint64_t{1} << 40;

absl::Time ReadTime(ByteReader& in) {
  const uint64_t seconds = std::min(ReadU64(in), kSecondsMax);
  return seconds == 0 ? absl::InfinitePast() : absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

}  // namespace

Bytes EncodeTimers(const ZoneTimers& timers) {
  Bytes wire;
  ByteWriter out(wire);
  out.U8(kTimersFormat);
  out.U8(static_cast<uint8_t>((timers.refused_serial.has_value() ? kRefused : 0) |
                              (timers.rolled_back_from.has_value() ? kRolledBack : 0)));
  AppendTime(out, timers.last_success);
  AppendTime(out, timers.next_refresh);
  out.U32(timers.refresh_seconds);
  out.U32(timers.retry_seconds);
  out.U32(timers.expire_seconds);
  out.U32(timers.failures);
  out.U32(timers.refused_serial.value_or(0));
  out.U32(timers.rolled_back_from.value_or(0));
  const size_t primary_bytes = std::min(timers.primary.size(), kPrimaryNameBytesMax);
  out.U8(static_cast<uint8_t>(primary_bytes));
  out.Append(AsBytes(timers.primary).first(primary_bytes));
  return wire;
}

absl::StatusOr<ZoneTimers> ParseTimers(ByteView wire) {
  ByteReader in(wire);
  const uint8_t format = in.U8();
  const uint8_t flags = in.U8();
  ZoneTimers timers;
  timers.last_success = ReadTime(in);
  timers.next_refresh = ReadTime(in);
  timers.refresh_seconds = in.U32();
  timers.retry_seconds = in.U32();
  timers.expire_seconds = in.U32();
  timers.failures = in.U32();
  const uint32_t refused = in.U32();
  const uint32_t rolled_back = in.U32();
  if ((flags & kRefused) != 0) timers.refused_serial = refused;
  if ((flags & kRolledBack) != 0) timers.rolled_back_from = rolled_back;
  const ByteView primary = in.Take(in.U8());
  timers.primary.assign(primary.begin(), primary.end());
  if (format != kTimersFormat || !in.ok() || !in.AtEnd()) {
    return absl::InvalidArgumentError(
        absl::StrCat("stored timers of format ", format, ", or cut off"));
  }
  return timers;
}

}  // namespace hither
