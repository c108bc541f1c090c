#ifndef HITHER_DNS_SIGNATURE_TIME_H_
#define HITHER_DNS_SIGNATURE_TIME_H_

#include <cstdint>

#include "base/bytes.h"

namespace hither {

// The times of an RRSIG are seconds since 1970 modulo 2^32 (RFC 4034 §3.1.5): which of two comes
// first is a matter of half a circle. Pure.

// From `from` to `to`, as far as 68 years in either direction.
constexpr int32_t SignatureSecondsBetween(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

// Seconds since 1970 without the modulo: the nearest to `now_seconds`.
constexpr int64_t SignatureUnixSeconds(uint32_t time, int64_t now_seconds) {
  return now_seconds + SignatureSecondsBetween(static_cast<uint32_t>(now_seconds), time);
}

// Of the RDATA of an RRSIG, which has been checked (RFC 4034 §3.1).
inline uint32_t SignatureExpiration(ByteView rrsig) { return LoadU32(rrsig.data() + 8); }

}  // namespace hither

#endif  // HITHER_DNS_SIGNATURE_TIME_H_
