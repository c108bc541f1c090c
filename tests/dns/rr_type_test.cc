#include "dns/rr_type.h"

#include <map>
#include <optional>
#include <ostream>
#include <string>

#include "absl/strings/ascii.h"
#include "dns/rdata_shape.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* text;
  int want;  // -1: no type.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class TypeText : public testing::TestWithParam<Case> {};

TEST_P(TypeText, Parses) {
  const auto type = TypeFromText(GetParam().text);
  EXPECT_EQ(type.has_value() ? static_cast<int>(*type) : -1, GetParam().want);
}

// clang-format off
constexpr Case kTexts[] = {
    {"Upper",            "AAAA",              28},
    {"AnyCase",          "nSec3ParaM",        51},
    {"OneLetter",        "a",                 1},
    {"Hyphen",           "NSAP-PTR",          23},
    {"Above256",         "CAA",               257},
    {"Dlv",              "DLV",               32769},
    {"Dsync",            "DSYNC",             66},
    {"Number",           "TYPE65535",         65535},
    {"NumberOfKnown",    "type1",             1},
    {"NumberTooLarge",   "TYPE65536",         -1},
    {"NumberMissing",    "TYPE",              -1},
    {"NumberSigned",     "TYPE+1",            -1},
    {"NumberTail",       "TYPE1x",            -1},
    {"Unknown",          "FOO",               -1},
    {"Prefix",           "AAA",               -1},
    {"Longer",           "AAAAA",             -1},
    {"Empty",            "",                  -1},
    {"LongNumber",       "TYPE000000000001",  1},
    {"TooLongANumber",   "TYPE0000000000001", -1},
    {"SeventeenLetters", "AAAAAAAAAAAAAAAAA", -1},
    {"NulOctets",        "TYPE\x01",          -1},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Types, TypeText, testing::ValuesIn(kTexts),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(RrType, EveryTypesTextIsReadBack) {
  for (int value = 0; value <= UINT16_MAX; ++value) {
    const auto type = static_cast<RrType>(value);
    EXPECT_EQ(TypeFromText(TypeToText(type)), type) << value;
  }
}

// Each mnemonic with each of its characters replaced by each octet.
TEST(RrType, NothingElseIsAMnemonic) {
  std::map<std::string, int> known;
  for (int value = 0; value <= UINT16_MAX; ++value) {
    known[TypeToText(static_cast<RrType>(value))] = value;
  }
  for (const auto& [text, value] : known) {
    if (text.substr(0, 4) == "TYPE") continue;
    for (size_t at = 0; at < text.size(); ++at) {
      for (int octet = 0; octet < 256; ++octet) {
        std::string other = text;
        other[at] = static_cast<char>(octet);
        const auto found = known.find(absl::AsciiStrToUpper(other));
        const std::optional<RrType> type = TypeFromText(other);
        ASSERT_EQ(type.has_value(), found != known.end()) << text << ": " << at << ", " << octet;
        if (type.has_value()) {
          ASSERT_EQ(static_cast<int>(*type), found->second) << other;
        }
      }
    }
  }
}

TEST(RrType, EveryShapedTypeHasAMnemonic) {
  for (const RdataShape& shape : AllShapes()) {
    EXPECT_NE(TypeToText(shape.type).substr(0, 4), "TYPE") << static_cast<int>(shape.type);
    EXPECT_EQ(ShapeOf(shape.type), &shape);
    EXPECT_FALSE(IsMetaType(shape.type)) << TypeToText(shape.type);
  }
}

}  // namespace
}  // namespace hither
