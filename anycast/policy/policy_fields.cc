#include "anycast/policy/policy_fields.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/nearest.h"

namespace hither {
namespace {

using Policy = AnycastConfig::Policy;

constexpr PolicyField kFields[] = {
    {"tick", &Policy::tick},
    {"fall", &Policy::fall},
    {"rise", &Policy::rise},
    {"rise_first", &Policy::rise_first},
    {"warm_up", &Policy::warm_up},
    {"hold_down", &Policy::hold_down},
    {"hold_down_max", &Policy::hold_down_max},
    {"withdrawals_max", &Policy::withdrawals_max},
    {"withdrawals_window", &Policy::withdrawals_window},
    {"drain_min", &Policy::drain_min},
    {"drain_max", &Policy::drain_max},
    {"drained_queries_per_second", &Policy::drained_queries_per_second},
    {"servfail_share_max", &Policy::servfail_share_max},
    {"drop_share_max", &Policy::drop_share_max},
    {"stuck_after", &Policy::stuck_after},
    {"lease", &Policy::lease},
};

bool Parse(absl::string_view text, absl::Duration& value) {
  return absl::ParseDuration(text, &value);
}
bool Parse(absl::string_view text, int& value) { return absl::SimpleAtoi(text, &value); }
bool Parse(absl::string_view text, double& value) { return absl::SimpleAtod(text, &value); }

const char* Example(const absl::Duration&) { return "a duration, such as 500ms or 10s"; }
const char* Example(const int&) { return "a whole number"; }
const char* Example(const double&) { return "a number"; }

const PolicyField* FindField(absl::string_view name) {
  for (const PolicyField& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

absl::Status Unknown(absl::string_view name) {
  std::vector<absl::string_view> names;
  for (const PolicyField& field : kFields) names.push_back(field.name);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown policy setting '", name, "'", SuggestWord(name, names)));
}

constexpr absl::Duration kDurationMax = absl::Hours(24 * 365);
constexpr int kNumberMax = 1'000'000;

bool IsSane(const absl::Duration& value) {
  return value >= absl::ZeroDuration() && value <= kDurationMax;
}
bool IsSane(const int& value) { return value >= 1 && value <= kNumberMax; }
bool IsSane(const double& value) { return std::isfinite(value) && value >= 0; }

}  // namespace

std::span<const PolicyField> PolicyFields() { return kFields; }

absl::Status SetPolicyField(absl::string_view setting, Policy& policy) {
  const size_t equals = setting.find('=');
  if (equals == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", setting, "' has no value; write it as fall=5"));
  }
  const absl::string_view name = setting.substr(0, equals);
  const absl::string_view text = setting.substr(equals + 1);
  const PolicyField* field = FindField(name);
  if (field == nullptr) return Unknown(name);
  Policy changed = policy;
  const absl::Status set = std::visit(
      [&](auto member) {
        if (Parse(text, changed.*member)) return CheckPolicy(changed);
        return absl::InvalidArgumentError(
            absl::StrCat(name, " must be ", Example(changed.*member), ", not '", text, "'"));
      },
      field->member);
  if (set.ok()) policy = changed;
  return set;
}

absl::Status CheckPolicy(const Policy& policy) {
  for (const PolicyField& field : kFields) {
    const bool sane = std::visit([&](auto member) { return IsSane(policy.*member); }, field.member);
    if (!sane) return absl::InvalidArgumentError(absl::StrCat(field.name, " is out of range"));
  }
  if (policy.tick < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError("tick is less than 1ms");
  }
  return absl::OkStatus();
}

}  // namespace hither
