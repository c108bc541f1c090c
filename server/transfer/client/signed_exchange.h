#ifndef HITHER_SERVER_TRANSFER_CLIENT_SIGNED_EXCHANGE_H_
#define HITHER_SERVER_TRANSFER_CLIENT_SIGNED_EXCHANGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "dns/tsig/tsig_client.h"
#include "dns/tsig/tsig_key.h"

namespace hither {

// Signs the queries to a primary and verifies its replies, or does neither if there is no key. Then
// a signed reply is wrong, too: nobody has asked for it, and nobody can verify it.
//
// One thread's. Source: the replies are from anybody, with any content.
class SignedExchange {
 public:
  // `key` outlives this.
  explicit SignedExchange(const std::optional<TsigKey>& key) : key_(key) {}

  // A query with its final ID, and so the start of an exchange. False, and no change: no memory.
  [[nodiscard]] bool Sign(Bytes& message, uint64_t now_seconds);
  // Removes the TSIG of the reply's next message. Empty, or why nothing of the reply may be
  // believed. A message in the middle may be verified later only: see IsComplete().
  std::string Verify(std::span<uint8_t>& message, uint64_t now_seconds);
  // Is everything so far verified, or nothing to be?
  bool IsComplete() const { return !stream_.has_value() || stream_->IsComplete(); }

 private:
  const std::optional<TsigKey>& key_;
  std::optional<TsigStream> stream_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_SIGNED_EXCHANGE_H_
