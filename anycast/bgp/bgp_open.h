#ifndef HITHER_ANYCAST_BGP_BGP_OPEN_H_
#define HITHER_ANYCAST_BGP_BGP_OPEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "anycast/bgp/bgp_message.h"
#include "anycast/bgp/bgp_notification.h"
#include "base/bytes.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// RFC 6793 §9: replaces an AS number of four octets in a field of two.
inline constexpr uint16_t kAsTrans = 23456;

struct FamilySet {
  bool ipv4 = false;
  bool ipv6 = false;
  bool Has(IpFamily family) const { return family == IpFamily::kV6 ? ipv6 : ipv4; }
  friend bool operator==(const FamilySet&, const FamilySet&) = default;
};

// The contents of either side's OPEN. A value. Graceful restart (RFC 4724) is omitted deliberately:
// it asks the neighbor to keep the routes of a dead speaker.
struct BgpOpen {
  uint32_t as = 0;  // Four octets, if the capability has it.
  uint16_t hold_seconds = 0;
  uint32_t identifier = 0;
  bool has_capabilities = true;  // False: an OPEN without any, for a neighbor older than RFC 5492.
  bool four_octet_as = false;    // RFC 6793
  bool route_refresh = false;    // RFC 2918
  FamilySet families;            // RFC 4760; none given means IPv4.
  std::optional<uint8_t> role = std::nullopt;  // RFC 9234; a BgpRole if it is known.
  bool has_two_roles = false;                  // Different ones, which §4.2 forbids.
  friend bool operator==(const BgpOpen&, const BgpOpen&) = default;
};

Bytes EncodeOpen(const BgpOpen& open);

// The form (RFC 4271 §6.2, RFC 5492, RFC 9072): returns the error, or fills in `open`. `body` has
// at least 10 octets, as NextBgpMessage ensures.
std::optional<Notification> DecodeOpen(ByteView body, BgpOpen& open);

// "customer", ... "rs-client"; "unknown role 7".
std::string RoleText(uint8_t role);
// The role that the other side of ours has: a customer's is its provider.
BgpRole CounterpartOf(BgpRole role);

// Checks AS, identifier, hold time and role. With `role_strict` the neighbor must have a role if we
// have one (RFC 9234 §4.2). A hold time of 0, legal elsewhere, is refused: announcements
// would then outlive a hung sidecar.
std::optional<Notification> CheckOpen(const BgpOpen& theirs, const BgpOpen& ours, uint32_t peer_as,
                                      bool role_strict = false);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_OPEN_H_
