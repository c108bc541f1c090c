#include "dns/tsig/tsig_client.h"

#include <algorithm>

#include "dns/query.h"
#include "dns/tsig.h"

namespace hither {
namespace {

constexpr size_t kMessageBytesMax = UINT16_MAX;

bool IsOfKey(const TsigKey& key, const Tsig& tsig) {
  return key.name.view().EqualsIgnoreCase(tsig.key_name) &&
         NameView(TsigAlgorithmName(key.algorithm)).EqualsIgnoreCase(NameView(tsig.algorithm));
}

}  // namespace

Mac SignRequest(const TsigKey& key, uint64_t now_seconds, Bytes& message) {
  Tsig tsig{.key_name = key.name,
            .algorithm = TsigAlgorithmName(key.algorithm),
            .time_signed = now_seconds,
            .fudge_seconds = kTsigFudgeSeconds,
            .original_id = LoadU16(message.data())};
  Hmac hmac;
  hmac.Start(key.algorithm, key.secret);
  hmac.Add(message);
  AddTsigVariables(tsig, hmac);
  const Mac mac = hmac.Finish();
  tsig.mac = mac.view();
  const size_t bytes = message.size();
  if (mac.size == 0 || bytes + TsigBytes(tsig) > kMessageBytesMax) return {};
  message.resize(bytes + TsigBytes(tsig));
  if (AppendTsig(tsig, message, bytes) != 0) return mac;
  message.resize(bytes);
  return {};
}

absl::string_view TsigReplyText(TsigReply reply) {
  switch (reply) {
    case TsigReply::kVerified:
    case TsigReply::kUnsignedYet:
      return "";
    case TsigReply::kFormErr:
      return "the response is malformed or its TSIG is not the last record";
    case TsigReply::kUnsigned:
      return "the response is not signed; configure the key for this client at the server";
    case TsigReply::kOtherKey:
      return "the response is signed with another key or algorithm; use the same at both ends";
    case TsigReply::kBadSig:
      return "the response's signature is wrong; compare the key's secret at both ends";
    case TsigReply::kBadTime:
      return "the response was signed at a time too far from now; synchronize the clocks";
    case TsigReply::kBadTrunc:
      return "the response's MAC is truncated more than the key allows; see mac_bytes_min";
    case TsigReply::kPeerBadKey:
      return "the server reports BADKEY; compare the key's name and algorithm at both ends";
    case TsigReply::kPeerBadSig:
      return "the server reports BADSIG; compare the key's secret at both ends";
    case TsigReply::kPeerBadTime:
      return "the server reports BADTIME; synchronize the clocks";
    case TsigReply::kPeerBadTrunc:
      return "the server reports BADTRUNC; allow it to accept whole MACs of this key";
    case TsigReply::kPeerError:
      return "the server reports an unknown TSIG error; see its log";
  }
  return "";
}

TsigStream::TsigStream(const TsigKey& key, const Mac& request_mac)
    : key_(key), prior_(request_mac) {
  hmac_.Start(key_.algorithm, key_.secret);
  AddPriorMac(prior_.view(), hmac_);
}

TsigReply TsigStream::Next(ByteView message, uint64_t now_seconds) {
  const bool has_ended = last_ != TsigReply::kVerified && last_ != TsigReply::kUnsignedYet;
  if (has_ended && !is_first_) return last_;
  last_ = Judge(message, now_seconds);
  is_first_ = false;
  return last_;
}

TsigReply TsigStream::Judge(ByteView message, uint64_t now_seconds) {
  const TsigPlace place = FindTsig(message);
  if (!place.is_well_formed) return TsigReply::kFormErr;
  if (place.offset == 0) return PassUnsigned(message);
  SignedMessage reply{.octets = message, .offset = place.offset};
  if (!ReadTsig(message, place.offset, reply.tsig)) return TsigReply::kFormErr;
  return JudgeSigned(reply, now_seconds);
}

TsigReply TsigStream::PassUnsigned(ByteView message) {
  if (is_first_ || ++unsigned_in_a_row_ > kUnsignedMax) return TsigReply::kUnsigned;
  hmac_.Add(message);  // RFC 8945 §5.3.1: the next MAC covers it.
  return TsigReply::kUnsignedYet;
}

TsigReply TsigStream::JudgeSigned(const SignedMessage& message, uint64_t now_seconds) {
  const Tsig& tsig = message.tsig;
  const bool has_no_mac = tsig.mac.empty();
  // RFC 8945 §5.3.2: BADKEY and BADSIG come without a MAC. Never believed, only reported.
  if (has_no_mac && tsig.error == static_cast<uint16_t>(TsigError::kBadKey)) {
    return TsigReply::kPeerBadKey;
  }
  if (has_no_mac && tsig.error == static_cast<uint16_t>(TsigError::kBadSig)) {
    return TsigReply::kPeerBadSig;
  }
  if (!IsOfKey(key_, tsig)) return TsigReply::kOtherKey;
  const size_t mac_bytes = tsig.mac.size();
  if (mac_bytes < MacBytesLeast(key_.algorithm) || mac_bytes > HmacBytes(key_.algorithm)) {
    return TsigReply::kFormErr;
  }
  AddSignedMessage(message, hmac_);
  if (is_first_) {
    AddTsigVariables(tsig, hmac_);
  } else {
    AddTsigTimers(tsig, hmac_);
  }
  prior_ = hmac_.Finish();
  prior_.size = std::min(prior_.size, mac_bytes);
  if (!IsSameMac(prior_.view(), tsig.mac)) return TsigReply::kBadSig;
  if (!IsWithinFudge(tsig, now_seconds)) return TsigReply::kBadTime;
  if (!IsMacLongEnough(key_, mac_bytes)) return TsigReply::kBadTrunc;
  if (tsig.error != 0) return JudgeError(tsig);
  unsigned_in_a_row_ = 0;
  bytes_without_tsig_ = message.offset;
  hmac_.Start(key_.algorithm, key_.secret);
  AddPriorMac(prior_.view(), hmac_);
  return TsigReply::kVerified;
}

TsigReply TsigStream::JudgeError(const Tsig& tsig) {
  if (tsig.error == static_cast<uint16_t>(TsigError::kBadTrunc)) return TsigReply::kPeerBadTrunc;
  const bool has_time = tsig.error == static_cast<uint16_t>(TsigError::kBadTime) &&
                        tsig.other.size() == kTsigTimeBytes;
  if (!has_time) return TsigReply::kPeerError;
  peer_time_seconds_ = LoadU48(tsig.other.data());
  return TsigReply::kPeerBadTime;
}

}  // namespace hither
