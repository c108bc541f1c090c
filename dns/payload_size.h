#ifndef HITHER_DNS_PAYLOAD_SIZE_H_
#define HITHER_DNS_PAYLOAD_SIZE_H_

#include <cstdint>

namespace hither {

// The longest UDP answer, unless the operator sets another limit.
inline constexpr uint16_t kUdpPayloadBytesDefault = 1280 - 40 - 8;  // IPv6's least MTU, IPv6, UDP.

}  // namespace hither

#endif  // HITHER_DNS_PAYLOAD_SIZE_H_
