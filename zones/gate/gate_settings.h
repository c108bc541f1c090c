#ifndef HITHER_ZONES_GATE_GATE_SETTINGS_H_
#define HITHER_ZONES_GATE_GATE_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dns/name.h"

namespace hither {

// A limit on how much a zone may shrink or grow from one version to the next.
struct SizeLimit {
  uint32_t percent = 0;  // Of the last good version.
  // Changes of at most this many records (or names) pass: half of a small zone is a few records.
  uint64_t ignored_max = 0;
};

enum class SerialGate : uint8_t {
  kAny,
  kForward,  // Refuses a serial that goes backward (RFC 1982), or stays while the content changes.
};
// What happens when a set at the apex changes: see GateSettings.
enum class ChangeGate : uint8_t { kPass, kHold };
enum class DnssecGate : uint8_t { kOff, kVerify };
enum class ZonemdGate : uint8_t {
  kIgnore,
  kVerify,   // Refuses a digest that does not match. A zone without one passes.
  kRequire,  // Refuses a zone without a digest that verifies.
};
enum class DeadlineAction : uint8_t { kReject, kAccept };

// The gates of one zone: what a new version must satisfy before it is published. The defaults let
// everything pass. RecommendedGates() is the profile of docs/operation.md.
struct GateSettings {
  // In percent of the records and of the names. RRSIG, NSEC and NSEC3 records do not count, so that
  // a zone may be signed, unsigned or signed in another way within the limits.
  std::optional<SizeLimit> shrink_max = {};
  std::optional<SizeLimit> growth_max = {};
  SerialGate serial = SerialGate::kAny;
  ChangeGate apex_ns = ChangeGate::kPass;  // kHold refuses every change of the apex NS RRset.
  // kHold refuses a DNSKEY RRset that shares no key with the last good version's, or is not signed
  // by one of that version's keys; also the removal of all keys.
  ChangeGate dnskey = ChangeGate::kPass;
  DnssecGate dnssec = DnssecGate::kOff;
  // A new signature that expires sooner than this is refused.
  absl::Duration expires_in_min = absl::Hours(72);
  ZonemdGate zonemd = ZonemdGate::kIgnore;
  // kHold: NS, MX and address RRsets at the apex may not vanish, nor the last address RRset of a
  // name to which an NS, MX, SRV, SVCB or HTTPS record of the zone points, glue included.
  ChangeGate empty_rrset = ChangeGate::kPass;
  std::vector<Name> busy_names = {};           // No RRset of these may vanish.
  std::vector<std::string> command = {};       // A program and its arguments; empty: none.
  absl::Duration deadline = absl::Minutes(1);  // For all gates of a version together.
  DeadlineAction on_deadline = DeadlineAction::kReject;
};

// The profile that docs/operation.md recommends for a zone with a last good version to fall back
// on.
GateSettings RecommendedGates();

}  // namespace hither

#endif  // HITHER_ZONES_GATE_GATE_SETTINGS_H_
