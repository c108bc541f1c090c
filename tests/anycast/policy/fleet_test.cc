#include "anycast/policy/fleet.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

// "b UP", "c SOFT wish 2.5", "d UP unheard", "e absent": name, state, wish, age of the page in
// seconds (0.2 if not told). What is UP or SOFT is announced, but for "unheard" (no router has it)
// and "mute" (it does not say if one has).
PeerReport ReportOf(absl::string_view text) {
  PeerReport report;
  report.asked_at = kNow - absl::Milliseconds(200);
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    double age = 0;
    if (report.name.empty()) {
      report.name = std::string(word);
    } else if (word == "wish") {
      report.wants_to_withdraw = true;
    } else if (word == "absent") {
      report.is_absent = true;
    } else if (word == "unheard") {
      report.announced = false;
    } else if (word == "mute") {
      report.announced.reset();
    } else if (absl::SimpleAtod(word, &age)) {
      report.asked_at = kNow - absl::Seconds(age);
    } else {
      for (const State state : {State::kDown, State::kDrain, State::kSoft, State::kUp}) {
        if (ToText(state) != word) continue;
        report.state = state;
        report.announced = state >= State::kSoft;
      }
    }
  }
  return report;
}

std::string ToText(const FleetView& view) {
  if (!view.is_asked) return "not asked";
  return absl::StrCat(
      view.is_known ? "known" : "unknown", " ", view.others_withdrawn, " down ",
      view.others_announcing, " up of ", view.nodes, ", max ", view.max_withdrawn,
      view.settled ? ", settled" : "", view.yielded ? ", yielded" : "",
      view.others_unknown > 0 ? absl::StrCat(", ", view.others_unknown, " unknown") : "",
      view.others_absent > 0 ? absl::StrCat(", ", view.others_absent, " absent") : "");
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
    {"MostAnswer",             "b UP; x UP 4",              "",  "known 1 down 1 up of 3, max 1, 1 unknown"},
    {"HalfOfThreeIsTwo",       "b UP; x UP 4; y UP 9",      "",  "unknown 2 down 1 up of 4, max 2, 2 unknown"},
    {"NoneAnswers",            "b UP 4; x UP 4",            "",  "unknown 2 down 0 up of 3, max 1, 2 unknown"},
    {"UpAndHeardByNoRouter",   "b UP unheard; x UP",        "",  "known 1 down 1 up of 3, max 1"},
    {"OlderVersion",           "b UP mute; x UP",           "",  "known 1 down 1 up of 3, max 1, 1 unknown"},
    {"DownNeedNotSay",         "b DOWN mute; x UP",         "",  "known 1 down 1 up of 3, max 1"},
    {"AbsentIsNoNode",         "b UP; x absent",            "",  "known 0 down 1 up of 2, max 1, 1 absent"},
    {"AllAreAbsent",           "b absent; x absent",        "",  "known 0 down 0 up of 1, max 1, 2 absent"},
    {"AbsentLongAgo",          "b UP; x absent 4",          "",  "known 1 down 1 up of 3, max 1, 1 unknown"},
    {"AbsentMakesNoMajority",  "b UP 4; x absent; y UP 4; z absent", "", "unknown 2 down 0 up of 3, max 1, 2 unknown, 2 absent"},
    {"ThreeSecondsIsFresh",    "b UP 3; x UP 3",            "",  "known 0 down 2 up of 3, max 1"},
    {"Settled",                "b UP; x UP",                "1", "known 0 down 2 up of 3, max 1, settled"},
    {"PageFromBeforeTheWish",  "b UP; x UP 1.5",            "1", "known 0 down 2 up of 3, max 1"},
    {"PageOfTheVeryMoment",    "b UP; x UP 1",              "1", "known 0 down 2 up of 3, max 1"},
    {"UnreachableNeedNotAgree","b UP; x UP 4",              "1", "known 1 down 1 up of 3, max 1, settled, 1 unknown"},
    {"AbsentFromBeforeTheWish","b UP; x absent 1.5",        "1", "known 0 down 1 up of 2, max 1, 1 absent"},
    {"GreaterNameWishesToo",   "b UP; x SOFT wish",         "1", "known 0 down 2 up of 3, max 1"},
    {"LesserNameGoesFirst",    "b SOFT wish; x UP",         "1", "known 0 down 2 up of 3, max 1, yielded"},
    {"OldWishOfALesserName",   "b SOFT wish 4; x UP",       "1", "known 1 down 1 up of 3, max 1, settled, 1 unknown"},
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
  TellWish(wants, kNow + 2 * kYield - absl::Milliseconds(1), wish);
  EXPECT_FALSE(wish.stands()) << "it rests after each wish";
}

constexpr absl::Duration kStep = absl::Milliseconds(500);

// A peer that says so at each step from kNow on, when it is asked; our node wants to go all the
// time. When it may, from kNow; a minute if never.
absl::Duration GoesAfter(absl::FunctionRef<bool(absl::Duration since_start)> wishes,
                         int peers = 2) {
  AnycastConfig::Peers half;
  FleetWish wish;
  WishRun run;
  Verdict wants;
  wants.wants_to_withdraw = true;
  for (absl::Duration passed; passed < absl::Minutes(1); passed += kStep) {
    const absl::Time now = kNow + passed;
    std::vector<PeerReport> reports;
    for (int i = 0; i < peers; ++i) {
      reports.push_back({std::string(1, static_cast<char>('b' + i)), now - kStep, State::kUp});
      reports.back().announced = true;
    }
    reports[0].wants_to_withdraw = wishes(passed);
    run.Note(reports[0].wants_to_withdraw, reports[0].asked_at, now);
    reports[0].wishing_since = run.since();
    const FleetView view = ViewFleet(half, "m", reports, now, wish);
    const bool may = view.others_withdrawn + 1 <= view.max_withdrawn;
    if (may && view.settled) return passed;
    TellWish(may ? wants : Verdict{}, now, wish);
  }
  return absl::Minutes(1);
}

// Who answers for the least of the names, and says that it wants to go: for ever.
TEST(FleetTest, AWishThatNeverEndsHoldsNobodyBackForEver) {
  EXPECT_LE(GoesAfter([](absl::Duration) { return false; }), kYield + absl::Seconds(2));
  EXPECT_LE(GoesAfter([](absl::Duration) { return true; }), kWishMax + 2 * kYield + kStep);
}

// On and off, as an honest node might: it is counted as withdrawn after a while, and no more.
TEST(FleetTest, WishesOnAndOffHoldNobodyBackForEver) {
  const auto pulses = [](absl::Duration passed) {
    return passed / kStep % 11 < 2;  // One second, each 5.5 s.
  };
  EXPECT_GT(GoesAfter(pulses, 4), absl::Seconds(20)) << "the pulses hold it back";
  EXPECT_LE(GoesAfter(pulses, 4), kHeldMax + 3 * kYield);
}

TEST(FleetTest, AWishIsNotActedUponForLonger) {
  FleetWish wish;
  wish.since = kNow;
  const std::vector<PeerReport> none = {ReportOf("b UP")};
  const absl::Time late = kNow + kWishMax + absl::Milliseconds(1);
  EXPECT_FALSE(ViewFleet({}, "m", none, late, wish).settled);
  EXPECT_FALSE(wish.stands());
}

TEST(FleetTest, ANodeThatStartsRestsFirst) {
  FleetWish wish;
  Verdict wants;
  wants.wants_to_withdraw = true;
  ViewFleet({}, "m", {}, kNow, wish);
  TellWish(wants, kNow + kYield - absl::Milliseconds(1), wish);
  EXPECT_FALSE(wish.stands());
  TellWish(wants, kNow + kYield, wish);
  EXPECT_TRUE(wish.stands());
}

TEST(FleetTest, ARunOfWishesGoesOnOverAShortGap) {
  WishRun run;
  run.Note(true, kNow, kNow + absl::Milliseconds(20));
  run.Note(false, kNow + absl::Seconds(1), kNow + absl::Seconds(1));
  run.Note(true, kNow + kWishGap - absl::Milliseconds(1), kNow + kWishGap);
  EXPECT_EQ(run.since(), kNow + absl::Milliseconds(20));
  run.Note(true, kNow + 2 * kWishGap, kNow + 2 * kWishGap);
  EXPECT_EQ(run.since(), kNow + 2 * kWishGap);
}

}  // namespace
}  // namespace hither
