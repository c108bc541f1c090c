#include "tests/dns/tsig/tsig_cases.h"

#include "base/check.h"
#include "dns/tsig/tsig_digest.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

// clang-format off
constexpr TsigCase kCases[] = {
    {"Md5", HmacAlgorithm::kMd5,
     "94099407f84cd8b3f417650310f985e6", "faa0107e56f4e2e773c94f75d4a1cadc"},
    {"Sha1", HmacAlgorithm::kSha1,
     "1d7983cd2ecbeccd5ac140127c54fc8299a1375f", "caa6c640ac66ba5ab839f2204dd33f7687b13b35"},
    {"Sha224", HmacAlgorithm::kSha224,
     "8539bb80b06ce93506c8e4e82ebc53f0e45bf88191392c212b5ccbb5",
     "1531648eff165b1e36dc7bb85f18ad6003222625869dc10fb1c7109b"},
    {"Sha256", HmacAlgorithm::kSha256,
     "a55f7ca0497eb9c6653622f523898d8d4f50fe303bac254751b4c05c32718584",
     "575bf03ee238752f752a95390751e339e2b9b692da430847694135b6f278c2a1"},
    {"Sha384", HmacAlgorithm::kSha384,
     "1472c7f0a46f7fca302d10adfa712174551fc33d52e30a77ef41a202f5065b85"
     "23bd5059da222ba438a74295456f57a1",
     "d0ab3691962a78ad2bb75d1283b59869529ba523b8fbb044640cca1a6efae40a"
     "c6bc001feeb57c5e6a317054ec87d337"},
    {"Sha512", HmacAlgorithm::kSha512,
     "db7222e63c96051fe93304cb26fcdef602e9ac96dd9ef0ddf8cc7159e9defd57"
     "3c4413c78df9f8ea5d5b756d4b7924cacc731248e4a7d0c7e7dfdedf532753f6",
     "2b3b183cd82f0cb05f1d52047e2475836a7c7d32257d6f35bf4209dfaa4f942c"
     "6ae8216a081f37742f94bc208f4e3cb43db1f8f29be7f87265efcba4fa204de3"},
};
// clang-format on

}  // namespace

std::span<const TsigCase> TsigCases() { return kCases; }

TsigKey KeyOfCases(HmacAlgorithm algorithm) {
  TsigKey key{.name = *Name::FromText("Key.Example."), .algorithm = algorithm};
  const bool is_long = algorithm == HmacAlgorithm::kSha512;
  for (int i = is_long ? 0 : 0x20; i < (is_long ? 200 : 0x40); ++i) {
    key.secret.push_back(static_cast<uint8_t>(i));
  }
  return key;
}

Bytes UnsignedQuery() {
  return PacketFromText("1234 0100 0001 0000 0000 0000 03'www' 07'example' 00 0001 0001");
}

Bytes UnsignedAnswer() {
  return PacketFromText(
      "1234 8500 0001 0001 0000 0000 03'www' 07'example' 00 0001 0001\n"
      "c00c 0001 0001 0000003c 0004 c0000201");
}

Bytes WithTsig(const Bytes& message, const TsigKey& key, const TsigFields& fields) {
  const Tsig tsig{.key_name = key.name,
                  .algorithm = TsigAlgorithmName(key.algorithm),
                  .time_signed = fields.time_signed,
                  .fudge_seconds = kTsigFudgeSeconds,
                  .mac = fields.mac,
                  .original_id = 0x1234,
                  .error = static_cast<uint16_t>(fields.error),
                  .other = fields.other};
  Bytes with = message;
  with.resize(message.size() + TsigBytes(tsig));
  HITHER_CHECK(AppendTsig(tsig, with, message.size()) == with.size());
  return with;
}

Bytes WithMac(const Bytes& message, const TsigKey& key, const char* mac) {
  const Bytes octets = PacketFromText(mac);
  return WithTsig(message, key, {.mac = octets});
}

Tsig TsigOf(ByteView message) {
  const TsigPlace place = FindTsig(message);
  Tsig tsig;
  HITHER_CHECK(place.is_well_formed && ReadTsig(message, place.offset, tsig));
  return tsig;
}

}  // namespace hither
