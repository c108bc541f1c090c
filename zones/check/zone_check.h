#ifndef HITHER_ZONES_CHECK_ZONE_CHECK_H_
#define HITHER_ZONES_CHECK_ZONE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/record.h"
#include "zones/image/zone.h"
#include "zones/image/zone_builder.h"

namespace hither {

// The rules for a zone as a whole. An error is a fault that no resolver can make sense of, or that
// would make us slow; a fault with which NSD and BIND serve a zone is a warning, so that a fleet's
// zones still load. Signatures are not verified and their dates not checked: zones/ has no clock.
enum class ZoneCheckId : uint8_t {
  kApexNs,
  kSeveralDnames,
  kDoubledOrigin,
  kTargetAlias,
  kTargetAddress,
  kGlueMissing,
  kDataAtCut,
  kDataBelowCut,
  kDataBelowDname,
  kDsWithoutNs,
  kWildcardNs,
  kWildcardDname,
  kAliasModeParameters,
  kRrsetTooLarge,
  kSignedWithoutDnskey,
  kSignedWithoutDenial,
  kUnsignedRrset,
  kSignatureWithoutRrset,
  kForeignSigner,
  kNsecMissing,
  kNsecChain,
  kDenialTypes,
  kNsec3Missing,
  kNsec3Chain,
  kNsec3Owner,
  kSeveralNsec3Params,
  kNsec3Algorithm,
  kNsec3Iterations,
  kNsec3IterationsLimit,
  kZonemdMismatch,
  kZonemdSerial,
  kZonemdRepeated,
  kZonemdPlaceholder,
  kZonemdUnsupported,
};
inline constexpr size_t kZoneCheckCount = static_cast<size_t>(ZoneCheckId::kZonemdUnsupported) + 1;

// One row of the table that `hither check --help` prints. A finding reads
// "<subject> <what>; <remedy> (<rfc>)".
struct ZoneCheck {
  ZoneCheckId id;
  absl::string_view name;
  Severity severity;
  absl::string_view what;
  absl::string_view remedy;
  absl::string_view rfc;
};

std::span<const ZoneCheck> ZoneChecks();  // All of them, by ascending id.

// A zone of a million names may have a million faults. Findings over this limit are only counted.
inline constexpr size_t kFindingsPerCheckMax = 10;

// `files` are the names behind Location::file. Sorted by file and line; "and N more" of a check
// after them.
std::vector<Finding> CheckZone(const Zone& zone, const RecordPlaces& places,
                               const std::vector<std::string>& files,
                               const ZoneLimits& limits = {});

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_ZONE_CHECK_H_
