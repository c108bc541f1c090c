#include "dns/tsig/tsig_request.h"

#include <algorithm>

#include "base/check.h"
#include "dns/query.h"
#include "dns/tsig/tsig_digest.h"

namespace hither {
namespace {

TsigError ErrorOf(TsigCheck outcome) {
  switch (outcome) {
    case TsigCheck::kBadKey:
      return TsigError::kBadKey;
    case TsigCheck::kBadSig:
      return TsigError::kBadSig;
    case TsigCheck::kBadTime:
      return TsigError::kBadTime;
    case TsigCheck::kBadTrunc:
      return TsigError::kBadTrunc;
    case TsigCheck::kUnsigned:
    case TsigCheck::kFormErr:
    case TsigCheck::kGood:
      break;
  }
  return TsigError::kNone;
}

// RFC 8945 §5.2.2.1, cases 1 and 4.
bool IsMacSizeValid(HmacAlgorithm algorithm, size_t bytes) {
  return bytes <= HmacBytes(algorithm) && bytes >= MacBytesLeast(algorithm);
}

}  // namespace

TsigCheck TsigRequest::Check(const TsigKeyRing& keys, ByteView message, uint64_t now_seconds) {
  const TsigPlace place = FindTsig(message);
  if (place.is_well_formed && place.offset != 0) {
    return CheckAt(keys, message, place.offset, now_seconds);
  }
  key_ = nullptr;
  outcome_ = place.is_well_formed ? TsigCheck::kUnsigned : TsigCheck::kFormErr;
  return outcome_;
}

TsigCheck TsigRequest::CheckAt(const TsigKeyRing& keys, ByteView message, size_t offset,
                               uint64_t now_seconds) {
  key_ = nullptr;
  outcome_ = Judge(keys, message, offset, now_seconds);
  return outcome_;
}

TsigCheck TsigRequest::Judge(const TsigKeyRing& keys, ByteView message, size_t offset,
                             uint64_t now_seconds) {
  SignedMessage request{.octets = message, .offset = offset};
  const Tsig& tsig = request.tsig;
  if (!ReadTsig(message, offset, request.tsig)) return TsigCheck::kFormErr;
  key_name_ = tsig.key_name;
  algorithm_bytes_ = tsig.algorithm.size();
  std::copy(tsig.algorithm.begin(), tsig.algorithm.end(), algorithm_.begin());
  time_signed_ = tsig.time_signed;
  fudge_seconds_ = tsig.fudge_seconds;
  const TsigKey* const key = keys.Find(tsig.key_name, tsig.algorithm);
  if (key == nullptr) return TsigCheck::kBadKey;
  if (!IsMacSizeValid(key->algorithm, tsig.mac.size())) return TsigCheck::kFormErr;
  hmac_.Start(key->algorithm, key->secret);
  AddSignedMessage(request, hmac_);
  AddTsigVariables(tsig, hmac_);
  mac_ = hmac_.Finish();
  mac_.size = std::min(mac_.size, tsig.mac.size());
  if (!IsSameMac(mac_.view(), tsig.mac)) return TsigCheck::kBadSig;
  key_ = key;
  // RFC 8945 §5.2.3: the time after the MAC, so that only those who have the key learn ours.
  if (!IsWithinFudge(tsig, now_seconds)) return TsigCheck::kBadTime;
  return IsMacLongEnough(*key, tsig.mac.size()) ? TsigCheck::kGood : TsigCheck::kBadTrunc;
}

// Without its MAC.
Tsig TsigRequest::ReplyTsig(uint64_t now_seconds) {
  Tsig tsig{.key_name = key_name_, .algorithm = {algorithm_.data(), algorithm_bytes_}};
  tsig.error = static_cast<uint16_t>(ErrorOf(outcome_));
  // RFC 8945 §5.2.3: BADTIME has the client's time, so that the client can verify it, and ours.
  // Without a MAC our time would be worth nothing.
  const bool has_our_time = outcome_ == TsigCheck::kGood || outcome_ == TsigCheck::kBadTrunc;
  tsig.time_signed = has_our_time ? now_seconds : time_signed_;
  tsig.fudge_seconds = key_ != nullptr ? kTsigFudgeSeconds : fudge_seconds_;
  if (outcome_ == TsigCheck::kBadTime) {
    StoreU48(own_time_.data(), now_seconds);
    tsig.other = own_time_;
  }
  return tsig;
}

size_t TsigRequest::ReservedBytes() const {
  if (outcome_ == TsigCheck::kUnsigned || outcome_ == TsigCheck::kFormErr) return 0;
  const Tsig tsig{.key_name = key_name_, .algorithm = {algorithm_.data(), algorithm_bytes_}};
  const size_t other_bytes = outcome_ == TsigCheck::kBadTime ? kTsigTimeBytes : 0;
  return TsigBytes(tsig) + (key_ != nullptr ? HmacBytes(key_->algorithm) : 0) + other_bytes;
}

size_t TsigRequest::Sign(std::span<uint8_t> buffer, size_t message_bytes, uint64_t now_seconds) {
  if (outcome_ == TsigCheck::kUnsigned || outcome_ == TsigCheck::kFormErr) return message_bytes;
  const ByteView message = buffer.first(message_bytes);
  Tsig tsig = ReplyTsig(now_seconds);
  tsig.original_id = LoadU16(message.data());
  if (key_ == nullptr) {
    const size_t bytes = AppendTsig(tsig, buffer, message_bytes);
    return bytes == 0 ? message_bytes : bytes;
  }
  hmac_.Start(key_->algorithm, key_->secret);
  AddPriorMac(mac_.view(), hmac_);
  hmac_.Add(message);
  AddTsigVariables(tsig, hmac_);
  const Mac mac = hmac_.Finish();
  tsig.mac = mac.view();
  return mac.size == 0 ? 0 : AppendTsig(tsig, buffer, message_bytes);
}

std::unique_ptr<TsigSigner> TsigRequest::Stream() const {
  HITHER_CHECK(outcome_ == TsigCheck::kGood);
  return std::make_unique<TsigSigner>(*key_, mac_);
}

size_t TsigSigner::ReservedBytes() const {
  const Tsig tsig{.key_name = key_.name, .algorithm = TsigAlgorithmName(key_.algorithm)};
  return TsigBytes(tsig) + HmacBytes(key_.algorithm);
}

size_t TsigSigner::Sign(std::span<uint8_t> buffer, size_t message_bytes, uint64_t now_seconds) {
  const ByteView message = buffer.first(message_bytes);
  Tsig tsig{.key_name = key_.name,
            .algorithm = TsigAlgorithmName(key_.algorithm),
            .time_signed = now_seconds,
            .fudge_seconds = kTsigFudgeSeconds,
            .original_id = LoadU16(message.data())};
  hmac_.Start(key_.algorithm, key_.secret);
  AddPriorMac(prior_.view(), hmac_);
  hmac_.Add(message);
  if (is_first_) {
    AddTsigVariables(tsig, hmac_);
  } else {
    AddTsigTimers(tsig, hmac_);
  }
  prior_ = hmac_.Finish();
  is_first_ = false;
  tsig.mac = prior_.view();
  return prior_.size == 0 ? 0 : AppendTsig(tsig, buffer, message_bytes);
}

}  // namespace hither
