// From the YAML below `transfers:`, and from a zone's keys beside `primaries:`, to how zones are
// transferred.

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kBoundMax = absl::Hours(24 * 366);

// clang-format off
constexpr KeyOf<TimeBounds> kBoundKeys[] = {
    {"min", [](const YamlNode& n, Reading& to, TimeBounds& out) { ReadDuration(n, absl::Seconds(1), kBoundMax, to, out.min, absl::Seconds(1)); }},
    {"max", [](const YamlNode& n, Reading& to, TimeBounds& out) { ReadDuration(n, absl::Seconds(1), kBoundMax, to, out.max, absl::Seconds(1)); }},
};
// clang-format on

void ReadBounds(const YamlNode& node, Reading& to, TimeBounds& out) {
  const size_t errors_before = to.error_count;
  ReadMap(node, kBoundKeys, to, out);
  if (to.error_count != errors_before || out.min <= out.max) return;
  to.Error(node.line,
           absl::StrCat(to.Key(), "min is ", absl::FormatDuration(out.min), ", but max is ",
                        absl::FormatDuration(out.max), "; lower min or raise max"));
}

void ReadOctetsMax(const YamlNode& node, Reading& to, ZoneTransferLimits& out) {
  ReadNumber(node, 65'536, uint64_t{1} << 40, to, out.octets_max);
}

void ReadRecordsMax(const YamlNode& node, Reading& to, ZoneTransferLimits& out) {
  ReadNumber(node, 1, UINT32_MAX, to, out.records_max);
}

// clang-format off
constexpr KeyOf<TransferSettings> kTransfersKeys[] = {
    {"transfers_max",             [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadNumber(n, 1, 1'024, to, out.transfers_max); }},
    {"transfers_per_primary_max", [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadNumber(n, 1, 1'024, to, out.transfers_per_primary_max); }},
    {"checks_max",                [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadNumber(n, 1, 65'536, to, out.checks_max); }},
    {"checks_per_primary_max",    [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadNumber(n, 1, 256, to, out.checks_per_primary_max); }},
    {"zones_max",                 [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadNumber(n, 1, kZonesMax, to, out.zones_max); }},
    {"idle_timeout",              [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadDuration(n, absl::Seconds(1), absl::Minutes(10), to, out.idle_timeout); }},
    {"lifetime_max",              [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadDuration(n, absl::Seconds(1), kDay, to, out.lifetime_max); }},
    {"octets_max",                [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadOctetsMax(n, to, out.zone); }},
    {"records_max",               [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadRecordsMax(n, to, out.zone); }},
    {"refresh",                   [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadBounds(n, to, out.zone.refresh); }},
    {"retry",                     [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadBounds(n, to, out.zone.retry); }},
    {"expire",                    [](const YamlNode& n, Reading& to, TransferSettings& out) { ReadBounds(n, to, out.zone.expire); }},
};
// clang-format on

void ReadZonePrimaries(const YamlNode& node, Reading& to, TransferPolicy& out) {
  ReadList(node, "a list of names, such as [hidden1, hidden2]", kZonePrimariesMax, to,
           [&](const YamlNode& item) {
             std::string name;
             if (!ReadText(item, "the name of one of primaries:", to, name)) return;
             if (!CheckPrimaryName(item, name, to)) return;
             if (std::ranges::find(out.primaries, name) != out.primaries.end()) {
               return to.Error(item.line, absl::StrCat(to.Key(), "primary ", Quoted(name),
                                                       " is repeated; keep one"));
             }
             out.primaries.push_back(std::move(name));
           });
  if (node.kind == YamlNode::kList && node.children.empty()) {
    to.Error(node.line,
             absl::StrCat(to.Key(), "the list is empty; give the name of one of primaries:"));
  }
}

// clang-format off
constexpr KeyOf<TransferPolicy> kPolicyKeys[] = {
    {"primaries",     ReadZonePrimaries},
    {"notify_from",   ReadNotifyFrom},
    {"keep_versions", [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadNumber(n, 1, 100, to, out.keep_versions); }},
    {"gates",         [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadGates(n, to, out.gates); }},
    {"octets_max",    [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadOctetsMax(n, to, out.limits); }},
    {"records_max",   [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadRecordsMax(n, to, out.limits); }},
    {"refresh",       [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadBounds(n, to, out.limits.refresh); }},
    {"retry",         [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadBounds(n, to, out.limits.retry); }},
    {"expire",        [](const YamlNode& n, Reading& to, TransferPolicy& out) { ReadBounds(n, to, out.limits.expire); }},
};
// clang-format on

const KeyOf<TransferPolicy>* FindKey(absl::string_view name) {
  return std::ranges::find_if(kPolicyKeys, [name](const auto& key) { return key.name == name; });
}

// The same text for the same settings: what a million zones share is read once.
void AppendText(const YamlNode& node, std::string& out) {  // As deep as ParseYaml() allows.
  absl::StrAppend(&out, static_cast<int>(node.kind), " ", node.text.size(), " ", node.text,
                  node.children.size(), " ");
  for (const YamlNode& child : node.children) AppendText(child, out);
}

std::string TextOf(const ZoneTransferKeys& keys) {
  std::string text;
  for (const auto& [key, value] : keys) {
    absl::StrAppend(&text, key->text, " ");
    AppendText(*value, text);
  }
  return text;
}

void ReadPolicy(const ZoneTransferKeys& keys, Reading& to, TransferPolicy& out) {
  out.limits = to.config.transfers.zone;
  for (const auto& [key, value] : keys) {
    const auto* row = FindKey(key->text);
    const size_t section_bytes = to.section.size();
    absl::StrAppend(&to.section, key->text, ".");
    row->read(*value, to, out);
    to.section.resize(section_bytes);
  }
}

}  // namespace

bool CheckPrimaryName(const YamlNode& node, absl::string_view name, Reading& to) {
  if (FindPrimary(to.config.primaries, name) != nullptr) return true;
  std::vector<absl::string_view> known;
  for (const PrimaryConfig& primary : to.config.primaries) known.push_back(primary.name);
  to.Error(node.line,
           absl::StrCat(to.Key(), "there is no primary ", Quoted(name),
                        known.empty() ? "; add it to primaries:" : SuggestWord(name, known)));
  return false;
}

void ReadTransfers(const YamlNode& node, Reading& to) {
  ReadMap(node, kTransfersKeys, to, to.config.transfers);
}

bool IsZoneTransferKey(absl::string_view name) { return FindKey(name) != std::end(kPolicyKeys); }

std::vector<absl::string_view> ZoneTransferKeyNames() {
  std::vector<absl::string_view> names;
  for (const KeyOf<TransferPolicy>& key : kPolicyKeys) names.push_back(key.name);
  return names;
}

std::optional<uint32_t> ReadTransferPolicy(const ZoneTransferKeys& keys, uint32_t line,
                                           Reading& to) {
  std::string text = TextOf(keys);
  const auto known = to.policies.find(text);
  if (known != to.policies.end()) return known->second;
  const size_t errors_before = to.error_count;
  TransferPolicy policy;
  ReadPolicy(keys, to, policy);
  // Not kept: each zone with the mistake is reported.
  if (to.error_count != errors_before) return std::nullopt;
  std::vector<TransferPolicy>& policies = to.config.transfer_policies;
  if (policies.size() == kTransferPoliciesMax) {
    to.Error(line, absl::StrCat("over ", kTransferPoliciesMax,
                                " zones with settings that no other zone has; give some of them "
                                "the same settings"));
    return std::nullopt;
  }
  const auto number = static_cast<uint32_t>(policies.size());
  policies.push_back(std::move(policy));
  to.policies.emplace(std::move(text), number);
  return number;
}

}  // namespace hither
