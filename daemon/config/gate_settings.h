#ifndef HITHER_DAEMON_CONFIG_GATE_SETTINGS_H_
#define HITHER_DAEMON_CONFIG_GATE_SETTINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

inline constexpr size_t kKeptRrsetsMax = 256;  // Of a zone.

enum class GateProfile : uint8_t { kRecommended, kNone };
enum class GateSerial : uint8_t { kForward, kAny };  // RFC 1982
enum class GateChange : uint8_t { kHold, kPass };    // Held: until the operator accepts it.
enum class GateZonemd : uint8_t { kIgnore, kVerify, kRequire };  // Verify: if there is one.
enum class GateDnssec : uint8_t { kOff, kVerify };               // Verify: if the zone is signed.
enum class GateDeadline : uint8_t { kReject, kAccept };          // What then happens to a version.

// An RRset without which no version is published.
struct KeptRrset {
  std::optional<Name> owner = std::nullopt;  // None: the zone's apex.
  RrType type = RrType::kSoa;
  friend bool operator==(const KeptRrset&, const KeptRrset&) = default;
};

// What a new version of a zone must pass before it is published: a plain value. Default: the
// profile `none`.
struct GateConfig {
  GateSerial serial = GateSerial::kForward;
  // The greatest change in the number of records, in hundredths of a percent of those of the
  // version before: 5% is 500. None: any change passes.
  std::optional<uint32_t> shrink_max = std::nullopt;
  std::optional<uint32_t> growth_max = std::nullopt;
  GateChange apex_ns = GateChange::kPass;
  GateChange dnskey = GateChange::kPass;
  GateZonemd zonemd = GateZonemd::kIgnore;
  GateDnssec dnssec = GateDnssec::kOff;
  absl::Duration expires_in_min = absl::ZeroDuration();  // Of every signature; 0: not checked.
  std::vector<KeptRrset> keep_rrsets = {};
  std::vector<std::string> command = {};        // 0: accepted. Empty: none is run.
  absl::Duration deadline = absl::Seconds(60);  // For all gates together.
  GateDeadline on_deadline = GateDeadline::kReject;
  friend bool operator==(const GateConfig&, const GateConfig&) = default;
};

// What `profile:` sets; other keys beside it take precedence.
GateConfig GatesOf(GateProfile profile);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_GATE_SETTINGS_H_
