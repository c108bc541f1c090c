#include "anycast/standing_reason.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

Verdict VerdictOf(State state, const char* rule, const char* reason) {
  Verdict verdict;
  verdict.state = state;
  verdict.rule = rule;
  verdict.reason = reason;
  return verdict;
}

Signal SignalOf(const char* name, Level level, const char* detail) {
  Signal signal;
  signal.name = name;
  signal.level = level;
  signal.detail = detail;
  return signal;
}

class StandingReasonTest : public testing::Test {
 protected:
  std::string Tick(const Verdict& verdict, const std::vector<Signal>& signals) {
    now_ += absl::Seconds(1);
    return reason_.Update(verdict, signals, IpFamily::kV4, now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  StandingReason reason_;
  const Signal no_page_ = SignalOf("responder", Level::kUnknown, "no heartbeat");
  const Verdict down_ = VerdictOf(State::kDown, "unknown", "no heartbeat");
};

TEST_F(StandingReasonTest, IsToldOnceWhenItHasLasted) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(down_, {no_page_}), "");
  EXPECT_EQ(Tick(down_, {no_page_}), "stays DOWN family=ipv4 rule=unknown reason=\"no heartbeat\"");
  Signal later = no_page_;  // A detail that counts is no other reason.
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    later.detail = std::to_string(i);
    lines += Tick(down_, {later});
  }
  // One reminder.
  EXPECT_EQ(lines, "stays DOWN family=ipv4 rule=unknown reason=\"no heartbeat\"; for 1m");
}

TEST_F(StandingReasonTest, AnotherReasonIsTold) {
  for (int i = 0; i < 4; ++i) Tick(down_, {no_page_});
  const Verdict hold_down = VerdictOf(State::kDown, "hold-down", "for 7s");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(hold_down, {}), "");
  EXPECT_EQ(Tick(hold_down, {}), "stays DOWN family=ipv4 rule=hold-down reason=\"for 7s\"");
}

TEST_F(StandingReasonTest, WhatIsAnnouncedIsSilentUnlessACheckKnowsNothing) {
  const Verdict up = VerdictOf(State::kUp, "ok", "all signals are ok");
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Tick(up, {SignalOf("x", Level::kOk, "")}), "");
  const Verdict held = VerdictOf(State::kUp, "hold", "probe: never good");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(held, {no_page_}), "");
  EXPECT_EQ(Tick(held, {no_page_}),
            "holds UP family=ipv4 rule=hold reason=\"responder: no heartbeat\"");
}

// A node that is SOFT for ever must say why, although its state does not change.
TEST_F(StandingReasonTest, EachChangeOfRuleWithinSoftIsTold) {
  const Verdict warm_up = VerdictOf(State::kSoft, "warm-up", "for 30s");
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Tick(warm_up, {}), "") << "The transition was logged.";
  const Verdict soft = VerdictOf(State::kSoft, "soft-fault", "outside-in: no correct answer");
  const Signal outside_in = SignalOf("outside-in", Level::kSoft, "no correct answer");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(soft, {outside_in}), "");
  EXPECT_EQ(Tick(soft, {outside_in}),
            "stays SOFT family=ipv4 rule=soft-fault reason=\"outside-in: no correct answer\"");
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Tick(soft, {outside_in}), "");
  // Another signal under the same rule.
  const Verdict stale = VerdictOf(State::kSoft, "soft-fault", "zone a: stale");
  for (int i = 0; i < 3; ++i) Tick(stale, {SignalOf("zone a", Level::kSoft, "stale")});
  EXPECT_EQ(Tick(stale, {SignalOf("zone a", Level::kSoft, "stale")}),
            "stays SOFT family=ipv4 rule=soft-fault reason=\"zone a: stale\"");
}

// An UP that is ok is no warning: it is worth a line only after one about a fault.
TEST_F(StandingReasonTest, WhatIsGoodAgainIsToldAsSuchOnce) {
  const Verdict up = VerdictOf(State::kUp, "ok", "all signals are ok");
  const Verdict held = VerdictOf(State::kUp, "hold", "probe: never good");
  Tick(held, {no_page_});  // The state began so; that was logged.
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Tick(up, {}), "") << "no fault was told";
  for (int i = 0; i < 3; ++i) Tick(held, {no_page_});
  EXPECT_NE(Tick(held, {no_page_}), "");
  EXPECT_FALSE(reason_.is_good());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(up, {}), "");
  EXPECT_EQ(Tick(up, {}), "stays UP family=ipv4 rule=ok reason=\"all signals are ok\"");
  EXPECT_TRUE(reason_.is_good());
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Tick(up, {}), "");
}

TEST_F(StandingReasonTest, ARuleThatFlapsDoesNotFillTheLog) {
  int lines = 0;
  for (int i = 0; i < 3600; ++i) {
    const bool first = i / 5 % 2 == 0;
    const Verdict soft = VerdictOf(State::kSoft, first ? "soft-fault" : "warm-up", "x");
    lines += Tick(soft, {}).empty() ? 0 : 1;
  }
  EXPECT_GE(lines, 2);
  EXPECT_LE(lines, 20);
}

}  // namespace
}  // namespace hither
