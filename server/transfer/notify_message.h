#ifndef HITHER_SERVER_TRANSFER_NOTIFY_MESSAGE_H_
#define HITHER_SERVER_TRANSFER_NOTIFY_MESSAGE_H_

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "dns/query.h"

namespace hither {

// A NOTIFY request (RFC 1996). Views into the message, which outlives it.
struct Notify {
  Query query = {};  // With question, EDNS and TSIG; the zone is query.name.
  // The serial that the sender says it has (§3.7). "An unsecure hint", even with a TSIG: a
  // secondary of several primaries hears of it before some of them have it.
  std::optional<uint32_t> serial = std::nullopt;
};

// What a message is, as far as it shows without knowing the zone and who may notify. For all but
// kIgnore, WriteNotifyResponse() answers with this rcode; kNoError is to be acted on first, or
// refused: REFUSED for a sender that is not allowed, NOTAUTH for a zone that is not ours.
struct NotifyVerdict {
  enum class Kind : uint8_t { kIgnore, kAnswer } kind = Kind::kIgnore;
  Rcode rcode = Rcode::kNoError;
};

// kIgnore: a response, another opcode, or no header. Errors: FORMERR for a malformed message,
// BADVERS for another EDNS version, NOTIMP for another type than SOA, the only one of RFC 1996,
// NOTAUTH for another class than IN.
NotifyVerdict ReadNotify(ByteView message, Notify& notify);

// The response, unsigned (§4.7): the question, QR and AA, and an OPT if the request had one.
Bytes WriteNotifyResponse(const Notify& notify, Rcode rcode);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_NOTIFY_MESSAGE_H_
