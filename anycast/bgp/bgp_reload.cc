#include "anycast/bgp/bgp_reload.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

const AnycastNeighbor* Find(const AnycastBgp& bgp, const SocketAddress& address) {
  const auto found = std::find_if(bgp.neighbors.begin(), bgp.neighbors.end(),
                                  [&](const auto& each) { return each.address == address; });
  return found == bgp.neighbors.end() ? nullptr : &*found;
}

// Settings in the OPEN, or of the connection. A description stays on this side, and an UPDATE
// changes a next hop, attributes and what is announced.
std::vector<std::string> KeysOfReset(const AnycastNeighbor& from, const AnycastNeighbor& to) {
  std::vector<std::string> keys;
  const auto compare = [&keys](const char* key, bool is_same) {
    if (!is_same) keys.emplace_back(key);
  };
  compare("as", from.as == to.as);
  compare("local_address", from.local_address == to.local_address);
  compare("password", from.password == to.password);
  compare("ttl_security", from.ttl_security == to.ttl_security);
  compare("multihop", from.multihop == to.multihop);
  compare("families", from.ipv4 == to.ipv4 && from.ipv6 == to.ipv6);
  compare("hold_time", from.hold_time == to.hold_time);
  compare("role", from.role == to.role);
  compare("role_strict", from.role_strict == to.role_strict);
  compare("device", from.device == to.device);
  return keys;
}

}  // namespace

std::string NeighborChange::ToText() const {
  const std::string address = neighbor.AddressText();
  switch (kind) {
    case Kind::kNone:
      return "";
    case Kind::kReset:
      return absl::StrCat("resets the session with ", address, ": ", absl::StrJoin(keys, ", "),
                          " changed");
    case Kind::kAdded:
      return absl::StrCat("opens a session with ", address);
    case Kind::kRemoved:
      return absl::StrCat("ends the session with ", address, ": it was removed");
  }
  return "";
}

std::vector<NeighborChange> PlanReload(const AnycastBgp& from, const AnycastBgp& to) {
  std::vector<std::string> of_all;  // What every OPEN contains.
  if (from.local_as != to.local_as) of_all.emplace_back("local_as");
  if (from.router_id != to.router_id) of_all.emplace_back("router_id");
  std::vector<NeighborChange> changes;
  for (const AnycastNeighbor& each : from.neighbors) {
    NeighborChange& change = changes.emplace_back();
    change.neighbor = each.address;
    const AnycastNeighbor* next = Find(to, each.address);
    if (next == nullptr) {
      change.kind = NeighborChange::Kind::kRemoved;
      continue;
    }
    change.keys = KeysOfReset(each, *next);
    change.keys.insert(change.keys.begin(), of_all.begin(), of_all.end());
    if (!change.keys.empty()) change.kind = NeighborChange::Kind::kReset;
  }
  for (const AnycastNeighbor& each : to.neighbors) {
    if (Find(from, each.address) != nullptr) continue;
    changes.push_back({NeighborChange::Kind::kAdded, each.address, {}});
  }
  return changes;
}

}  // namespace hither
