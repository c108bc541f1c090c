#ifndef HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_
#define HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/query.h"

namespace hither {

// Acts on NOTIFYs (RFC 1996) for zones that come from primaries.
//
// Threads: any; every worker calls it while it answers, so that it must be quick and must not
// allocate much. Source: anyone can send a NOTIFY; without a key its address may be forged.
class NotifyHandler {
 public:
  virtual ~NotifyHandler() = default;
  // The rcode for the response: NOERROR if it is acted on, REFUSED if the sender may not notify,
  // NOTAUTH if the zone does not come from a primary. `serial` is only a hint. `client`: the
  // sender's address, 4 or 16 octets in network order. `key`: the TSIG key that signed it, or none.
  virtual Rcode OnNotify(NameView zone, std::optional<uint32_t> serial, ByteView client,
                         std::optional<NameView> key) = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_NOTIFY_HANDLER_H_
