#ifndef HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_
#define HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_

#include <span>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// The policy's settings by name, for what is not the configuration file: the journal, and
// `hither simulate --set`.
struct PolicyField {
  using Policy = AnycastConfig::Policy;
  absl::string_view name;
  std::variant<absl::Duration Policy::*, int Policy::*, double Policy::*> member;
};
std::span<const PolicyField> PolicyFields();

// "fall=5", "rise=20s", "drop_share_max=0.1". Errors name what is wrong and what is known.
absl::Status SetPolicyField(absl::string_view setting, AnycastConfig::Policy& policy);

// Can one decide by it at all? Narrower ranges are the configuration reader's.
absl::Status CheckPolicy(const AnycastConfig::Policy& policy);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_POLICY_FIELDS_H_
