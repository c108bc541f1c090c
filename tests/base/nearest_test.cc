#include "base/nearest.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace hither {
namespace {

constexpr absl::string_view kKnown[] = {"listen", "limits", "log", "site", "zones"};

struct Case {
  std::string word;
  const char* nearest;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.word; }

class Nearest : public testing::TestWithParam<Case> {};

TEST_P(Nearest, IsFound) { EXPECT_EQ(NearestWord(GetParam().word, kKnown), GetParam().nearest); }

// clang-format off
const Case kCases[] = {
    {"lisen",  "listen"},  // Missing.
    {"llisten", "listen"}, // Added.
    {"lasten", "listen"},  // Wrong.
    {"lsiten", "listen"},  // Swapped: one slip, not two.
    {"ilstne", "listen"},  // Two slips of the two allowed.
    {"limit",  "limits"},
    {"sit",    "site"},
    {"zone",   "zones"},
    {"colour", ""},
    {"x",      ""},        // One slip would be the whole word.
    {"",       ""},
    {std::string(64, 'l'), ""},
    {std::string(65, 'l'), ""},  // Over the limit: not even compared.
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Nearest, testing::ValuesIn(kCases));

TEST(SuggestWord, ListsAllWhereNoneIsNear) {
  EXPECT_EQ(SuggestWord("lisen", kKnown), "; did you mean 'listen'?");
  EXPECT_EQ(SuggestWord("qqq", kKnown), "; choose from: listen, limits, log, site, zones");
}

}  // namespace
}  // namespace hither
