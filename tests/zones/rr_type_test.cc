#include "zones/rr_type.h"

#include <ostream>

#include "gtest/gtest.h"
#include "zones/rdata_shape.h"

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

TEST(RrType, EveryShapedTypeHasAMnemonic) {
  for (const RdataShape& shape : AllShapes()) {
    EXPECT_NE(TypeToText(shape.type).substr(0, 4), "TYPE") << static_cast<int>(shape.type);
    EXPECT_EQ(ShapeOf(shape.type), &shape);
    EXPECT_FALSE(IsMetaType(shape.type)) << TypeToText(shape.type);
  }
}

}  // namespace
}  // namespace hither
