#ifndef HITHER_ZONES_CHECK_ZONEMD_H_
#define HITHER_ZONES_CHECK_ZONEMD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "zones/image/zone.h"

namespace hither {

// Message digests of whole zones, RFC 8976. A matching digest means that the zone is the one that
// its publisher digested; only DNSSEC identifies the publisher, and it is not checked here.

enum class ZonemdHash : uint8_t { kSha384 = 1, kSha512 = 2 };  // RFC 8976 §5.3

// The digest of the SIMPLE scheme (RFC 8976 §3.3, §3.4.1). A walk over all records, each hashed in
// order; needs as much memory as the largest RRset. Thread: any.
//
// `is_over` is asked before each name; once it is true, the result is empty.
using IsOverFunction = std::function<bool()>;
Bytes ComputeZoneDigest(const Zone& zone, ZonemdHash hash, const IsOverFunction& is_over = {});

enum class ZonemdVerdict : uint8_t {
  kAbsent,    // No ZONEMD at the apex.
  kVerified,  // One of the records verifies: that is enough (RFC 8976 §4).
  // At least one record's scheme and hash are supported, and none verifies: a digest differs; or
  // there is none for this serial; or each kind that is supported is repeated (RFC 8976 §2.2.4).
  kMismatch,
  kOtherSerial,
  kRepeated,
  // All supported ones have a digest of zeros: the placeholder of RFC 8976 §3.1 before the digest
  // is computed. It proves nothing, and published zones have had it (the root's of 2021).
  kPlaceholder,
  kUnsupported,  // None of them is supported.
  kStopped,      // `is_over` was true before the digest was complete.
};

ZonemdVerdict VerifyZonemd(const Zone& zone, const IsOverFunction& is_over = {});

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_ZONEMD_H_
