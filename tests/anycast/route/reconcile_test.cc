#include "anycast/route/reconcile.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

using Kind = Observation::Kind;
constexpr char kV4[] = "192.0.2.0/24";
constexpr char kV6[] = "2001:db8::/48";

Observation::Seen S(absl::string_view prefix, absl::string_view where, Kind kind,
                    std::optional<State> state = {}, absl::string_view detail = "") {
  return {P(prefix), std::string(where), kind, state, std::string(detail)};
}

Observation O(std::vector<Observation::Seen> seen) { return {std::move(seen), {}}; }

struct Case {
  const char* name;
  State wanted;
  Observation::Seen seen;
  const char* difference;  // Empty: none.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"AsWanted", State::kUp, S(kV4, "bgp a", Kind::kAnnounced, State::kUp), ""},
    {"AsWantedAsFarAsCanBeTold", State::kSoft, S(kV4, "bird a", Kind::kAnnounced), ""},
    {"WithdrawnAsWanted", State::kDown, S(kV4, "bgp a", Kind::kAbsent), ""},
    {"RejectedByAFilter", State::kUp, S(kV4, "bird a", Kind::kAbsent),
     "192.0.2.0/24 at bird a: wanted UP, seen absent"},
    {"StillThere", State::kDown, S(kV4, "frr a", Kind::kAnnounced),
     "192.0.2.0/24 at frr a: wanted DOWN, seen announced"},
    {"AnotherTier", State::kSoft,
     S(kV4, "kernel wp-up", Kind::kAnnounced, State::kUp, "no wp-soft"),
     "192.0.2.0/24 at kernel wp-up: wanted SOFT, seen UP (no wp-soft)"},
    {"AFailedCommand", State::kUp, S(kV4, "exec", Kind::kUnknown, {}, "exit code 1"),
     "192.0.2.0/24 at exec: wanted UP, seen unknown (exit code 1)"},
    {"NotAskedYet", State::kUp, S(kV4, "exec", Kind::kUnknown), ""},
    {"AnothersPrefix", State::kUp, S("198.51.100.0/24", "bgp a", Kind::kAbsent), ""},
};

class CompareTest : public testing::TestWithParam<Case> {};

TEST_P(CompareTest, IsAsTold) {
  std::vector<std::string> texts;
  for (const Difference& d : Compare({R(kV4, GetParam().wanted)}, O({GetParam().seen}))) {
    texts.push_back(d.ToText());
  }
  EXPECT_EQ(absl::StrJoin(texts, "\n"), GetParam().difference);
}

INSTANTIATE_TEST_SUITE_P(All, CompareTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

class DifferencesTest : public testing::Test {
 protected:
  // One tick later; what is logged, by '|'.
  std::string Tick(const std::vector<Route>& wanted, const std::vector<Observation>& observed,
                   absl::Duration later = absl::Seconds(1)) {
    now_ += later;
    return absl::StrJoin(differences_.Update(wanted, observed, now_), "|");
  }

  absl::Time now_ = absl::UnixEpoch();
  Differences differences_{absl::Seconds(3)};
};

// BIRD exports nothing although the session says that it is announced.
TEST_F(DifferencesTest, ARejectedAnnouncementIsToldOnce) {
  const std::vector<Route> wanted = {R(kV4, State::kUp)};
  const std::vector<Observation> seen = {O({S(kV4, "bgp a", Kind::kAnnounced, State::kUp)}),
                                         O({S(kV4, "bird uplink", Kind::kAbsent)})};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(wanted, seen), "") << i;
  EXPECT_TRUE(differences_.Counted().empty());
  EXPECT_EQ(Tick(wanted, seen), "192.0.2.0/24 at bird uplink: wanted UP, seen absent");
  EXPECT_EQ(Tick(wanted, seen), "");
  ASSERT_EQ(differences_.Counted().size(), 1u);
  EXPECT_EQ(differences_.Counted()[0].since, absl::UnixEpoch() + absl::Seconds(1));
  EXPECT_EQ(differences_.total(), 1u);
}

// Under a sanitizer, which is slow, a fifth of the day shows as much.
#ifdef HITHER_IS_SANITIZED
constexpr int kSecondsAway = 86'400 / 5;
#else
constexpr int kSecondsAway = 86'400;
#endif

// Six prefixes and a neighbor that is away for a day, whose state changes with each try.
TEST_F(DifferencesTest, ANeighborThatIsAwayFillsNoLog) {
  std::vector<Route> wanted;
  std::vector<Observation::Seen> seen;
  for (int i = 0; i < 6; ++i) {
    const std::string prefix = absl::StrCat("198.51.", i, ".0/24");
    wanted.push_back(R(prefix, State::kUp));
    seen.push_back(S(prefix, "bgp a", Kind::kAbsent));
  }
  std::vector<std::string> lines;
  for (int second = 0; second < kSecondsAway; ++second) {
    for (Observation::Seen& each : seen) each.detail = second % 3 == 0 ? "Connect" : "Idle";
    const std::string logged = Tick(wanted, {O(seen)});
    if (!logged.empty()) lines.push_back(logged);
  }
  EXPECT_LT(lines.size(), 40u);
  EXPECT_EQ(lines[0],
            "198.51.0.0/24, 198.51.1.0/24, 198.51.2.0/24 and 3 more at bgp a: wanted UP, seen "
            "absent (Connect)");
  for (Observation::Seen& each : seen) each.kind = Kind::kAnnounced;
  EXPECT_EQ(Tick(wanted, {O(seen)}),
            "198.51.0.0/24, 198.51.1.0/24, 198.51.2.0/24 and 3 more at bgp a: is as wanted again");
}

TEST_F(DifferencesTest, MendedIsToldOnce) {
  const std::vector<Route> wanted = {R(kV4, State::kUp)};
  const std::vector<Observation> bad = {O({S(kV4, "frr a", Kind::kAbsent)})};
  const std::vector<Observation> good = {O({S(kV4, "frr a", Kind::kAnnounced)})};
  Tick(wanted, bad);
  Tick(wanted, bad, absl::Seconds(4));
  EXPECT_EQ(Tick(wanted, good), "192.0.2.0/24 at frr a: is as wanted again");
  EXPECT_EQ(Tick(wanted, good), "");
  EXPECT_TRUE(differences_.Counted().empty());
  EXPECT_EQ(Tick(wanted, bad), "") << "It starts again, with its grace period.";
}

// The read-back was repointed to a socket that cannot be asked, or removed.
TEST_F(DifferencesTest, WhatNobodySeesIsNotAsWanted) {
  const std::vector<Route> wanted = {R(kV4, State::kUp)};
  const std::vector<Observation> bad = {O({S(kV4, "bird a", Kind::kAbsent)})};
  const std::vector<std::vector<Observation>> blind = {{},
                                                       {O({})},
                                                       {O({S(kV4, "bird b", Kind::kAnnounced)})},
                                                       {O({S(kV4, "bird a", Kind::kUnknown)})}};
  for (const std::vector<Observation>& seen : blind) {
    Tick(wanted, bad, absl::Minutes(10));
    Tick(wanted, bad, absl::Seconds(4));
    EXPECT_EQ(Tick(wanted, seen), "192.0.2.0/24 at bird a: is no longer observed");
    EXPECT_TRUE(differences_.Counted().empty());
  }
  Tick(wanted, bad, absl::Minutes(10));
  Tick(wanted, bad, absl::Seconds(4));
  EXPECT_EQ(Tick({}, bad), "192.0.2.0/24 at bird a: is no longer observed")
      << "Nothing is wanted of a prefix that no service has.";
}

TEST_F(DifferencesTest, AChangeHasItsGracePeriod) {
  const std::vector<Observation> up = {O({S(kV4, "bgp a", Kind::kAnnounced, State::kUp)})};
  const std::vector<Observation> down = {O({S(kV4, "bgp a", Kind::kAbsent)})};
  Tick({R(kV4, State::kUp)}, up);
  EXPECT_EQ(Tick({R(kV4, State::kDown)}, up), "");
  EXPECT_EQ(Tick({R(kV4, State::kDown)}, up), "");
  EXPECT_EQ(Tick({R(kV4, State::kDown)}, down), "");
  EXPECT_EQ(differences_.total(), 0u);
}

TEST_F(DifferencesTest, AnotherTextIsToldAgain) {
  const std::vector<Route> wanted = {R(kV4, State::kUp)};
  Tick(wanted, {O({S(kV4, "bird a", Kind::kAbsent)})});
  Tick(wanted, {O({S(kV4, "bird a", Kind::kAbsent)})}, absl::Seconds(4));
  EXPECT_EQ(Tick(wanted, {O({S(kV4, "bird a", Kind::kAbsent, {}, "the session is not up")})}),
            "192.0.2.0/24 at bird a: wanted UP, seen absent (the session is not up)");
  EXPECT_EQ(differences_.total(), 1u);
}

TEST_F(DifferencesTest, AnnouncesAgainEverMoreSeldom) {
  const std::vector<Route> wanted = {R(kV4, State::kUp), R(kV6, State::kUp)};
  const std::vector<Observation> seen = {
      O({S(kV4, "bird a", Kind::kAbsent), S(kV6, "bird a", Kind::kAnnounced)})};
  Tick(wanted, seen);
  EXPECT_TRUE(differences_.TakeToAnnounceAgain(now_).empty());
  std::vector<int> at;
  for (int second = 0; second < 60; ++second) {
    Tick(wanted, seen);
    const auto again = differences_.TakeToAnnounceAgain(now_);
    if (again.empty()) continue;
    EXPECT_EQ(again, std::vector<Prefix>{P(kV4)});
    at.push_back(second);
  }
  EXPECT_EQ(at, (std::vector<int>{2, 7, 17, 37}));
}

}  // namespace
}  // namespace hither
