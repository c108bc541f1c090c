#ifndef HITHER_ANYCAST_ROUTE_NETLINK_MESSAGE_H_
#define HITHER_ANYCAST_ROUTE_NETLINK_MESSAGE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

// One host's address, without a port: a value. Network order; IPv4 in the first four.
struct HostAddress {
  IpFamily family = IpFamily::kV4;
  std::array<uint8_t, 16> octets = {};

  static HostAddress Of(const SocketAddress& address);
  size_t size() const { return family == IpFamily::kV6 ? 16 : 4; }
  std::string ToText() const;
  friend bool operator==(const HostAddress&, const HostAddress&) = default;
};

// An address of an interface.
struct KernelAddress {
  HostAddress host;
  int length = 0;  // Of its prefix.
  uint32_t interface = 0;
  uint32_t flags = 0;          // IFA_F_...
  uint32_t valid_seconds = 0;  // 0xFFFFFFFF: for ever.
  uint32_t preferred_seconds = 0;
  uint32_t created = 0;  // In hundredths of a second since the boot.

  Prefix prefix() const;
};

struct KernelRoute {
  Prefix prefix;
  uint32_t table = 0;
  uint32_t metric = 0;
  uint32_t interface = 0;
  uint8_t protocol = 0;                                    // RTPROT_...: who made it.
  std::optional<HostAddress> source = std::nullopt;        // RTA_PREFSRC.
  std::optional<uint32_t> expires_seconds = std::nullopt;  // IPv6 only; when setting one.
};

// What came in answer to one request.
struct NetlinkReply {
  bool is_done = false;          // An acknowledgement, an error or the end of a dump has come.
  bool is_inconsistent = false;  // The table changed during the dump (NLM_F_DUMP_INTR).
  int error = 0;                 // errno's words, positive.
  std::vector<KernelAddress> addresses;
  std::vector<KernelRoute> routes;
};

inline constexpr size_t kKernelObjectsMax = 100'000;  // Of one dump; more is an error, EMSGSIZE.

// Adds to `reply` what a datagram says about request `sequence`; messages of others are passed
// over. False if it is malformed. Pure.
bool ParseNetlink(std::span<const uint8_t> datagram, uint32_t sequence, NetlinkReply& reply);

// Builds one request; linux/rtnetlink.h gives the constants. `fixed` is what stands between the
// header and the attributes: ifaddrmsg, rtmsg, ifinfomsg.
class NetlinkRequest {
 public:
  template <typename Fixed>
  NetlinkRequest(uint16_t type, uint16_t flags, const Fixed& fixed) {
    Begin(type, flags);
    Append({reinterpret_cast<const uint8_t*>(&fixed), sizeof fixed});
  }

  void Add(uint16_t attribute, std::span<const uint8_t> value);
  void AddU32(uint16_t attribute, uint32_t value);
  void AddHost(uint16_t attribute, const HostAddress& host);
  void AddText(uint16_t attribute, absl::string_view text);
  // What is added until Close() is inside of it.
  size_t Open(uint16_t attribute);
  void Close(size_t opened);

  std::span<const uint8_t> Finish(uint32_t sequence);

 private:
  void Begin(uint16_t type, uint16_t flags);
  void Append(std::span<const uint8_t> octets);  // With padding.

  std::vector<uint8_t> octets_;
};

KernelAddress MakeAddress(const HostAddress& host, int length, uint32_t interface, uint32_t flags,
                          uint32_t valid_seconds);
NetlinkRequest AddressRequest(uint16_t type, uint16_t flags, const KernelAddress& address);
NetlinkRequest RouteRequest(uint16_t type, uint16_t flags, const KernelRoute& route);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_NETLINK_MESSAGE_H_
