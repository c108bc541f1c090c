#ifndef HITHER_ANYCAST_BGP_BGP_UPDATE_H_
#define HITHER_ANYCAST_BGP_BGP_UPDATE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "anycast/bgp/bgp_message.h"
#include "base/bytes.h"
#include "base/prefix.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What decides how a path is announced to one neighbor.
struct BgpDialect {
  uint32_t local_as = 0;
  bool internal = false;       // The neighbor is in our AS.
  bool four_octet_as = false;  // RFC 6793: both sides support it.
  // RFC 9234 §5: customers, peers and clients of our route server must not pass the path on to
  // their providers and peers.
  bool only_to_customer = false;
  friend bool operator==(const BgpDialect&, const BgpDialect&) = default;
};

// UPDATEs that announce `prefixes`, all of `family`, with ORIGIN IGP. `next_hop` has 4 octets, or
// 16, or 32 (RFC 2545 §3). IPv4 goes into the NLRI field with NEXT_HOP, over either transport; IPv6
// into MP_REACH_NLRI. Returns nothing if the attributes leave no room for a prefix.
//
// Within our AS a prepend would act as a withdrawal: routers refuse a path that names their own AS.
// There each prepend lowers LOCAL_PREF by one instead, with the intended effect.
std::vector<Bytes> EncodeAnnouncements(const BgpDialect& dialect, const RouteAttributes& attributes,
                                       ByteView next_hop, IpFamily family,
                                       std::span<const Prefix> prefixes);

std::vector<Bytes> EncodeWithdrawals(IpFamily family, std::span<const Prefix> prefixes);

// RFC 4724 §2: all routes of the family have been sent. It needs no capability.
Bytes EncodeEndOfRib(IpFamily family);

// A received UPDATE. Its contents are never used.
enum class UpdateForm : uint8_t {
  kGood,
  kMalformed,  // RFC 7606 §2: of a path that we do not take; the session continues.
  kUnframed,   // RFC 7606 §3 (b): its parts cannot be separated; the session is reset.
};
UpdateForm CheckUpdate(ByteView body);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_UPDATE_H_
