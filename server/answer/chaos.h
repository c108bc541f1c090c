#ifndef HITHER_SERVER_ANSWER_CHAOS_H_
#define HITHER_SERVER_ANSWER_CHAOS_H_

#include "absl/strings/string_view.h"
#include "dns/query.h"
#include "server/answer/response_writer.h"

namespace hither {

// Answers a question of class CHAOS: id.server and hostname.bind tell `identity`, version.server
// and version.bind tell `version` (RFC 4892). What is empty is not told, and all other names are
// not known: REFUSED.
Rcode AnswerChaos(const Query& query, absl::string_view identity, absl::string_view version,
                  ResponseWriter& reply);

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_CHAOS_H_
