#ifndef HITHER_DNS_TSIG_TSIG_REQUEST_H_
#define HITHER_DNS_TSIG_TSIG_REQUEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "dns/tsig.h"
#include "dns/tsig/hmac.h"
#include "dns/tsig/tsig_key.h"

namespace hither {

// What a server finds in a request's TSIG, in the order of RFC 8945 §5.2.
enum class TsigCheck : uint8_t {
  kUnsigned,  // No TSIG.
  kFormErr,   // FORMERR, and no TSIG in the response.
  kBadKey,   // The others: NOTAUTH with this error. BADKEY: a key or algorithm that we do not have.
  kBadSig,   // Signed with another secret, or changed on the way.
  kBadTime,  // Good, but too old or from the future: a replay, or a clock is wrong.
  kBadTrunc,  // Good, but the MAC is shorter than the key allows.
  kGood,
};

// Signs the messages of an answer of many, such as a zone transfer (RFC 8945 §5.3.1). Every one is
// signed: that costs little, and every client accepts it.
//
// Owns copies of what it needs, so it may outlive the request, its message and the keys.
//
// Threads: belongs to one.
class TsigSigner {
 public:
  TsigSigner(const TsigKey& key, const Mac& request_mac) : key_(key), prior_(request_mac) {}

  // The octets of each message that Sign() needs.
  size_t ReservedBytes() const;
  // Appends a TSIG to the message in `buffer`. Returns the new size; 0 if the buffer is too small
  // or memory ran out: then the answer cannot be continued.
  size_t Sign(std::span<uint8_t> buffer, size_t message_bytes, uint64_t now_seconds);

 private:
  const TsigKey key_;
  Mac prior_;  // Of the request, then of the message before.
  bool is_first_ = true;
  Hmac hmac_;
};

// Checks a request's TSIG and signs its response. One object serves many requests, one after the
// other, without allocating.
//
// Threads: belongs to one. Source: the request is from anybody, with any content.
class TsigRequest {
 public:
  // Any message. Keeps no reference to it; `keys` is used until the next check.
  TsigCheck Check(const TsigKeyRing& keys, ByteView message, uint64_t now_seconds);
  // The same for a message whose TSIG is known to start at `offset` (Query::tsig_offset).
  TsigCheck CheckAt(const TsigKeyRing& keys, ByteView message, size_t offset, uint64_t now_seconds);

  // The key that the request was signed with: not null for kGood, kBadTime and kBadTrunc. Only with
  // kGood may it authorize anything.
  const TsigKey* key() const { return key_; }

  // The octets that Sign() needs; 0 if the response gets no TSIG.
  size_t ReservedBytes() const;
  // Appends the TSIG that belongs to the outcome of the check: none, one without a MAC (BADKEY and
  // BADSIG; RFC 8945 §5.3.2), or a signed one. The message in `buffer` has the response's ID.
  // Returns the new size. If there is no room: the old size for a response without a MAC; else 0,
  // and the response must not be sent.
  size_t Sign(std::span<uint8_t> buffer, size_t message_bytes, uint64_t now_seconds);

  // After kGood: for an answer of many messages.
  std::unique_ptr<TsigSigner> Stream() const;

 private:
  TsigCheck Judge(const TsigKeyRing& keys, ByteView message, size_t offset, uint64_t now_seconds);
  Tsig ReplyTsig(uint64_t now_seconds);

  TsigCheck outcome_ = TsigCheck::kUnsigned;
  const TsigKey* key_ = nullptr;
  // Of the request's TSIG, as far as the response needs it.
  Name key_name_;
  std::array<uint8_t, kNameBytesMax> algorithm_ = {};
  size_t algorithm_bytes_ = 0;
  uint64_t time_signed_ = 0;
  uint16_t fudge_seconds_ = 0;
  Mac mac_;
  std::array<uint8_t, kTsigTimeBytes> own_time_ = {};  // What BADTIME reports.
  Hmac hmac_;
};

}  // namespace hither

#endif  // HITHER_DNS_TSIG_TSIG_REQUEST_H_
