#ifndef HITHER_ANYCAST_BGP_BGP_MESSAGE_H_
#define HITHER_ANYCAST_BGP_BGP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "anycast/bgp/bgp_notification.h"
#include "base/bytes.h"
#include "base/prefix.h"

namespace hither {

// RFC 4271 §4.1; longer ones (RFC 8654) are never offered.
inline constexpr size_t kBgpHeaderBytes = 19;
inline constexpr size_t kBgpMessageBytesMax = 4096;

enum class BgpType : uint8_t {
  kOpen = 1,
  kUpdate = 2,
  kNotification = 3,
  kKeepalive = 4,
  kRouteRefresh = 5,  // RFC 2918
};

// A session has both families, each of SAFI 1, unicast.
inline constexpr uint16_t kAfiIpv4 = 1;
inline constexpr uint16_t kAfiIpv6 = 2;
inline constexpr uint8_t kSafiUnicast = 1;
inline uint16_t AfiOf(IpFamily family) { return family == IpFamily::kV6 ? kAfiIpv6 : kAfiIpv4; }

// One message from the front of `input`, with a header as RFC 4271 §6.1 requires. The body is a
// view into `input`. Pure; allocates only for an error.
struct BgpFrame {
  enum class Kind : uint8_t { kNeedMore, kWhole, kBroken } kind = Kind::kNeedMore;
  BgpType type = BgpType::kKeepalive;
  ByteView body;
  size_t bytes = 0;    // Of the whole message.
  Notification error;  // To be sent, if malformed: nothing after it can be trusted.
};
BgpFrame NextBgpMessage(ByteView input);

// Marker, length and type before `body`.
Bytes EncodeBgpMessage(BgpType type, ByteView body);
Bytes EncodeKeepalive();
Bytes EncodeNotification(const Notification& notification);
Notification DecodeNotification(ByteView body);  // At least 2 octets, as NextBgpMessage ensures.

// RFC 2918 §3. The requested family, if it is one of ours. The subtypes of RFC 7313, which we do
// not offer, are ignored.
std::optional<IpFamily> DecodeRouteRefresh(ByteView body);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_MESSAGE_H_
