#ifndef HITHER_DNS_TSIG_H_
#define HITHER_DNS_TSIG_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace hither {

// The parts of a query's TSIG record that an answer without a key needs. We share no keys: a
// signing client gets an error (RFC 8945 §5.2.1) instead of an unsigned answer.
struct Tsig {
  bool present = false;
  ByteView key_name;     // Empty if it was compressed, contrary to RFC 8945 §4.2.
  ByteView algorithm;    // A name.
  ByteView time_signed;  // 6 octets.
  uint16_t fudge_seconds = 0;
  uint16_t original_id = 0;
};

// Reads the record's RDATA (RFC 8945 §4.2). False if it is malformed.
bool ReadTsig(ByteView key_name, ByteView rdata, Tsig& tsig);

// The unsigned TSIG of an answer with error BADKEY: TsigBytes(tsig) octets at `at`.
size_t TsigBytes(const Tsig& tsig);
void WriteBadKey(const Tsig& tsig, uint8_t* at);

}  // namespace hither

#endif  // HITHER_DNS_TSIG_H_
