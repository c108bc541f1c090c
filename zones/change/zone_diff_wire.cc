// A diff in octets, as the zone log stores it.

#include <utility>

#include "absl/strings/str_cat.h"
#include "zones/change/u64.h"
#include "zones/change/zone_diff.h"

namespace hither {
namespace {

constexpr uint8_t kDiffFormat = 1;
constexpr uint8_t kFromNothing = 1;  // A flag.

}  // namespace

Bytes EncodeDiff(const ZoneDiff& diff) {
  Bytes wire;
  wire.reserve(diff.removed.octets().size() + diff.added.octets().size() + 2 * kNameBytesMax);
  ByteWriter out(wire);
  out.U8(kDiffFormat);
  out.U8(diff.serial_from.has_value() ? 0 : kFromNothing);
  out.Append(diff.zone.view().wire());
  out.U32(diff.serial_from.value_or(0));
  out.U32(diff.serial_to);
  AppendU64(out, diff.removed.octets().size());
  out.Append(diff.removed.octets());
  out.Append(diff.added.octets());
  return wire;
}

absl::StatusOr<ZoneDiff> ParseDiff(ByteView wire, RecordLimits limits) {
  ByteReader in(wire);
  const uint8_t format = in.U8();
  const uint8_t flags = in.U8();
  if (format != kDiffFormat || flags > kFromNothing) {
    return absl::InvalidArgumentError(absl::StrCat("a stored change of format ", format,
                                                   "; this version reads format ", kDiffFormat));
  }
  const size_t zone_bytes = NameBytesAtStart(in.rest());
  if (zone_bytes == 0) return absl::InvalidArgumentError("a stored change without a zone's name");
  ZoneDiff diff = {Name(NameView(in.Take(zone_bytes))), {}, 0, RecordList(), RecordList()};
  const uint32_t serial_from = in.U32();
  if (flags != kFromNothing) diff.serial_from = serial_from;
  diff.serial_to = in.U32();
  const ByteView removed = in.Take(ReadU64(in));
  if (!in.ok() || (flags == kFromNothing && serial_from != 0)) {
    return absl::InvalidArgumentError("a stored change that ends early");
  }
  absl::StatusOr<RecordList> list = RecordList::Parse(removed, diff.zone, limits);
  if (!list.ok()) return list.status();
  diff.removed = *std::move(list);
  list = RecordList::Parse(in.rest(), diff.zone, limits);
  if (!list.ok()) return list.status();
  diff.added = *std::move(list);
  const absl::Status valid = CheckDiff(diff);
  if (!valid.ok()) return valid;
  return diff;
}

}  // namespace hither
