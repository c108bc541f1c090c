#ifndef HITHER_ANYCAST_ROUTE_LEASE_ADDRESS_H_
#define HITHER_ANYCAST_ROUTE_LEASE_ADDRESS_H_

#include <optional>
#include <span>

#include "anycast/route/netlink_message.h"
#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

// The first host address inside of `prefix` that is none of the service's: 192.0.2.1 of
// 192.0.2.0/24. What holds a lease comes and goes; a service address must not, or clients would
// get ICMP errors while routers still converge. None if the prefix has no address left: /32, /128.
std::optional<HostAddress> LeaseAddress(const Prefix& prefix,
                                        std::span<const SocketAddress> service_addresses);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_LEASE_ADDRESS_H_
