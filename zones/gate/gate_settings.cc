#include "zones/gate/gate_settings.h"

namespace hither {

GateSettings RecommendedGates() {
  GateSettings settings;
  settings.shrink_max = SizeLimit{.percent = 10, .ignored_max = 100};
  settings.growth_max = SizeLimit{.percent = 100, .ignored_max = 1'000};
  settings.serial = SerialGate::kForward;
  settings.dnskey = ChangeGate::kHold;
  settings.dnssec = DnssecGate::kVerify;
  settings.zonemd = ZonemdGate::kVerify;
  settings.empty_rrset = ChangeGate::kHold;
  return settings;
}

}  // namespace hither
