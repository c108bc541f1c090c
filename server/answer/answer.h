#ifndef HITHER_SERVER_ANSWER_ANSWER_H_
#define HITHER_SERVER_ANSWER_ANSWER_H_

#include "dns/name_hash.h"
#include "dns/query.h"
#include "server/answer/response_writer.h"
#include "zones/image/zone_view.h"

namespace hither {

// Aliases followed in one answer; a resolver continues from there.
inline constexpr int kAliasHopsMax = 16;
// Names whose addresses are looked up for one answer.
inline constexpr int kAdditionalTargetsMax = 128;

// What was found, for the counters.
enum class AnswerKind : uint8_t { kPositive, kReferral, kNegative, kAliasOut };

struct AnswerResult {
  Rcode rcode;
  AnswerKind kind;
};

// RFC 1034 §4.3.2 step 3 within one zone, with DNSSEC's additions (RFC 4035 §3.1, RFC 5155 §7.2) if
// `query` set DO. `qname` is the query's name, at or below the zone's apex. Writes all sections;
// truncates them if they do not fit. A chain of aliases that leaves the zone ends there: another
// zone's data belongs in that zone's own answer.
AnswerResult AnswerFrom(ZoneView zone, const Query& query, const HashedName& qname,
                        ResponseWriter& reply);

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_ANSWER_H_
