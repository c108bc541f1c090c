#ifndef HITHER_DNS_TSIG_TSIG_DIGEST_H_
#define HITHER_DNS_TSIG_TSIG_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dns/tsig.h"
#include "dns/tsig/hmac.h"

namespace hither {

// The parts of what a TSIG's MAC covers (RFC 8945 §4.3), each added to an Hmac that was started. A
// message that has no TSIG yet, or gets none, is added as it is.

inline constexpr uint16_t kTsigFudgeSeconds = 300;  // RFC 8945 §10 recommends it.

// RFC 8945 §4.3.1: the MAC of the request, or of the message before this one. Nothing if empty.
void AddPriorMac(ByteView mac, Hmac& hmac);

// §4.3.3, for requests, and answers of one message or the first of many. Names in lower case.
void AddTsigVariables(const Tsig& tsig, Hmac& hmac);

// §5.3.1, for the later messages of an answer of many.
void AddTsigTimers(const Tsig& tsig, Hmac& hmac);

// A received message with the TSIG that was read from it at `offset`.
struct SignedMessage {
  ByteView octets;
  size_t offset = 0;
  Tsig tsig = {};

  ByteView WithoutTsig() const { return octets.first(offset); }
};
// §4.3.2: as it was before its TSIG was added, with the original ID, since forwarders change the
// ID.
void AddSignedMessage(const SignedMessage& message, Hmac& hmac);

// Is the time within the fudge of the TSIG's? (RFC 8945 §5.2.3)
bool IsWithinFudge(const Tsig& tsig, uint64_t now_seconds);

// Appends the record to the message in `buffer` and counts it. Returns the new size; 0, and no
// change, if the buffer is too small.
size_t AppendTsig(const Tsig& tsig, std::span<uint8_t> buffer, size_t message_bytes);

}  // namespace hither

#endif  // HITHER_DNS_TSIG_TSIG_DIGEST_H_
