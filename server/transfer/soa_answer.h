#ifndef HITHER_SERVER_TRANSFER_SOA_ANSWER_H_
#define HITHER_SERVER_TRANSFER_SOA_ANSWER_H_

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "server/transfer/soa_fields.h"
#include "server/transfer/transfer_message.h"

namespace hither {

enum class SoaVerdict : uint8_t {
  kSoa,        // `soa` is the primary's.
  kForeign,    // Not a reply to the query: over UDP go on waiting, over TCP close.
  kTruncated,  // Ask again over TCP.
  kNoEdns,     // Ask again without EDNS (RFC 6891 §7).
  kRefused,    // `rcode` is an error.
  kLame,       // The server is not authoritative for the zone: it has not loaded it, or is none.
  kNoSoa,      // Authoritative, but without the zone's SOA.
  kMalformed,  // A reply to the query that cannot be read.
};

struct SoaAnswer {
  SoaVerdict verdict = SoaVerdict::kMalformed;
  SoaFields soa = {};
  ReplyEdns edns = {};
  Rcode rcode = Rcode::kNoError;
  // What is wrong and what to do; empty for kSoa. To be read after "SOA of example.org from
  // 192.0.2.1: ".
  std::string reason = {};
};

// Reads the reply to a SOA query, its TSIG checked and removed.
SoaAnswer ReadSoaAnswer(ByteView message, const TransferQuery& query);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_SOA_ANSWER_H_
