// From the YAML below `anycast: policy:` to an AnycastConfig::Policy.

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

using Anycast = AnycastConfig;

constexpr absl::Duration kDay = absl::Hours(24);

void ReadReal(const YamlNode& node, double most, absl::string_view what, absl::string_view example,
              Reading& to, double& out) {
  double value = 0;
  if (!ExpectKind(node, YamlNode::kText, absl::StrCat(what, example), to)) return;
  if (!absl::SimpleAtod(node.text, &value) || !(value >= 0 && value <= most)) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(node.text), "; give ", what));
  }
  out = value;
}

void ReadShare(const YamlNode& node, Reading& to, double& out) {
  ReadReal(node, 1, "a share from 0 to 1", ", such as 0.05", to, out);
}

// clang-format off
constexpr KeyOf<Anycast::Policy> kPolicyKeys[] = {
    {"tick",               [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::Milliseconds(50), absl::Seconds(5), to, out.tick); }},
    {"fall",               [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadNumber(n, 1, 100, to, out.fall); }},
    {"rise",               [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(1), to, out.rise); }},
    {"rise_first",         [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(1), to, out.rise_first); }},
    {"warm_up",            [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(1), to, out.warm_up); }},
    {"hold_down",          [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(1), to, out.hold_down); }},
    {"hold_down_max",      [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), kDay, to, out.hold_down_max); }},
    {"withdrawals_max",    [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadNumber(n, 1, 64, to, out.withdrawals_max); }},
    {"withdrawals_window", [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::Seconds(1), kDay, to, out.withdrawals_window); }},
    {"drain_min",          [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(1), to, out.drain_min); }},
    {"drain_max",          [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), kDay, to, out.drain_max); }},
    {"drained_queries_per_second", [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadReal(n, 1e9, "queries a second", ", such as 10", to, out.drained_queries_per_second); }},
    {"servfail_share_max", [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadShare(n, to, out.servfail_share_max); }},
    {"drop_share_max",     [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadShare(n, to, out.drop_share_max); }},
    {"stuck_after",        [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::Milliseconds(300), absl::Minutes(1), to, out.stuck_after); }},
    {"lease",              [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::Milliseconds(500), absl::Minutes(1), to, out.lease); }},
    {"signatures_margin",  [](const YamlNode& n, Reading& to, Anycast::Policy& out) { ReadDuration(n, absl::ZeroDuration(), absl::Hours(24 * 60), to, out.signatures_margin); }},
};
// clang-format on

}  // namespace

void ReadPolicy(const YamlNode& node, Reading& to, AnycastConfig& anycast) {
  const size_t errors = to.error_count;
  ReadMap(node, kPolicyKeys, to, anycast.policy);
  const absl::Status order = CheckPolicyOrder(anycast.policy);
  if (to.error_count == errors && !order.ok()) to.Error(node.line, order);
}

absl::Status SetPolicyKey(absl::string_view key, absl::string_view value,
                          AnycastConfig::Policy& policy) {
  YamlNode map;
  map.kind = YamlNode::kMap;
  for (const absl::string_view text : {key, value}) {
    YamlNode& child = map.children.emplace_back();
    child.kind = YamlNode::kText;
    child.text = std::string(text);
  }
  Reading to{.config = Config(), .file = "", .folder = "", .read_list = ReadZoneListFile};
  to.section = "policy.";
  ReadMap(map, kPolicyKeys, to, policy);
  if (to.errors.empty()) return absl::OkStatus();
  absl::string_view what = to.errors[0].second;
  absl::ConsumePrefix(&what, absl::StrCat(to.file, ":", map.line, ": "));
  return absl::InvalidArgumentError(what);
}

}  // namespace hither
