#ifndef HITHER_SERVER_TRANSFER_KEEP_GATE_RULES_H_
#define HITHER_SERVER_TRANSFER_KEEP_GATE_RULES_H_

#include "daemon/config/gate_settings.h"
#include "zones/gate/gates.h"

namespace hither {

// What the operator configured, as the gates take it. Shares of less than one percent count as one
// percent. A zone with a limit on shrinking also keeps its addresses (GateSettings::empty_rrset).
GateSettings GateRulesOf(const GateConfig& config);

// Has the version all of GateConfig::keep_rrsets? Otherwise refused by kEmptyRrset.
GateResult CheckKeptRrsets(const Zone& zone, const GateConfig& config);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_GATE_RULES_H_
