// What the keys of a BGP neighbor mean together, with their lines.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "daemon/config/route_attributes.h"

namespace hither {
namespace {

const YamlNode* ValueOf(const YamlNode* map, absl::string_view key) {
  if (map == nullptr || map->kind != YamlNode::kMap) return nullptr;
  for (size_t i = 0; i + 1 < map->children.size(); i += 2) {
    if (map->children[i].text == key) return &map->children[i + 1];
  }
  return nullptr;
}

class NeighborKeys {
 public:
  NeighborKeys(const AnycastNeighbor& neighbor, const YamlNode& node, Reading& to)
      : neighbor_(neighbor), node_(node), to_(to), anycast_(to.config.anycast) {}

  void Check() {
    CheckKind();
    for (const std::string& name : neighbor_.services) CheckService(name);
    for (const Prefix& prefix : neighbor_.prefixes) CheckPrefix(prefix);
    CheckWhatIsLeft();
  }

 private:
  // At the line of `key`.
  void Error(absl::string_view key, absl::string_view what) {
    const YamlNode* value = ValueOf(&node_, key);
    to_.Error(value == nullptr ? node_.line : value->line,
              absl::StrCat("anycast: bgp: neighbor ", neighbor_.address.AddressText(), ": ", key,
                           ": ", what));
  }

  void CheckKind() {
    const uint32_t local_as = anycast_.bgp->local_as;
    if (local_as == 0 || neighbor_.as == 0) return;  // Reported elsewhere.
    const bool is_internal = neighbor_.as == local_as;
    if (is_internal && neighbor_.role.has_value()) {
      Error("role", "it is for neighbors in another AS (RFC 9234); remove it");
    }
    if (neighbor_.role_strict && !neighbor_.role.has_value()) {
      Error("role_strict", "it needs a role; add role: customer");
    }
    if (!is_internal && neighbor_.attributes.local_pref.has_value()) {
      Error("attributes",
            "local_pref is sent only to neighbors in our AS (RFC 4271 §5.1.5); remove it");
    }
  }

  void CheckService(const std::string& name) {
    const bool exists = std::ranges::any_of(
        anycast_.services, [&](const auto& service) { return service.name == name; });
    if (exists) return;
    Error("services",
          absl::StrCat("there is no service ", name, "; give the name: of one of services:"));
  }

  void CheckPrefix(const Prefix& prefix) {
    const bool exists = std::ranges::any_of(anycast_.services, [&](const auto& service) {
      return std::ranges::find(service.prefixes, prefix) != service.prefixes.end();
    });
    if (exists) return;
    Error("prefixes",
          absl::StrCat(prefix.ToText(), " is not a prefix of a service; give one of theirs"));
  }

  void CheckWhatIsLeft() {
    if (neighbor_.services.empty() || neighbor_.prefixes.empty()) return;
    const bool is_any = std::ranges::any_of(anycast_.services, [&](const auto& service) {
      return std::ranges::any_of(service.prefixes, [&](const Prefix& prefix) {
        return IsFor(neighbor_, service.name, prefix);
      });
    });
    if (is_any) return;
    Error("prefixes", "none of them belongs to one of its services:; nothing would be announced");
  }

  const AnycastNeighbor& neighbor_;
  const YamlNode& node_;
  Reading& to_;
  const AnycastConfig& anycast_;
};

}  // namespace

bool IsFor(const AnycastNeighbor& neighbor, absl::string_view service, const Prefix& prefix) {
  const auto& services = neighbor.services;
  const auto& prefixes = neighbor.prefixes;
  return (services.empty() ||
          std::find(services.begin(), services.end(), service) != services.end()) &&
         (prefixes.empty() ||
          std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end());
}

void CheckNeighborKeys(const YamlNode& anycast, Reading& to) {
  if (!to.config.anycast.bgp.has_value()) return;
  const auto& neighbors = to.config.anycast.bgp->neighbors;
  const YamlNode* list = ValueOf(ValueOf(&anycast, "bgp"), "neighbors");
  if (list == nullptr || list->children.size() != neighbors.size()) return;
  for (size_t i = 0; i < neighbors.size(); ++i) {
    NeighborKeys(neighbors[i], list->children[i], to).Check();
  }
}

}  // namespace hither
