#ifndef HITHER_DNS_BASE32HEX_H_
#define HITHER_DNS_BASE32HEX_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace hither {

// RFC 4648 §7 without padding, either case, as in the owners of NSEC3 records. False, and `out` is
// useless, unless `text` is exactly the text of out.size() octets; a multiple of 5 octets.
inline bool DecodeBase32Hex(ByteView text, std::span<uint8_t> out) {
  if (out.size() % 5 != 0 || text.size() != out.size() / 5 * 8) return false;
  uint64_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t c = text[i];
    uint64_t value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'v') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'V') {
      value = c - 'A' + 10;
    } else {
      return false;
    }
    group = group << 5 | value;
    if (i % 8 != 7) continue;
    for (size_t k = 0; k < 5; ++k) {  // 40 bits are five octets.
      out[i / 8 * 5 + k] = static_cast<uint8_t>(group >> (32 - 8 * k));
    }
    group = 0;
  }
  return true;
}

}  // namespace hither

#endif  // HITHER_DNS_BASE32HEX_H_
