#ifndef HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_
#define HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_

#include <cstdint>
#include <optional>

#include "dns/name.h"
#include "dns/query.h"
#include "server/guard/access_list.h"

namespace hither {

// Acts on NOTIFYs (RFC 1996) for zones that come from primaries.
//
// Threads: any; every worker calls it while it answers, so that it must be quick and must not
// allocate much. Source: anyone can send a NOTIFY; without a key its address may be forged.
class NotifyHandler {
 public:
  virtual ~NotifyHandler() = default;
  // The rcode for the response: NOERROR if it is acted on, REFUSED if the sender may not notify,
  // NOTAUTH if the zone does not come from a primary. `serial` is only a hint. `sender`: for the
  // call.
  virtual Rcode OnNotify(NameView zone, std::optional<uint32_t> serial,
                         const AccessClient& sender) = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_
