#ifndef HITHER_ZONES_CHECK_ZONE_CHECK_H_
#define HITHER_ZONES_CHECK_ZONE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
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
// zones still load. Signatures are checked only for a ZoneAudit: zones/ has no clock.
enum class ZoneCheckId : uint8_t {
  kApexNs,
  kSeveralDnames,
  kDoubledOrigin,
  kTargetAlias,
  kTargetAddress,
  kTargetIsAddress,
  kMailboxAt,
  kGlueMissing,
  kDataAtCut,
  kDataBelowCut,
  kDataBelowDname,
  kDsWithoutNs,
  kWildcardNs,
  kWildcardDname,
  kAliasModeParameters,
  kHiddenFromWildcard,
  kRrsetTooLarge,
  kSignedWithoutDnskey,
  kSignedWithoutDenial,
  kKeyTagShared,
  kUnsignedRrset,
  kSignatureWithoutRrset,
  kForeignSigner,
  kSignatureExpired,
  kSignatureEarly,
  kSignatureExpiring,
  kSignatureKeyMissing,
  kSignatureInvalid,
  kSignatureUnverified,
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

// What `hither check` asks for beyond the checks of a server, since it needs a clock or takes long:
// the checks of signatures, and notes. Then the results.
struct ZoneAudit {
  static constexpr uint64_t kSampleMax = 1'000;

  uint32_t now = 0;  // Seconds since 1970, modulo 2^32 as in an RRSIG.
  uint32_t expires_in_seconds = 0;
  bool verify_all = false;  // Otherwise the apex's signatures and a sample of the others.

  uint64_t signatures = 0;
  uint64_t verified = 0;  // That many were verified, and are good.
  std::optional<uint32_t> first_expiration;
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
