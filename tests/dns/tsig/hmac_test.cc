#include "dns/tsig/hmac.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  HmacAlgorithm algorithm;
  const char* short_key;  // RFC 2202 and RFC 4231, test case 2.
  const char* long_key;   // RFC 4231, test case 6: the key is longer than a block.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

// clang-format off
constexpr Case kCases[] = {
    {"Md5", HmacAlgorithm::kMd5,
     "750c783e6ab0b503eaa86e310a5db738", "bfecaf4efff90a3a668f3922fec3762d"},
    {"Sha1", HmacAlgorithm::kSha1,
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "90d0dace1c1bdc957339307803160335bde6df2b"},
    {"Sha224", HmacAlgorithm::kSha224,
     "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
     "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e"},
    {"Sha256", HmacAlgorithm::kSha256,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"Sha384", HmacAlgorithm::kSha384,
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
     "8e2240ca5e69e2c78b3239ecfab21649",
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
     "0c2ef6ab4030fe8296248df163f44952"},
    {"Sha512", HmacAlgorithm::kSha512,
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
};
// clang-format on

class OfRfc : public testing::TestWithParam<Case> {};

TEST_P(OfRfc, IsTheSame) {
  const Case& c = GetParam();
  Hmac hmac;
  for (int twice = 0; twice < 2; ++twice) {  // Nothing is left of the MAC before.
    hmac.Start(c.algorithm, AsBytes("Jefe"));
    hmac.Add(AsBytes("what do ya want "));
    hmac.Add({});
    hmac.Add(AsBytes("for nothing?"));
    const Mac mac = hmac.Finish();
    EXPECT_EQ(mac.size, HmacBytes(c.algorithm));
    EXPECT_EQ(ToHex(mac.view()), c.short_key);
    hmac.Start(c.algorithm, Bytes(131, 0xaa));
    hmac.Add(AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"));
    EXPECT_EQ(ToHex(hmac.Finish().view()), c.long_key);
  }
}

TEST_P(OfRfc, IsAvailable) { EXPECT_TRUE(IsHmacAvailable(GetParam().algorithm)); }

INSTANTIATE_TEST_SUITE_P(Hashes, OfRfc, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(SameMac, ComparesSizeAndOctets) {
  const Bytes mac = {1, 2, 3};
  EXPECT_TRUE(IsSameMac(mac, Bytes{1, 2, 3}));
  EXPECT_FALSE(IsSameMac(mac, Bytes{1, 2, 4}));
  EXPECT_FALSE(IsSameMac(mac, Bytes{1, 2}));
  EXPECT_FALSE(IsSameMac(mac, Bytes{1, 2, 3, 0}));
  EXPECT_TRUE(IsSameMac({}, {}));
}

}  // namespace
}  // namespace hither
