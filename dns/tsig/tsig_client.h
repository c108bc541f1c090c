#ifndef HITHER_DNS_TSIG_TSIG_CLIENT_H_
#define HITHER_DNS_TSIG_TSIG_CLIENT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/tsig/hmac.h"
#include "dns/tsig/tsig_digest.h"
#include "dns/tsig/tsig_key.h"

namespace hither {

// Appends a TSIG to a request that has its final ID. Returns the request's MAC, which TsigStream
// needs. An empty one, and no change, if the message would be over 65,535 octets or memory ran out.
Mac SignRequest(const TsigKey& key, uint64_t now_seconds, Bytes& message);

// What a message of a response is.
enum class TsigReply : uint8_t {
  // Believe it, and all messages since the last kVerified.
  kVerified,
  // In the middle of many messages: do not use it before a later message is kVerified.
  kUnsignedYet,
  // The others end the response: nothing since the last kVerified may be used.
  kFormErr,       // Records that cannot be read, or a TSIG that is not last.
  kUnsigned,      // The first or only message is not signed, or too many in a row are not.
  kOtherKey,      // Signed with a key or algorithm that was not asked for.
  kBadSig,        // Another secret, or changed on the way.
  kBadTime,       // Good, but too old or from the future by our clock.
  kBadTrunc,      // Good, but the MAC is shorter than the key allows.
  kPeerBadKey,    // The server says that it does not have the key;
  kPeerBadSig,    // that our secret is wrong. Nobody signed that, and anyone could have sent it.
  kPeerBadTime,   // Signed by the server: our clocks differ; peer_time_seconds() has its time;
  kPeerBadTrunc,  // it wants a longer MAC;
  kPeerError,     // it reports another error.
};

// For an operator: what happened and what to do, without a place. Empty for the first two.
absl::string_view TsigReplyText(TsigReply reply);

// Verifies the response to one request, of one message or of many (RFC 8945 §5.3.1).
//
// Its caller checks IDs and questions, discards everything after a fault, and after the last
// message asks IsComplete().
//
// Threads: belongs to one. Source: the messages are from anybody, with any content.
class TsigStream {
 public:
  // RFC 8945 §5.3.1: "at most 99 intermediary messages" without a TSIG.
  static constexpr int kUnsignedMax = 99;

  TsigStream(const TsigKey& key, const Mac& request_mac);

  // The next message of the response.
  TsigReply Next(ByteView message, uint64_t now_seconds);

  // The last message was verified, so that no message at the end is missing its signature.
  bool IsComplete() const { return last_ == TsigReply::kVerified; }

  // After kVerified: the octets of the message before its TSIG, which is one of the additional
  // records that the header counts.
  size_t bytes_without_tsig() const { return bytes_without_tsig_; }
  // After kPeerBadTime: seconds since 1970.
  uint64_t peer_time_seconds() const { return peer_time_seconds_; }

 private:
  TsigReply Judge(ByteView message, uint64_t now_seconds);
  TsigReply PassUnsigned(ByteView message);
  TsigReply JudgeSigned(const SignedMessage& message, uint64_t now_seconds);
  TsigReply JudgeError(const Tsig& tsig);

  const TsigKey key_;
  Mac prior_;             // Of the request, then of the last signed message.
  bool is_first_ = true;  // Next() was not called yet.
  int unsigned_in_a_row_ = 0;
  TsigReply last_ = TsigReply::kUnsigned;
  size_t bytes_without_tsig_ = 0;
  uint64_t peer_time_seconds_ = 0;
  Hmac hmac_;  // Of the messages since the last signed one.
};

}  // namespace hither

#endif  // HITHER_DNS_TSIG_TSIG_CLIENT_H_
