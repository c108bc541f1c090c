#ifndef HITHER_ANYCAST_BGP_NEIGHBOR_ROUTES_H_
#define HITHER_ANYCAST_BGP_NEIGHBOR_ROUTES_H_

#include <vector>

#include "anycast/route/route_backend.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// Those of `routes` that are announced to the neighbor, with its attributes: its communities, its
// prepends and its MED are added to those of the state, so that the order of the states remains.
// Its local_pref counts if the state has none. Pure.
std::vector<Route> RoutesFor(const AnycastConfig::Neighbor& neighbor,
                             const std::vector<Route>& routes);

// RFC 9234 §5: must routes to the neighbor carry OTC?
bool IsOnlyToCustomer(const AnycastConfig::Neighbor& neighbor);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_NEIGHBOR_ROUTES_H_
