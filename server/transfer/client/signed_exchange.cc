#include "server/transfer/client/signed_exchange.h"

#include "absl/strings/str_cat.h"
#include "dns/tsig.h"
#include "server/transfer/transfer_message.h"

namespace hither {
namespace {

constexpr size_t kFlagsAt = 2;  // In the header (RFC 1035 §4.1.1).
constexpr size_t kAdditionalCountAt = 10;

void RemoveTsig(std::span<uint8_t>& message, size_t bytes_without_tsig) {
  message = message.first(bytes_without_tsig);
  uint8_t* const count = message.data() + kAdditionalCountAt;
  StoreU16(count, static_cast<uint16_t>(LoadU16(count) - 1));
}

// A server that refuses a query before it looks at the TSIG does not sign: its rcode says more than
// the missing signature.
std::string Explain(TsigReply reply, ByteView message) {
  std::string text(TsigReplyText(reply));
  const Rcode rcode = RcodeOf(LoadU16(message.data() + kFlagsAt));
  if (reply == TsigReply::kUnsigned && rcode != Rcode::kNoError) {
    absl::StrAppend(&text, " (it has the rcode ", RcodeToText(rcode), ")");
  }
  return text;
}

}  // namespace

bool SignedExchange::Sign(Bytes& message, uint64_t now_seconds) {
  stream_.reset();
  if (!key_.has_value()) return true;
  const Mac mac = SignRequest(*key_, now_seconds, message);
  if (mac.size == 0) return false;
  stream_.emplace(*key_, mac);
  return true;
}

std::string SignedExchange::Verify(std::span<uint8_t>& message, uint64_t now_seconds) {
  if (!stream_.has_value()) {
    const TsigPlace place = FindTsig(message);
    if (!place.is_well_formed || place.offset == 0) return "";  // Malformed: its reader says how.
    return "the response is signed, but no key is configured for this primary";
  }
  const TsigReply reply = stream_->Next(message, now_seconds);
  if (reply == TsigReply::kUnsignedYet) return "";
  if (reply != TsigReply::kVerified) return Explain(reply, message);
  RemoveTsig(message, stream_->bytes_without_tsig());
  return "";
}

}  // namespace hither
