#include "dns/name.h"

#include <string>
#include <vector>

#include "dns/name_hash.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

struct TextCase {
  const char* name;
  std::string text;
  const char* origin;
  std::string want;  // Text again, or "" for an error.
};
void PrintTo(const TextCase& c, std::ostream* os) { *os << c.name; }

class NameText : public testing::TestWithParam<TextCase> {};

TEST_P(NameText, RoundTrips) {
  const TextCase& c = GetParam();
  const auto got = Name::FromText(c.text, N(c.origin));
  EXPECT_EQ(got.ok() ? got->ToText() : "", c.want) << got.status();
}

const std::string kLabel63(63, 'x');
const std::string kName254 = kLabel63 + "." + kLabel63 + "." + kLabel63 + "." +
                             std::string(61, 'y') + ".";  // 254 characters, 255 octets.

// clang-format off
const TextCase kTexts[] = {
    {"Root",             ".",                     ".",        "."},
    {"Absolute",         "www.Example.org.",      "net.",     "www.Example.org."},
    {"Relative",         "www",                   "org.",     "www.org."},
    {"RelativeAtRoot",   "www",                   ".",        "www."},
    {"EscapedDot",       "a\\.b.org.",            ".",        "a\\.b.org."},
    {"Decimal",          "a\\032b.",              ".",        "a\\032b."},
    {"DecimalOfLetter",  "\\097.",                ".",        "a."},
    {"DecimalTooLarge",  "\\256.",                ".",        ""},
    {"DecimalTooShort",  "\\25",                  ".",        ""},
    {"EscapeAtEnd",      "a\\",                   ".",        ""},
    {"Nul",              "\\000.",                ".",        "\\000."},
    {"EmptyLabel",       "a..b.",                 ".",        ""},
    {"LeadingDot",       ".a.",                   ".",        ""},
    {"Empty",            "",                      ".",        ""},
    {"Label63",          kLabel63 + ".",          ".",        kLabel63 + "."},
    {"Label64",          kLabel63 + "x.",         ".",        ""},
    {"Name255",          kName254,                ".",        kName254},
    {"Name256",          "z" + kName254,          ".",        ""},
    {"TooLongWithOrigin", kName254.substr(0, 250), "org.",    ""},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Names, NameText, testing::ValuesIn(kTexts),
                         [](const auto& tested) { return std::string(tested.param.name); });

// RFC 4034 §6.1's own example.
TEST(NameOrder, IsCanonical) {
  const std::vector<std::string> sorted = {
      "example.",   "a.example.",       "yljkjljk.a.example.", "Z.a.example.",    "zABC.a.EXAMPLE.",
      "z.example.", "\\001.z.example.", "*.z.example.",        "\\200.z.example."};
  for (size_t i = 0; i < sorted.size(); ++i) {
    for (size_t k = 0; k < sorted.size(); ++k) {
      const int got = CompareCanonical(N(sorted[i]), N(sorted[k]));
      EXPECT_EQ((got > 0) - (got < 0), (i > k) - (i < k)) << sorted[i] << " " << sorted[k];
    }
  }
}

TEST(NameView, KnowsItsAncestors) {
  EXPECT_TRUE(N("a.B.c.").view().IsAtOrBelow(N("b.C.")));
  EXPECT_TRUE(N("b.c.").view().IsAtOrBelow(N("b.c.")));
  EXPECT_TRUE(N("b.c.").view().IsAtOrBelow(N(".")));
  EXPECT_FALSE(N("xb.c.").view().IsAtOrBelow(N("b.c.")));
  EXPECT_FALSE(N("c.").view().IsAtOrBelow(N("b.c.")));
  EXPECT_EQ(N("a.b.c.").view().Suffix(1).ToText(), "c.");
  EXPECT_EQ(N("a.b.c.").view().label_count(), 3u);
}

TEST(Name, FromWireRefusesWhatIsNoName) {
  const Bytes good = {1, 'a', 0, 9, 9};
  EXPECT_EQ(Name::FromWire(good)->ToText(), "a.");
  EXPECT_FALSE(Name::FromWire(Bytes{}).ok());
  EXPECT_FALSE(Name::FromWire(Bytes{1, 'a'}).ok());
  EXPECT_FALSE(Name::FromWire(Bytes{0xc0, 0}).ok());  // A pointer.
  EXPECT_FALSE(Name::FromWire(Bytes{64}).ok());
  Bytes long_name;
  for (int i = 0; i < 128; ++i) long_name.insert(long_name.end(), {1, 'a'});
  long_name.push_back(0);  // 257 octets.
  EXPECT_FALSE(Name::FromWire(long_name).ok());
}

TEST(Name, ReplacesItsSuffix) {
  Name out;
  ASSERT_TRUE(Name::ReplaceSuffix(N("a.b.c."), 1, N("x.y."), out));
  EXPECT_EQ(out.ToText(), "a.b.x.y.");
  EXPECT_FALSE(Name::ReplaceSuffix(N(kName254), 0, N("x."), out));  // RFC 6672 §2.2: YXDOMAIN.
  EXPECT_EQ(out.ToText(), "a.b.x.y.");
}

TEST(NameHash, IgnoresCaseAndExtendsTheParents) {
  const Name name = N("wWw.a-Long-Label-Of-More-Than-8.Example.");
  const HashedName hashed(name);
  EXPECT_EQ(hashed.hash(), HashName(N("WwW.A-lONG-lABEL-oF-mORE-tHAN-8.eXAMPLE.")));
  EXPECT_EQ(hashed.SuffixHash(1), HashName(N("example.")));
  EXPECT_EQ(hashed.SuffixHash(0), kRootHash);
  EXPECT_EQ(hashed.Suffix(1).ToText(), "Example.");
  EXPECT_NE(HashName(N("a[b.")), HashName(N("a{b.")));  // '[' and '{' differ by 0x20, as A and a.
  EXPECT_NE(HashName(N("a.b.")), HashName(N("ab.")));
}

}  // namespace
}  // namespace hither
