// TSIG of a stranger: the first octet of an input says what the rest is.
//
// Without the key nothing may be taken for good; what we sign ourselves must be.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "dns/query.h"
#include "dns/tsig/tsig_client.h"
#include "dns/tsig/tsig_request.h"

namespace hither {
namespace {

constexpr uint64_t kNow = 1'700'000'000;
constexpr size_t kMessagesMax = 300;

// The key's octets are in no input, so no input can be signed with it.
TsigKey KeyNamed(const char* name, HmacAlgorithm algorithm) {
  return {.name = *Name::FromText(name),
          .algorithm = algorithm,
          .secret = Bytes(32, 0x5a),
          .mac_bytes_min = MacBytesLeast(algorithm)};
}

const TsigKeyRing& Keys() {
  static const TsigKeyRing& keys = *new TsigKeyRing(
      {KeyNamed("key.", HmacAlgorithm::kSha256), KeyNamed("a.example.", HmacAlgorithm::kMd5),
       KeyNamed("key.", HmacAlgorithm::kSha512), KeyNamed(".", HmacAlgorithm::kSha1)});
  return keys;
}

// A request of a stranger's: never good. The response's TSIG can be read.
void CheckRequest(ByteView message) {
  TsigRequest request;
  const TsigCheck outcome = request.Check(Keys(), message, kNow);
  HITHER_CHECK(request.key() == nullptr);
  const bool has_tsig = outcome == TsigCheck::kBadKey || outcome == TsigCheck::kBadSig;
  HITHER_CHECK(has_tsig || outcome == TsigCheck::kUnsigned || outcome == TsigCheck::kFormErr);
  Query query;
  const bool is_query = ParseQuery(message, query) == Parsed::kQuery;
  HITHER_CHECK(!is_query || has_tsig == (query.tsig_offset != 0) || outcome == TsigCheck::kFormErr);
  std::array<uint8_t, 1'024> reply = {};
  const size_t bytes = request.Sign(reply, kHeaderBytes, kNow);
  HITHER_CHECK(bytes == kHeaderBytes + request.ReservedBytes());
  const TsigPlace place = FindTsig(ByteView(reply).first(bytes));
  HITHER_CHECK(place.is_well_formed && (place.offset == kHeaderBytes) == has_tsig);
}

// A response of a stranger's, as messages with their lengths before them: nothing is verified.
void CheckStream(ByteView input) {
  Bytes query(kHeaderBytes, 0);
  const TsigKey& key = Keys().keys()[input.size() % Keys().keys().size()];
  TsigStream stream(key, SignRequest(key, kNow, query));
  ByteReader reader(input);
  for (size_t i = 0; i < kMessagesMax && reader.ok() && !reader.AtEnd(); ++i) {
    const TsigReply reply = stream.Next(reader.Take(reader.U16()), kNow);
    HITHER_CHECK(reply != TsigReply::kVerified && reply != TsigReply::kUnsignedYet);
    HITHER_CHECK(!TsigReplyText(reply).empty() && !stream.IsComplete());
  }
}

// Any message, signed as a request and as each message of its response.
void CheckOwn(ByteView message) {
  const TsigPlace place = FindTsig(message);
  if (!place.is_well_formed || place.offset != 0) return;
  for (const TsigKey& key : Keys().keys()) {
    Bytes query(message.begin(), message.end());
    const Mac mac = SignRequest(key, kNow, query);
    if (mac.size == 0) continue;  // Too large, or 65,535 additional records.
    TsigRequest request;
    HITHER_CHECK(request.Check(Keys(), query, kNow) == TsigCheck::kGood);
    HITHER_CHECK(request.key() == &key);
    const auto signer = request.Stream();
    TsigStream stream(key, mac);
    for (int i = 0; i < 3; ++i) {
      Bytes reply(message.begin(), message.end());
      reply.resize(message.size() + signer->ReservedBytes());
      HITHER_CHECK(signer->Sign(reply, message.size(), kNow) == reply.size());
      HITHER_CHECK(stream.Next(reply, kNow) == TsigReply::kVerified);
      HITHER_CHECK(stream.bytes_without_tsig() == message.size());
    }
  }
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hither;  // NOLINT: this function cannot stand inside.
  if (size == 0 || size > 65'535) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      CheckRequest(rest);
      break;
    case 1:
      CheckStream(rest);
      break;
    default:
      CheckOwn(rest);
      break;
  }
  return 0;
}
