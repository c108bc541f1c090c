#ifndef HITHER_DAEMON_CONFIG_ROUTE_ATTRIBUTES_H_
#define HITHER_DAEMON_CONFIG_ROUTE_ATTRIBUTES_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "daemon/config/anycast_config.h"
#include "daemon/config/config_reading.h"

namespace hither {

// "64512", or "64512.1" with a dot between two halves of 16 bits (RFC 5396 asdot). No value: not a
// number of 32 bits.
std::optional<uint32_t> AsFromText(absl::string_view text);

// "64512:100" (RFC 1997), or a name that IANA gives in "BGP Well-known Communities".
std::optional<uint32_t> CommunityFromText(absl::string_view text);

// A map of med, prepend, local_pref, communities and large_communities. What it does not name keeps
// its value.
void ReadRouteAttributes(const YamlNode& node, Reading& to, RouteAttributes& out);

// What the keys of a neighbor below `anycast: bgp:` mean together, with their lines.
void CheckNeighborKeys(const YamlNode& anycast, Reading& to);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ROUTE_ATTRIBUTES_H_
