#ifndef HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_
#define HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_

#include <span>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// The policy's settings by name, for users other than the configuration file: the journal and
// `hither simulate --set`. Without `signatures_margin`: no decision reads it, only a signal.
struct PolicyField {
  using Policy = AnycastConfig::Policy;
  absl::string_view name;
  std::variant<absl::Duration Policy::*, int Policy::*, double Policy::*> member;
};
std::span<const PolicyField> PolicyFields();

// "fall=5", "rise=20s", "drop_share_max=0.1". Errors name the fault and the valid names.
absl::Status SetPolicyField(absl::string_view setting, AnycastConfig::Policy& policy);

// Is it usable for decisions? The configuration reader has narrower ranges.
absl::Status CheckPolicy(const AnycastConfig::Policy& policy);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_
