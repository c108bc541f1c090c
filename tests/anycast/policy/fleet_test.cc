#include "anycast/policy/fleet.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

// "b UP", "c SOFT wish 2.5": name, state, wish, age of the page in seconds (0.2 if not told).
PeerReport ReportOf(absl::string_view text) {
  PeerReport report;
  report.asked_at = kNow - absl::Milliseconds(200);
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    double age = 0;
    if (report.name.empty()) {
      report.name = std::string(word);
    } else if (word == "wish") {
      report.wants_to_withdraw = true;
    } else if (absl::SimpleAtod(word, &age)) {
      report.asked_at = kNow - absl::Seconds(age);
    } else {
      for (const State state : {State::kDown, State::kDrain, State::kSoft, State::kUp}) {
        if (ToText(state) == word) report.state = state;
      }
    }
  }
  return report;
}

std::string ToText(const FleetView& view) {
  if (!view.is_asked) return "not asked";
  return absl::StrCat(view.is_known ? "known" : "unknown", " ", view.others_withdrawn, " down ",
                      view.others_announcing, " up of ", view.nodes, ", max ", view.max_withdrawn,
                      view.settled ? ", settled" : "", view.yielded ? ", yielded" : "");
}

struct Case {
  const char* name;
  const char* reports;
  const char* wish;  // "": none; "1": told a second ago.
  const char* view;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr Case kCases[] = {  // We are "m".
    {"NoPeers",                "",                          "",  "not asked"},
    {"AllUp",                  "b UP; x SOFT",              "",  "known 0 down 2 up of 3, max 1"},
    {"OneDown",                "b UP; x DOWN",              "",  "known 1 down 1 up of 3, max 1"},
    {"ADrainIsAboutToGo",      "b UP; x DRAIN",             "",  "known 1 down 1 up of 3, max 1"},
    {"MostAnswer",             "b UP; x UP 4",              "",  "known 1 down 1 up of 3, max 1"},
    {"HalfOfThreeIsTwo",       "b UP; x UP 4; y UP 9",      "",  "unknown 2 down 1 up of 4, max 2"},
    {"NoneAnswers",            "b UP 4; x UP 4",            "",  "unknown 2 down 0 up of 3, max 1"},
    {"ThreeSecondsIsFresh",    "b UP 3; x UP 3",            "",  "known 0 down 2 up of 3, max 1"},
    {"Settled",                "b UP; x UP",                "1", "known 0 down 2 up of 3, max 1, settled"},
    {"PageFromBeforeTheWish",  "b UP; x UP 1.5",            "1", "known 0 down 2 up of 3, max 1"},
    {"PageOfTheVeryMoment",    "b UP; x UP 1",              "1", "known 0 down 2 up of 3, max 1"},
    {"UnreachableNeedNotAgree","b UP; x UP 4",              "1", "known 1 down 1 up of 3, max 1, settled"},
    {"GreaterNameWishesToo",   "b UP; x SOFT wish",         "1", "known 0 down 2 up of 3, max 1"},
    {"LesserNameGoesFirst",    "b SOFT wish; x UP",         "1", "known 0 down 2 up of 3, max 1, yielded"},
    {"OldWishOfALesserName",   "b SOFT wish 4; x UP",       "1", "known 1 down 1 up of 3, max 1, settled"},
};
// clang-format on

class FleetCases : public testing::TestWithParam<Case> {};

TEST_P(FleetCases, View) {
  std::vector<PeerReport> reports;
  for (const absl::string_view text : absl::StrSplit(GetParam().reports, "; ", absl::SkipEmpty())) {
    reports.push_back(ReportOf(text));
  }
  FleetWish wish;
  if (*GetParam().wish != '\0') wish.since = kNow - absl::Seconds(1);
  EXPECT_EQ(ToText(ViewFleet({}, "m", reports, kNow, wish)), GetParam().view);
}

INSTANTIATE_TEST_SUITE_P(All, FleetCases, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(FleetTest, MaxWithdrawnIsAtLeastOneAndNeverAll) {
  AnycastConfig::Peers percent;  // 50 %
  EXPECT_EQ(MaxWithdrawn(percent, 2), 1);
  EXPECT_EQ(MaxWithdrawn(percent, 3), 1);
  EXPECT_EQ(MaxWithdrawn(percent, 7), 3);
  percent.max_withdrawn_percent = 100;
  EXPECT_EQ(MaxWithdrawn(percent, 7), 6);
  percent.max_withdrawn_percent = 1;
  EXPECT_EQ(MaxWithdrawn(percent, 7), 1);
  AnycastConfig::Peers count;
  count.max_withdrawn = 2;
  EXPECT_EQ(MaxWithdrawn(count, 7), 2);
  EXPECT_EQ(MaxWithdrawn(count, 2), 1);
}

TEST(FleetTest, AWishRestsAfterItHasYielded) {
  Verdict wants;
  wants.wants_to_withdraw = true;
  FleetWish wish;
  TellWish(wants, kNow, wish);
  EXPECT_EQ(wish.since, kNow);
  TellWish(wants, kNow + absl::Seconds(1), wish);
  EXPECT_EQ(wish.since, kNow) << "a wish that stands keeps its time";
  ViewFleet({}, "m", std::vector{ReportOf("b SOFT wish"), ReportOf("x UP")}, kNow, wish);
  TellWish(wants, kNow, wish);
  EXPECT_FALSE(wish.stands());
  TellWish(wants, kNow + kYield - absl::Milliseconds(1), wish);
  EXPECT_FALSE(wish.stands());
  TellWish(wants, kNow + kYield, wish);
  EXPECT_TRUE(wish.stands());
  TellWish({}, kNow + kYield, wish);
  EXPECT_FALSE(wish.stands());
}

}  // namespace
}  // namespace hither
