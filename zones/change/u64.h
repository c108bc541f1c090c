#ifndef HITHER_ZONES_CHANGE_U64_H_
#define HITHER_ZONES_CHANGE_U64_H_

#include <cstdint>

#include "base/bytes.h"

namespace hither {

// Integers of 64 bits in the network's order, which DNS does not have, but files do.

inline uint64_t LoadU64(const uint8_t* at) { return uint64_t{LoadU32(at)} << 32 | LoadU32(at + 4); }
inline void StoreU64(uint8_t* at, uint64_t value) {
  StoreU32(at, static_cast<uint32_t>(value >> 32));
  StoreU32(at + 4, static_cast<uint32_t>(value));
}

inline uint64_t ReadU64(ByteReader& in) {
  const uint64_t high = in.U32();
  return high << 32 | in.U32();
}
inline void AppendU64(ByteWriter& out, uint64_t value) {
  out.U32(static_cast<uint32_t>(value >> 32));
  out.U32(static_cast<uint32_t>(value));
}

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_U64_H_
