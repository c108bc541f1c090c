// What the keys of a BGP neighbor mean together, with their lines.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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
    CheckRoom();
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
    if (!neighbor_.password.empty() && !neighbor_.password_file.empty()) {
      Error("password_file", "password is given as well; keep one");
    }
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

  // MEDs are added, and each prepend lowers LOCAL_PREF by one; at the end of the range the states
  // would look the same to routers.
  void CheckRoom() {
    const RouteAttributes& more = neighbor_.attributes;
    for (const AnycastConfig::Service& service : anycast_.services) {
      for (const auto& [state, tier] :
           {std::pair("soft", &service.soft), std::pair("drain", &service.drain)}) {
        const std::string whose = absl::StrCat(" of service ", service.name, "'s ", state);
        const uint64_t med = uint64_t{more.med.value_or(0)} + tier->med.value_or(0);
        if (more.med.has_value() && med > UINT32_MAX) {
          return Error("attributes", absl::StrCat("med ", *more.med, " leaves no room for the med ",
                                                  tier->med.value_or(0), whose, "; lower it"));
        }
        const int prepend = tier->prepend + more.prepend;
        if (!more.local_pref.has_value() || tier->local_pref.has_value() ||
            int64_t{*more.local_pref} >= prepend) {
          continue;
        }
        return Error("attributes", absl::StrCat("local_pref ", *more.local_pref,
                                                " leaves no room for the prepend ", prepend, whose,
                                                "; each prepend lowers it by one; raise it"));
      }
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

namespace {

// An address that cannot be read was reported.
void CheckIdentity(const std::vector<AnycastNeighbor>& neighbors, size_t at, const YamlNode& list,
                   Reading& to) {
  const YamlNode& node = list.children[at];
  const SocketAddress& address = neighbors[at].address;
  const std::string text = address.ToText();
  const bool has_address = ValueOf(&node, "address") != nullptr;
  if (!has_address) to.Error(node.line, "anycast: bgp: a neighbor has no address; add it");
  if (has_address && ValueOf(&node, "as") == nullptr) {
    to.Error(node.line, absl::StrCat("anycast: bgp: neighbor ", text, " has no as; add it"));
  }
  for (size_t i = 0; i < at && !address.IsWildcard(); ++i) {
    if (neighbors[i].address != address) continue;
    return to.Error(node.line,
                    absl::StrCat("anycast: bgp: neighbor ", text, " is given twice, first on line ",
                                 list.children[i].line, "; keep one"));
  }
}

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
    CheckIdentity(neighbors, i, *list, to);
    NeighborKeys(neighbors[i], list->children[i], to).Check();
  }
}

}  // namespace hither
