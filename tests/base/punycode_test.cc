#include "base/punycode.h"

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  std::string label;
  std::string want;  // Empty: none.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class ToALabelTest : public testing::TestWithParam<Case> {};

TEST_P(ToALabelTest, Gives) { EXPECT_EQ(ToALabel(GetParam().label).value_or(""), GetParam().want); }

// clang-format off
const Case kCases[] = {
    {"Ascii",          "www",      "www"},
    {"UpperCase",      "WWW",      "www"},
    {"Latin",          "bücher",   "xn--bcher-kva"},
    {"LatinUpper",     "Bücher",   "xn--bcher-kva"},
    {"OneCharacter",   "ü",        "xn--tda"},
    {"FourOctets",     "\U0001f4a9", "xn--ls8h"},
    // RFC 3492 §7.1.
    {"Arabic",         "\u0644\u064a\u0647\u0645\u0627\u0628\u062a\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064a\u061f", "xn--egbpdaj6bu4bxfgehfvwxn"},
    {"Chinese",        "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "xn--ihqwcrb4cv8a8dqg056pqjye"},
    {"Czech",          "pro\u010dprost\u011bnemluv\u00ed\u010desky", "xn--proprostnemluvesky-uyb24dma41a"},
    {"Russian",        "\u043f\u043e\u0447\u0435\u043c\u0443\u0436\u0435\u043e\u043d\u0438\u043d\u0435\u0433\u043e\u0432\u043e\u0440\u044f\u0442\u043f\u043e\u0440\u0443\u0441\u0441\u043a\u0438",
                       "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"},
    {"Digits",         "3\u5e74b\u7d44\u91d1\u516b\u5148\u751f", "xn--3b-ww4c5e180e575a65lsy2b"},

    {"Latin1",         "caf\xe9",  ""},
    {"CutShort",       "\xc3",     ""},
    {"Overlong",       "\xc0\xaf", ""},
    {"OverlongOfThree", "\xe0\x80\xaf", ""},
    {"Surrogate",      "\xed\xa0\x80", ""},
    {"BeyondUnicode",  "\xf4\x90\x80\x80", ""},
    {"LongestAscii",   std::string(63, 'a'), std::string(63, 'a')},
    {"TooLong",        std::string(64, 'a'), ""},
    {"TooLongEncoded", std::string(60, 'a') + "ü", ""},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Labels, ToALabelTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
