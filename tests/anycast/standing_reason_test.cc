#include "anycast/standing_reason.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

class StandingReasonTest : public testing::Test {
 protected:
  std::string Tick(const Verdict& verdict, const std::vector<Signal>& signals) {
    now_ += absl::Seconds(1);
    return reason_.Update(verdict, signals, Families::kIpv4, now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  StandingReason reason_;
  const Signal no_page_ = {.name = "responder", .detail = "no heartbeat"};
  const Verdict down_ = {.state = State::kDown, .rule = "unknown", .reason = "no heartbeat"};
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
  const Verdict hold_down = {.state = State::kDown, .rule = "hold-down", .reason = "for 7s"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(hold_down, {}), "");
  EXPECT_EQ(Tick(hold_down, {}), "stays DOWN family=ipv4 rule=hold-down reason=\"for 7s\"");
}

TEST_F(StandingReasonTest, WhatIsAnnouncedIsSilentUnlessACheckKnowsNothing) {
  const Verdict up = {.state = State::kUp, .rule = "ok", .reason = "all signals are ok"};
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Tick(up, {{.name = "x", .level = Level::kOk}}), "");
  const Verdict held = {.state = State::kUp, .rule = "hold", .reason = "probe: never good"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tick(held, {no_page_}), "");
  EXPECT_EQ(Tick(held, {no_page_}),
            "holds UP family=ipv4 rule=hold reason=\"responder: no heartbeat\"");
}

}  // namespace
}  // namespace hither
