#ifndef HITHER_ZONES_CHANGE_ZONE_DIFF_H_
#define HITHER_ZONES_CHANGE_ZONE_DIFF_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "zones/change/record_list.h"

namespace hither {

// One change of a zone, from one serial to another: which records disappear and which are new.
//
// A record is its owner, type, TTL and RDATA, so a changed TTL is a removal and an addition. Names
// are equal whatever their case; a change of case alone is also a removal and an addition, because
// the case is served (RFC 4343 §4.1).
//
// In a valid diff both lists are sorted, and no record is in both in the same case. If the serial
// changes, the old SOA is removed and the new one added; otherwise both SOAs are there or none. A
// diff from nothing adds a whole zone.
struct ZoneDiff {
  Name zone;
  std::optional<uint32_t> serial_from = {};  // None: from nothing.
  uint32_t serial_to = 0;
  RecordList removed = RecordList();
  RecordList added = RecordList();
};

// The records that differ between two versions. Both lists are of one zone, sorted, and have one
// SOA each; `before` may be empty.
absl::StatusOr<ZoneDiff> Diff(const RecordList& before, const RecordList& after);

// The version after `diff`. `records`, sorted, is the version before it, or empty. An error names
// the first record that is to be removed but absent, or to be added but present.
absl::StatusOr<RecordList> Apply(const RecordList& records, const ZoneDiff& diff);

// One diff that does what `first` and then `second` do. An error names a record that `second`
// cannot remove or add after `first`.
absl::StatusOr<ZoneDiff> Concatenate(const ZoneDiff& first, const ZoneDiff& second);

// The way back. An error for a diff from nothing, since no version is before it.
absl::StatusOr<ZoneDiff> Invert(const ZoneDiff& diff);

// Is it a valid diff (above)? For diffs from transfers.
absl::Status CheckDiff(const ZoneDiff& diff);

// The octets of a valid diff for the zone log: format, flags, zone, serials, the length of the
// removed records, then removed and added records in wire form.
Bytes EncodeDiff(const ZoneDiff& diff);

// Accepts only what EncodeDiff() writes: a valid diff of at most `limits` for each list.
absl::StatusOr<ZoneDiff> ParseDiff(ByteView wire, RecordLimits limits = {});

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_ZONE_DIFF_H_
