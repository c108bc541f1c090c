#include "anycast/bgp/neighbor_routes.h"

#include <algorithm>
#include <cstdint>

namespace hither {
namespace {

constexpr int kPrependMax = 64;  // What the configuration allows, twice.

template <typename T>
void Append(const std::vector<T>& more, std::vector<T>& to) {
  to.insert(to.end(), more.begin(), more.end());
}

void Add(const RouteAttributes& more, RouteAttributes& to) {
  if (more.med.has_value()) {
    const uint64_t sum = uint64_t{*more.med} + to.med.value_or(0);
    to.med = static_cast<uint32_t>(std::min<uint64_t>(sum, UINT32_MAX));
  }
  to.prepend = std::min(to.prepend + more.prepend, kPrependMax);
  Append(more.communities, to.communities);
  Append(more.large_communities, to.large_communities);
  if (!to.local_pref.has_value()) to.local_pref = more.local_pref;
}

}  // namespace

std::vector<Route> RoutesFor(const AnycastConfig::Neighbor& neighbor,
                             const std::vector<Route>& routes) {
  std::vector<Route> own;
  own.reserve(routes.size());
  for (const Route& route : routes) {
    if (!IsFor(neighbor, route.service, route.prefix)) continue;
    own.push_back(route);
    if (route.state != State::kDown) Add(neighbor.attributes, own.back().attributes);
  }
  return own;
}

bool IsOnlyToCustomer(const AnycastConfig::Neighbor& neighbor) {
  return neighbor.role == BgpRole::kProvider || neighbor.role == BgpRole::kPeer ||
         neighbor.role == BgpRole::kRouteServer;
}

}  // namespace hither
