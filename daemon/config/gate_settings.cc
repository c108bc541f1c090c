#include "daemon/config/gate_settings.h"

namespace hither {
namespace {

constexpr uint32_t kPercent = 100;  // In hundredths.

}  // namespace

GateConfig GatesOf(GateProfile profile) {
  GateConfig gates;
  if (profile == GateProfile::kNone) return gates;
  // .de lost two thirds of its names in 2010. A fleet's zones change by far less a version, and a
  // change that is meant can be accepted by hand.
  gates.shrink_max = 10 * kPercent;
  gates.growth_max = 100 * kPercent;
  gates.apex_ns = GateChange::kHold;
  // A rollover passes as long as a key of the version before signs the keys. `dnssec` alone would
  // publish a zone that new keys sign well, and to which no DS record points.
  gates.dnskey = GateChange::kHold;
  gates.zonemd = GateZonemd::kVerify;
  gates.dnssec = GateDnssec::kVerify;
  gates.expires_in_min = absl::Hours(24);  // As the sidecar's signatures_margin.
  return gates;
}

}  // namespace hither
