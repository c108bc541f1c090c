#include "dns/tsig/tsig_key.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace hither {
namespace {

TsigKey KeyNamed(absl::string_view name, HmacAlgorithm algorithm = HmacAlgorithm::kSha256) {
  return {.name = *Name::FromText(name), .algorithm = algorithm, .secret = {1, 2, 3}};
}

TEST(Algorithms, AreReadAsTheyAreWritten) {
  for (int i = 0; i <= static_cast<int>(HmacAlgorithm::kSha512); ++i) {
    const auto algorithm = static_cast<HmacAlgorithm>(i);
    const absl::string_view text = TsigAlgorithmText(algorithm);
    EXPECT_EQ(TsigAlgorithmFromText(text), algorithm) << text;
    const ByteView wire = TsigAlgorithmName(algorithm);
    EXPECT_EQ(NameBytesAtStart(wire), wire.size()) << text;
    EXPECT_EQ(TsigAlgorithmFromText(NameView(wire).ToText()), algorithm) << text;
  }
  EXPECT_EQ(TsigAlgorithmFromText("HMAC-SHA512."), HmacAlgorithm::kSha512);
  EXPECT_FALSE(TsigAlgorithmFromText("hmac-sha3").has_value());
  EXPECT_FALSE(TsigAlgorithmFromText("").has_value());
}

TEST(Algorithms, OfRfc8945AreWeakOrNot) {
  EXPECT_TRUE(IsWeakTsigAlgorithm(HmacAlgorithm::kMd5));
  EXPECT_TRUE(IsWeakTsigAlgorithm(HmacAlgorithm::kSha1));
  EXPECT_FALSE(IsWeakTsigAlgorithm(HmacAlgorithm::kSha224));
}

// RFC 8945 §5.2.2.1.
TEST(TruncatedMac, HasAtLeastHalfOfTheWhole) {
  EXPECT_EQ(MacBytesLeast(HmacAlgorithm::kMd5), 10u);
  EXPECT_EQ(MacBytesLeast(HmacAlgorithm::kSha1), 10u);
  EXPECT_EQ(MacBytesLeast(HmacAlgorithm::kSha224), 14u);
  EXPECT_EQ(MacBytesLeast(HmacAlgorithm::kSha512), 32u);
}

TEST(TruncatedMac, IsTooShortUnlessTheKeyAllowsIt) {
  TsigKey key = KeyNamed("k.");
  EXPECT_TRUE(IsMacLongEnough(key, 32));
  EXPECT_FALSE(IsMacLongEnough(key, 31));
  key.mac_bytes_min = 20;
  EXPECT_TRUE(IsMacLongEnough(key, 20));
  EXPECT_FALSE(IsMacLongEnough(key, 19));
}

TEST(KeyRing, FindsByNameAndAlgorithm) {
  const TsigKeyRing ring({KeyNamed("z.example."), KeyNamed("b."), KeyNamed("a.example."),
                          KeyNamed("b.", HmacAlgorithm::kSha1)});
  EXPECT_FALSE(ring.empty());
  EXPECT_EQ(ring.keys().size(), 4u);
  const Name b = *Name::FromText("B.");
  const auto find = [&](NameView name, HmacAlgorithm algorithm) {
    return ring.Find(name, TsigAlgorithmName(algorithm));
  };
  ASSERT_NE(find(b, HmacAlgorithm::kSha256), nullptr);
  EXPECT_EQ(find(b, HmacAlgorithm::kSha256)->algorithm, HmacAlgorithm::kSha256);
  EXPECT_EQ(find(b, HmacAlgorithm::kSha1)->algorithm, HmacAlgorithm::kSha1);
  EXPECT_EQ(find(b, HmacAlgorithm::kMd5), nullptr);
  EXPECT_EQ(find(NameView(), HmacAlgorithm::kSha256), nullptr);
  EXPECT_EQ(find(*Name::FromText("example."), HmacAlgorithm::kSha256), nullptr);
  EXPECT_NE(find(*Name::FromText("z.EXAMPLE."), HmacAlgorithm::kSha256), nullptr);
  EXPECT_EQ(ring.Find(b), &ring.keys()[0]);
  const Name upper = *Name::FromText("HMAC-SHA256.");
  EXPECT_NE(ring.Find(b, upper.view().wire()), nullptr);
}

TEST(KeyRing, FindsNothingIfEmpty) {
  const TsigKeyRing ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.Find(NameView(), TsigAlgorithmName(HmacAlgorithm::kSha256)), nullptr);
}

}  // namespace
}  // namespace hither
