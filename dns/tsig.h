#ifndef HITHER_DNS_TSIG_H_
#define HITHER_DNS_TSIG_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "dns/name.h"

namespace hither {

// The form of TSIG records (RFC 8945 §4.2), without cryptography: that is dns/tsig/.

// IANA "DNS RCODEs"; in the TSIG's own field, beside NOTAUTH in the header.
enum class TsigError : uint16_t {
  kNone = 0,
  kBadSig = 16,
  kBadKey = 17,
  kBadTime = 18,
  kBadTrunc = 22,
};

inline constexpr size_t kTsigTimeBytes = 6;

// One TSIG record. The views are into its message.
struct Tsig {
  Name key_name = {};
  ByteView algorithm = {};   // A name.
  uint64_t time_signed = 0;  // Seconds since 1970 (UTC); 48 bits.
  uint16_t fudge_seconds = 0;
  ByteView mac = {};
  uint16_t original_id = 0;
  uint16_t error = 0;   // A TsigError, or any other number.
  ByteView other = {};  // With BADTIME, the server's time in 6 octets.
};

// Reads the record that starts at `offset`, which must be the last one of the message. False if it
// is malformed or not a TSIG. The key's name may be compressed, since BIND compresses it.
bool ReadTsig(ByteView message, size_t offset, Tsig& tsig);

// Where the TSIG of any message, query or response, starts.
struct TsigPlace {
  bool is_well_formed = false;  // False: records that cannot be read, or a TSIG that is not last.
  size_t offset = 0;            // 0: the message has no TSIG.
};
TsigPlace FindTsig(ByteView message);

// A record's size, and the record, uncompressed: TsigBytes(tsig) octets at `at`.
size_t TsigBytes(const Tsig& tsig);
void WriteTsig(const Tsig& tsig, uint8_t* at);

// Six octets in network order: a time.
uint64_t LoadU48(const uint8_t* at);
void StoreU48(uint8_t* at, uint64_t value);

}  // namespace hither

#endif  // HITHER_DNS_TSIG_H_
