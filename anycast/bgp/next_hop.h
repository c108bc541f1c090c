#ifndef HITHER_ANYCAST_BGP_NEXT_HOP_H_
#define HITHER_ANYCAST_BGP_NEXT_HOP_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/prefix.h"
#include "server/base/socket_address.h"
#include "zones/bytes.h"

namespace hither {

// An address of the host and the interface that has it.
struct InterfaceAddress {
  std::string interface;
  SocketAddress address;
};
std::vector<InterfaceAddress> HostAddresses();  // getifaddrs(3); empty if that fails.

// The next hop to announce for `family` over a session from `local`: `configured`, or `local`
// itself, or a global address of the interface that has `local`. Never one of `services`: a route
// to a service by way of that service leads nowhere. 4 octets, 16, or 32 for IPv6 with a link-local
// address beside the global one (RFC 2545 §3). Pure.
absl::StatusOr<Bytes> ChooseNextHop(int family, const SocketAddress& local,
                                    const std::optional<SocketAddress>& configured,
                                    const std::vector<InterfaceAddress>& host,
                                    const std::vector<Prefix>& services);

// A global address of `family` of the interface that has `local`, as above.
std::optional<SocketAddress> GlobalBeside(int family, const SocketAddress& local,
                                          const std::vector<InterfaceAddress>& host,
                                          const std::vector<Prefix>& services);

// The address alone, without port: 4 octets or 16.
Bytes AddressBytes(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_NEXT_HOP_H_
