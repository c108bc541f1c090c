#ifndef HITHER_BASE_SOCKET_ADDRESS_H_
#define HITHER_BASE_SOCKET_ADDRESS_H_

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "base/ip_family.h"

namespace hither {

// AF_INET or AF_INET6.
constexpr int SystemFamilyOf(IpFamily family) {
  return family == IpFamily::kV6 ? AF_INET6 : AF_INET;
}

// An IPv4 or IPv6 address with its port: a value, ready for bind() and connect(). Port 0 is
// allowed here (the kernel chooses); callers that cannot use it check for it.
class SocketAddress {
 public:
  SocketAddress();  // 0.0.0.0:0

  // "192.0.2.1:53", "192.0.2.1", "[2001:db8::1]:53", "[2001:db8::1]", "2001:db8::1" or
  // "[fe80::1%eth0]:53"; without a port it is `default_port`. Numbers only, no host names: a name
  // server must not depend on another one to start. An interface is kept by name: it may appear
  // later.
  static absl::StatusOr<SocketAddress> FromText(absl::string_view text, uint16_t default_port);
  // What getsockname(), accept() or recvfrom() filled in; of AF_INET or AF_INET6.
  static SocketAddress FromSystem(const sockaddr_storage& from);

  // With the number that the interface has now, for bind() and connect(): an interface that is
  // deleted and created again gets another number. Any other address is returned unchanged.
  // NotFound if no interface has the name.
  absl::StatusOr<SocketAddress> Resolve() const;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const {
    return family() == IpFamily::kV6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  }
  uint32_t interface_number() const {
    return family() == IpFamily::kV6 ? storage_.v6.sin6_scope_id : 0;
  }
  IpFamily family() const {
    return storage_.v4.sin_family == AF_INET6 ? IpFamily::kV6 : IpFamily::kV4;
  }
  int system_family() const { return storage_.v4.sin_family; }  // AF_INET or AF_INET6.
  uint16_t port() const;
  SocketAddress WithPort(uint16_t port) const;
  bool IsWildcard() const;          // 0.0.0.0 or [::]
  bool IsLoopback() const;          // 127.0.0.0/8 or [::1]
  bool IsLinkLocal() const;         // fe80::/10
  bool IsMulticast() const;         // 224.0.0.0/4 or ff00::/8; the IPv4 broadcast address too.
  std::string ToText() const;       // "192.0.2.1:53", "[2001:db8::1]:53"
  std::string AddressText() const;  // The same without port and brackets.
  std::string ToDnsText() const;    // AddressText() if the port is 53.

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.ToText() == b.ToText();
  }

 private:
  union Storage {  // Both begin with the family.
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_;
  std::array<char, IF_NAMESIZE> interface_;  // As written after '%'; empty, or ends with a 0.
};

// The octets of an address of AF_INET (4) or AF_INET6 (16), in network order, where they are in
// `address`. For the packet path: no copy.
inline ByteView AddressOctets(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return {reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr, 16};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return {reinterpret_cast<const uint8_t*>(&v4.sin_addr), 4};
}

}  // namespace hither

#endif  // HITHER_BASE_SOCKET_ADDRESS_H_
