#ifndef HITHER_ANYCAST_BGP_BGP_OPEN_H_
#define HITHER_ANYCAST_BGP_BGP_OPEN_H_

#include <cstdint>
#include <optional>

#include "anycast/bgp/bgp_message.h"
#include "anycast/bgp/bgp_notification.h"
#include "base/bytes.h"

namespace hither {

// RFC 6793 §9: stands in a field of two octets for an AS number that needs four.
inline constexpr uint16_t kAsTrans = 23456;

struct FamilySet {
  bool ipv4 = false;
  bool ipv6 = false;
  bool Has(int family) const { return family == AF_INET6 ? ipv6 : ipv4; }
  friend bool operator==(const FamilySet&, const FamilySet&) = default;
};

// What an OPEN says, of either side; as a value. Graceful restart (RFC 4724) is missing on purpose:
// it asks the neighbor to keep the routes of a dead speaker.
struct BgpOpen {
  uint32_t as = 0;  // Of four octets where the capability says it.
  uint16_t hold_seconds = 0;
  uint32_t identifier = 0;
  bool has_capabilities = true;  // False: an OPEN without any, for a neighbor older than RFC 5492.
  bool four_octet_as = false;    // RFC 6793
  bool route_refresh = false;    // RFC 2918
  FamilySet families;            // RFC 4760; one that says nothing means IPv4.
  friend bool operator==(const BgpOpen&, const BgpOpen&) = default;
};

Bytes EncodeOpen(const BgpOpen& open);

// The form (RFC 4271 §6.2, RFC 5492, RFC 9072): what is wrong with it, or nothing, and `open` is
// filled in. `body` has at least 10 octets, as NextBgpMessage saw to.
std::optional<Notification> DecodeOpen(ByteView body, BgpOpen& open);

// Whether we can talk: AS, identifier, hold time. A hold time of 0, legal elsewhere, is refused:
// it would make an announcement that outlives a hung sidecar.
std::optional<Notification> CheckOpen(const BgpOpen& theirs, const BgpOpen& ours, uint32_t peer_as);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_OPEN_H_
