#include "anycast/reload_losses.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

bool Has(const AnycastConfig::Service& service, const Prefix& prefix) {
  return std::ranges::find(service.prefixes, prefix) != service.prefixes.end();
}

const AnycastConfig::Service* Find(const AnycastConfig& config, absl::string_view name) {
  const auto found = std::ranges::find(config.services, name, &AnycastConfig::Service::name);
  return found == config.services.end() ? nullptr : &*found;
}

// The service that takes it over announces it only once it was seen to be healthy.
std::string NextOf(const AnycastConfig& config, const Prefix& prefix) {
  const auto found =
      std::ranges::find_if(config.services, [&](const auto& each) { return Has(each, prefix); });
  if (found == config.services.end()) return "";
  return absl::StrCat(", until service ", found->name, " was seen to be healthy");
}

bool Takes(const AnycastNeighbor& neighbor, const Route& route) {
  const bool has_family = route.prefix.family == IpFamily::kV4 ? neighbor.ipv4 : neighbor.ipv6;
  return has_family && IsFor(neighbor, route.service, route.prefix);
}

// Is there still a way in which the route is announced, apart from sessions that start again?
bool IsTaken(const AnycastConfig& next, const Route& route) {
  if (!next.bgp.has_value() || next.kernel.has_value() || next.exec.has_value()) return true;
  return std::ranges::any_of(next.bgp->neighbors,
                             [&](const auto& neighbor) { return Takes(neighbor, route); });
}

// The neighbors that have the route and keep their session, but not the route.
void AddNeighbors(const AnycastConfig& current, const AnycastConfig& next, const Route& route,
                  std::vector<std::string>& lines) {
  if (!current.bgp.has_value() || !next.bgp.has_value()) return;
  for (const AnycastNeighbor& before : current.bgp->neighbors) {
    const auto after =
        std::ranges::find(next.bgp->neighbors, before.address, &AnycastNeighbor::address);
    if (after == next.bgp->neighbors.end() || !Takes(before, route) || Takes(*after, route)) {
      continue;
    }
    lines.push_back(absl::StrCat("withdraws ", route.prefix.ToText(), " (service ", route.service,
                                 ", ", ToText(route.state), ") from neighbor ",
                                 before.address.AddressText()));
  }
}

struct Count {
  size_t announced = 0;
  size_t withdrawn = 0;
};

}  // namespace

ReloadLosses LossesBy(const AnycastConfig& current, const AnycastConfig& next,
                      std::span<const Service> services) {
  ReloadLosses losses;
  std::map<IpFamily, Count> counts;
  for (const Service& service : services) {
    const AnycastConfig::Service* const same = Find(next, service.name());
    std::vector<Route> routes;
    service.AddRoutes(routes);
    for (const Route& route : routes) {
      if (route.state == State::kDown) continue;
      Count& count = counts[route.prefix.family];
      ++count.announced;
      if (same != nullptr && Has(*same, route.prefix)) {
        AddNeighbors(current, next, route, losses.lines);
        if (!IsTaken(next, route)) ++count.withdrawn;
        continue;
      }
      ++count.withdrawn;
      losses.lines.push_back(absl::StrCat("withdraws ", route.prefix.ToText(), " (service ",
                                          route.service, ", ", ToText(route.state), ")",
                                          NextOf(next, route.prefix)));
    }
    if (same != nullptr || !service.IsDrainWanted()) continue;
    losses.forgets_drain = true;
    losses.lines.push_back(absl::StrCat("forgets the drain of service ", service.name()));
  }
  const auto loses_all = [](const auto& one) {
    return one.second.withdrawn == one.second.announced;
  };
  losses.withdraws_all = !counts.empty() && std::ranges::all_of(counts, loses_all);
  if (losses.withdraws_all) return losses;
  for (const auto& [family, count] : counts) {
    if (count.withdrawn < count.announced) continue;
    losses.withdraws_family = true;
    losses.lines.push_back(absl::StrCat("leaves nothing announced over ", NameOf(family)));
  }
  return losses;
}

std::vector<std::string> KeepUntilRestart(const Config& current, Config& next) {
  std::vector<std::string> keys;
  const auto keep = [&keys](absl::string_view key, const auto& ours, auto& theirs, bool is_same) {
    if (is_same) return;
    keys.emplace_back(key);
    theirs = ours;
  };
  const std::string asked_name = NodeName(next);
  // Probes can take another NSID, but peers and routers know this node by its name.
  keep("identity", current.identity, next.identity,
       current.identity.site == next.identity.site && current.identity.node == next.identity.node);
  // A router ID that was made from the former name stays with it.
  if (auto& bgp = next.anycast.bgp; bgp && bgp->router_id == RouterIdOf(asked_name)) {
    bgp->router_id = RouterIdOf(NodeName(next));
  }
  const AnycastConfig& ours = current.anycast;
  AnycastConfig& theirs = next.anycast;
  keep("anycast.admin", ours.admin_text, theirs.admin_text, ours.admin_text == theirs.admin_text);
  keep("anycast.peers.listen", ours.peers.listen, theirs.peers.listen,
       ours.peers.listen == theirs.peers.listen);
  keep("anycast.peers.hosts", ours.peers.hosts, theirs.peers.hosts,
       ours.peers.hosts == theirs.peers.hosts);
  keep("log", current.log, next.log, current.log.level == next.log.level);
  return keys;
}

}  // namespace hither
