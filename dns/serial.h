#ifndef HITHER_DNS_SERIAL_H_
#define HITHER_DNS_SERIAL_H_

#include <cstdint>

namespace hither {

// RFC 1982 §3.2: is serial `a` after serial `b`, modulo 2^32?
//
// At a distance of exactly 2^31 the order is undefined. Then neither is after the other: a zone at
// such a distance never replaces the one that is served. An operator who wants it to asks for it.
inline bool SerialIsAfter(uint32_t a, uint32_t b) {
  const uint32_t distance = a - b;
  return distance != 0 && distance < (uint32_t{1} << 31);
}

}  // namespace hither

#endif  // HITHER_DNS_SERIAL_H_
