#ifndef HITHER_TESTS_DNS_TSIG_TSIG_CASES_H_
#define HITHER_TESTS_DNS_TSIG_TSIG_CASES_H_

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "dns/tsig.h"
#include "dns/tsig/tsig_key.h"

namespace hither {

// One exchange, signed by dnspython 2.3.0: the MACs under each algorithm. The key is "Key.Example."
// and its secret the octets from 0x20 to 0x3f; for HMAC-SHA-512, 0 to 199: more than a block.
struct TsigCase {
  const char* name;
  HmacAlgorithm algorithm;
  const char* query_mac;
  const char* answer_mac;
};
std::span<const TsigCase> TsigCases();

inline constexpr uint64_t kSignedAt = 1'700'000'000;

TsigKey KeyOfCases(HmacAlgorithm algorithm);
Bytes UnsignedQuery();   // www.example. A
Bytes UnsignedAnswer();  // 192.0.2.1

// The message with a TSIG whose MAC is `mac`, which need not be right.
struct TsigFields {
  ByteView mac = {};
  uint64_t time_signed = kSignedAt;
  TsigError error = TsigError::kNone;
  ByteView other = {};
};
Bytes WithTsig(const Bytes& message, const TsigKey& key, const TsigFields& fields);
// The same with the MAC given as text.
Bytes WithMac(const Bytes& message, const TsigKey& key, const char* mac);

// The TSIG of a message; fails the test if there is none.
Tsig TsigOf(ByteView message);

}  // namespace hither

#endif  // HITHER_TESTS_DNS_TSIG_TSIG_CASES_H_
