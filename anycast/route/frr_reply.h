#ifndef HITHER_ANYCAST_ROUTE_FRR_REPLY_H_
#define HITHER_ANYCAST_ROUTE_FRR_REPLY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anycast/route/readback.h"
#include "base/prefix.h"

namespace hither {

inline constexpr size_t kFrrOutputBytesMax = 4 << 20;

// The JSON values that stand one after another in what `vtysh -c ... -c ...` wrote: one for each
// command. Text between them, as "% BGP instance not found", is passed over.
std::vector<absl::string_view> SplitJson(absl::string_view output);

struct FrrPeer {
  std::string address;
  IpFamily family = IpFamily::kV4;  // Of the routes, not of the session.
  std::string state;                // "Established", "Active", ...
  uint64_t sent = 0;                // Prefixes that are advertised to it.
};
// Of `show bgp summary json`.
absl::StatusOr<std::vector<FrrPeer>> FrrPeers(absl::string_view json);

struct FrrPath {
  std::string from;  // The peer that it came from, by address.
  bool is_best = false;
  SeenAttributes attributes;
};
struct FrrRoute {
  std::set<std::string> advertised_to;  // Peers, by address: what is in their Adj-RIB-Out.
  std::vector<FrrPath> paths;
  // Of the best path, which is what is advertised, before the peers' route-maps.
  SeenAttributes attributes() const;
};
// Of `show bgp ipv4 unicast PREFIX json`; an empty object if FRR has no such route.
absl::StatusOr<FrrRoute> FrrRouteOf(absl::string_view json);

// Of `show bgp ipv4 unicast neighbors ADDRESS advertised-routes json`: MED and path of each prefix
// as the neighbor's route-map makes them, without FRR's own AS. FRR 8 shows no communities there.
// Nothing, if FRR does not answer so.
std::map<Prefix, SeenAttributes> FrrAdvertised(absl::string_view json);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_FRR_REPLY_H_
