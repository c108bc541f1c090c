#ifndef HITHER_ANYCAST_BGP_NEXT_HOP_H_
#define HITHER_ANYCAST_BGP_NEXT_HOP_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

// An address of the host and the interface that has it. A value.
struct InterfaceAddress {
  std::string interface;
  SocketAddress address;  // Port 0. A link-local one has its interface's number.
  int length = 128;       // Of its subnet.
  uint32_t flags = 0;     // IFA_F_...
  uint32_t created = 0;   // In hundredths of a second since the boot.
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// The announced service. A route to a service via that service leads nowhere.
struct ServiceAddresses {
  std::vector<Prefix> prefixes;
  std::vector<SocketAddress> addresses;
  bool Is(const SocketAddress& address) const;  // One of the addresses that answer.
  bool Contain(const SocketAddress& address) const;
};

// Both ends of a session.
struct SessionEnds {
  SocketAddress local;
  SocketAddress neighbor;
};

// The next hop to announce for `family`: `configured`, or the session's local address, or the best
// other address of the interface that has the local address or faces the neighbor: one on the
// neighbor's subnet, then one neither deprecated nor temporary, then the oldest. Never a tentative
// address, one that failed duplicate address detection, or a service's. 4 octets, 16, or 32 for
// IPv6 with a link-local address after the global one (RFC 2545 §3). Pure.
absl::StatusOr<Bytes> ChooseNextHop(IpFamily family, const SessionEnds& ends,
                                    const std::optional<SocketAddress>& configured,
                                    const std::vector<InterfaceAddress>& host,
                                    const ServiceAddresses& services);

// The address to connect from if the kernel would take `ends.local`, a service address: chosen as
// above. Empty: there is none.
std::optional<SocketAddress> ChooseSource(const SessionEnds& ends,
                                          const std::vector<InterfaceAddress>& host,
                                          const ServiceAddresses& services);

// Does the host have the address?
bool IsOnHost(const SocketAddress& address, const std::vector<InterfaceAddress>& host);

// The address alone, without port: 4 octets or 16.
Bytes AddressBytes(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_NEXT_HOP_H_
