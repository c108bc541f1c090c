#ifndef HITHER_SERVER_ANSWER_CHAOS_H_
#define HITHER_SERVER_ANSWER_CHAOS_H_

#include "absl/strings/string_view.h"
#include "dns/query.h"
#include "server/answer/response_writer.h"

namespace hither {

// Answers a question of class CHAOS: id.server and hostname.bind return `identity`, version.server
// and version.bind return `version` (RFC 4892). REFUSED if that is empty, and for all other names.
Rcode AnswerChaos(const Query& query, absl::string_view identity, absl::string_view version,
                  ResponseWriter& reply);

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_CHAOS_H_
