#ifndef HITHER_SERVER_TRANSFER_TRANSFER_MESSAGE_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/query.h"
#include "server/transfer/record_cursor.h"

namespace hither {

// A query to a primary, and so what its replies must repeat. Class IN.
struct TransferQuery {
  uint16_t id = 0;  // Random over UDP (RFC 5452 §4.3); unique on its connection over TCP.
  Name zone = {};
  RrType type = RrType::kSoa;  // Or kAxfr, kIxfr.
  // An OPT with an empty EXPIRE option (RFC 7314 §3). False for a primary that MeansNoEdns().
  bool has_edns = true;
  uint32_t serial = 0;  // kIxfr: of the version that we hold.
};

// The message without TSIG, and without the length that precedes it over TCP. At most 330 octets.
//
// The SOA in the authority section of an IXFR query (RFC 1995 §3) has only the serial: servers use
// nothing else of it.
Bytes WriteQuery(const TransferQuery& query);

// How a message fails to be a reply to a query.
enum class ReplyFault : uint8_t {
  kNone,
  kMalformed,  // RecordCursor::fault() says why.
  // Somebody else's, or an old one. Over UDP ignore it and go on waiting: anyone can send it.
  kOtherId,
  kNoResponse,  // QR is not set.
  kOtherOpcode,
  kOtherQuestion,  // Also: more than one.
  // The primary's refusal. `rcode` has the header's four bits.
  kRcode,
};
inline bool IsForeign(ReplyFault fault) {
  return fault != ReplyFault::kNone && fault != ReplyFault::kRcode;
}

// Checks the header and reads the question of the message at `cursor`, whose records come next.
// Only the first message of a reply must have the question (RFC 5936 §2.2.2), and only if its
// rcode is NOERROR: a server that cannot read the query cannot repeat it.
ReplyFault CheckReply(RecordCursor& cursor, const TransferQuery& query, bool is_first);

absl::string_view ToText(ReplyFault fault);  // "it has another ID"
std::string RcodeToText(Rcode rcode);        // "REFUSED", or "RCODE 11"
inline Rcode RcodeOf(uint16_t flags) { return static_cast<Rcode>(flags & 0xf); }

// What the OPT of a reply says.
struct ReplyEdns {
  bool present = false;
  uint8_t rcode_high = 0;  // The upper eight bits of the rcode (RFC 6891 §6.1.3).
  // RFC 7314 §3: seconds until the zone expires at the primary. None: it did not say.
  std::optional<uint32_t> expire_seconds = std::nullopt;
};

// Reads a record of type OPT. False if its options do not fill it, or EXPIRE has another length
// than 4 octets (0, as in the query, is no answer).
bool ReadReplyOpt(const WireRecord& record, ReplyEdns& edns);

// RFC 6891 §7: does the reply mean that the query may be repeated without OPT?
inline bool MeansNoEdns(Rcode rcode, bool reply_has_opt) {
  return (rcode == Rcode::kFormErr || rcode == Rcode::kNotImp) && !reply_has_opt;
}

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_MESSAGE_H_
