#include "anycast/policy/policy.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/anycast/policy/policy_script.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* script;  // See policy_script.h.
  const char* told;    // "..." at the beginning: as a node that starts well, kStart.
  IpFamily family = IpFamily::kV4;
};

constexpr absl::string_view kStart = "0 DOWN start, 1 SOFT warm-up, 6 UP ok";

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// The defaults, as an operator gets them, but a tick of 500 ms: fall is 1 s after the first one.
AnycastConfig::Policy TestPolicy() {
  AnycastConfig::Policy policy;
  policy.tick = absl::Milliseconds(500);
  return policy;
}

// clang-format off
constexpr Case kCases[] = {
    {"ANodeThatStartsWarmsUp",
     "20 end",
     "..."},
    {"UnknownAnnouncesNothing",
     "0 unknown; 3 ok; 12 end",
     "0 DOWN unknown, 3 DOWN start, 4 SOFT warm-up, 9 UP ok"},
    {"StartsBesideADeadResponder",
     "0 dead; 5 ok; 13 end",
     "0 DOWN certain-fault, 5 DOWN start, 6 SOFT warm-up, 11 UP ok"},
    {"StartsWithoutSignals",
     "0 silent; 5 end",
     "0 DOWN unknown"},
    {"StartsWithAHardFault",
     "0 hard; 3 ok; 6 end",
     "0 DOWN hard-fault, 3 DOWN start, 4 SOFT warm-up"},
    {"SoftIsGoodEnoughToStart",
     "0 soft; 5 ok; 12 end",
     "0 DOWN start, 1 SOFT warm-up, 1.5 SOFT soft-fault, 5 SOFT warm-up, 10 UP ok"},
    {"CertainFaultWaitsForNothing",
     "10 dead; 12 ok; 40 end",
     "..., 10 DOWN certain-fault, 12 DOWN hold-down, 20 DOWN rising, 22 SOFT warm-up, 27 UP ok"},
    {"HardFaultWaitsForFall",
     "10 hard; 14 ok; 40 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 14 DOWN hold-down, 21 DOWN rising, 24 SOFT warm-up, 29 UP ok"},
    {"HardFaultTooShort",
     "10 hard; 11 ok; 20 end",
     "..., 10 UP falling, 11 UP ok"},
    {"AFaultThatComesAndGoesIsSoft",
     "10 hard; 10.5 soft; 11 hard; 11.5 soft; 12 hard; 12.5 ok; 13 end",
     "..., 10 UP falling, 11.5 SOFT soft-fault, 12 SOFT falling, 12.5 SOFT recovering"},
    {"UnknownDoesNotEndTheRow",
     "10 hard; 10.5 unknown; 15 hard; 16 end",
     "..., 10 UP falling, 10.5 UP hold, 15 UP falling, 15.5 DOWN hard-fault"},
    {"UnknownAloneDoesNotWithdraw",
     "10 hard; 10.5 unknown; 15 end",
     "..., 10 UP falling, 10.5 UP hold"},
    {"PathFaultIsAHardOne",
     "10 path; 14 ok; 16 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 14 DOWN hold-down"},
    {"SharedFaultIsSoft",
     "10 shared; 14 ok; 30 end",
     "..., 10 UP falling, 11 SOFT shared-fault, 14 SOFT recovering, 19 UP ok"},
    {"SharedFaultAtTheStart",
     "0 shared; 10 ok; 20 end",
     "0 DOWN start, 1 SOFT warm-up, 1.5 SOFT shared-fault, 10 SOFT warm-up, 15 UP ok"},
    {"SharedFaultAtTheStartOthersAnnounce",
     "0 shared peers; 5 ok; 15 end",
     "0 DOWN shared-fault, 5 DOWN start, 6 SOFT warm-up, 11 UP ok"},
    {"SharedFaultAtTheStartNobodyAnnounces",
     "0 shared alone; 5 end",
     "0 DOWN start, 1 SOFT warm-up, 1.5 SOFT fleet-guard"},
    {"SoftFault",
     "10 soft; 13 ok; 30 end",
     "..., 10 UP falling, 11 SOFT soft-fault, 13 SOFT recovering, 18 UP ok"},
    {"StaleZoneAtEverySite",
     "10 stale; 13 ok; 30 end",
     "..., 10 UP falling, 11 SOFT soft-fault, 13 SOFT recovering, 18 UP ok"},
    {"SoftFaultTooShort",
     "10 soft; 10.5 ok; 15 end",
     "..., 10 UP falling, 10.5 UP ok"},
    {"EachSoftFaultIsSoftForLonger",
     "10 soft; 12 ok; 20 soft; 22 ok; 35 soft; 37 ok; 80 end",
     "..., 10 UP falling, 11 SOFT soft-fault, 12 SOFT recovering, 17 UP ok, 20 UP falling, 21 SOFT soft-fault, 22 SOFT recovering, 32 UP ok, 35 UP falling, 36 SOFT soft-fault, 37 SOFT recovering, 57 UP ok"},
    {"SoftFaultWhileWarmingUp",
     "3 soft; 5 ok; 20 end",
     "0 DOWN start, 1 SOFT warm-up, 3 SOFT falling, 4 SOFT soft-fault, 5 SOFT warm-up, 10 UP ok"},
    {"UnknownHolds",
     "10 unknown; 60 ok; 70 end",
     "..., 10 UP hold, 60 UP ok"},
    {"NoSignalsHold",
     "10 silent; 60 ok; 70 end",
     "..., 10 UP hold, 60 UP ok"},
    {"UnknownSharedIsNoMatter",
     "0 unknown-shared; 30 end",
     "..."},
    {"AHangThatEndedTheSessionsIsAWithdrawalWithoutHoldDown",
     "10 leap=6 hung; 30 leap=6 hung; 45 end",
     "..., 16 DOWN hung, 16.5 DOWN start, 17 SOFT warm-up, 22 UP ok, 36 DOWN hung, 36.5 DOWN flap-budget"},
    {"AHangInADrainIsPartOfTheDrain",
     "10 drain busy; 12 leap=6 hung; 20 end",
     "..., 10 DRAIN drain"},
    {"HoldDownDoublesAndBudgetIsKept",
     "10 dead; 11 ok; 40 dead; 41 ok; 700 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 40 DOWN certain-fault, 41 DOWN hold-down, 60 DOWN flap-budget, 610 SOFT warm-up, 615 UP ok"},
    {"HoldDownIsShortAgainAfterAQuietWindow",
     "10 dead; 11 ok; 605 dead; 606 ok; 1300 dead; 1301 ok; 1340 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 605 DOWN certain-fault, 606 DOWN hold-down, 625 SOFT warm-up, 630 UP ok, 1300 DOWN certain-fault, 1301 DOWN hold-down, 1310 DOWN rising, 1311 SOFT warm-up, 1316 UP ok"},
    {"UndrainForgetsTheBudget",
     "10 dead; 11 ok; 40 dead; 41 ok; 70 undrain; 80 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 40 DOWN certain-fault, 41 DOWN hold-down, 60 DOWN flap-budget, 70 SOFT warm-up, 75 UP ok"},
    {"UndrainEndsAHoldDownButAnnouncesNothingBad",
     "10 dead; 11 ok; 12 undrain; 20 dead; 21 undrain; 22 ok; 30 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 12 SOFT warm-up, 17 UP ok, 20 DOWN certain-fault, 22 DOWN start, 23 SOFT warm-up, 28 UP ok"},
    {"UndrainWhileUpForgetsToo",
     "10 dead; 11 ok; 30 undrain; 40 dead; 41 ok; 60 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 40 DOWN certain-fault, 41 DOWN hold-down, 50 DOWN rising, 51 SOFT warm-up, 56 UP ok"},
    {"WhatComesAfterAnUndrainCounts",
     "5 undrain; 10 dead; 11 ok; 40 dead; 41 ok; 70 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 40 DOWN certain-fault, 41 DOWN hold-down, 60 DOWN flap-budget"},
    {"UnknownWhileRising",
     "10 dead; 11 ok; 15 unknown; 25 ok; 45 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 15 DOWN unknown, 25 DOWN rising, 35 SOFT warm-up, 40 UP ok"},
    {"SharedFaultWhileDown",
     "10 dead; 11 shared; 30 ok; 40 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 21.5 SOFT shared-fault, 30 SOFT warm-up, 35 UP ok"},
    {"DrainUntilTrafficHasGone",
     "10 busy drain; 16 quiet; 30 undrain; 45 end",
     "..., 10 DRAIN drain, 18 DOWN drained, 30 SOFT warm-up, 35 UP ok"},
    {"DrainUntilTheDeadline",
     "10 drain; 80 undrain; 90 end",
     "..., 10 DRAIN drain, 70 DOWN drained, 80 SOFT warm-up, 85 UP ok"},
    {"DrainAtLeastForTheRouters",
     "10 quiet drain; 20 end",
     "..., 10 DRAIN drain, 13 DOWN drained"},
    {"DrainTakenBack",
     "10 busy drain; 12 undrain; 20 end",
     "..., 10 DRAIN drain, 12 SOFT warm-up, 17 UP ok"},
    {"DrainAndTheResponderDies",
     "10 busy drain; 12 dead; 20 ok; 30 undrain; 40 end",
     "..., 10 DRAIN drain, 12 DOWN certain-fault, 20 DOWN drained, 30 SOFT warm-up, 35 UP ok"},
    {"DrainWhileDown",
     "10 hard; 15 drain; 20 ok; 60 undrain; 75 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 15 DOWN drained, 60 SOFT warm-up, 65 UP ok"},
    {"DrainFinishesThroughAHardFault",
     "10 busy drain; 12 hard; 14 quiet; 20 undrain; 30 end",
     "..., 10 DRAIN drain, 16 DOWN drained, 20 DOWN hard-fault"},
    {"DrainSpendsNoBudget",
     "10 quiet drain; 20 undrain; 30 drain; 40 undrain; 50 drain; 60 undrain; 70 dead; 71 ok; 92 end",
     "..., 10 DRAIN drain, 13 DOWN drained, 20 SOFT warm-up, 25 UP ok, 30 DRAIN drain, 33 DOWN drained, 40 SOFT warm-up, 45 UP ok, 50 DRAIN drain, 53 DOWN drained, 60 SOFT warm-up, 65 UP ok, 70 DOWN certain-fault, 71 DOWN hold-down, 80 DOWN rising, 81 SOFT warm-up, 86 UP ok"},
    {"FrozenKeepsWhatIs",
     "10 freeze=30; 15 hard; 50 end",
     "..., 10 UP frozen, 40 DOWN hard-fault"},
    {"FrozenButDead",
     "10 freeze=30; 15 dead; 17 ok; 60 end",
     "..., 10 UP frozen, 15 DOWN certain-fault, 17 DOWN hold-down, 25 DOWN rising, 27 SOFT warm-up, 27.5 SOFT frozen, 32 UP ok, 32.5 UP frozen, 40 UP ok"},
    {"FrozenButDrained",
     "10 freeze=60; 15 quiet drain; 25 undrain; 80 end",
     "..., 10 UP frozen, 15 DRAIN drain, 18 DOWN drained, 25 SOFT warm-up, 25.5 SOFT frozen, 30 UP ok, 30.5 UP frozen, 70 UP ok"},
    {"FrozenAtTheStart",
     "0 unknown freeze=10; 5 ok; 20 end",
     "0 DOWN unknown, 5 DOWN start, 6 SOFT warm-up, 6.5 SOFT frozen, 10 SOFT warm-up, 11 UP ok"},
    {"FrozenWhileDownComesBack",
     "10 hard; 14 freeze=3600 ok; 40 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 14 DOWN hold-down, 21 DOWN rising, 24 SOFT warm-up, 24.5 SOFT frozen, 29 UP ok, 29.5 UP frozen"},
    {"FrozenOnItsWayBackIsNotWithdrawn",
     "3 freeze=30; 4 hard; 20 ok; 30 end",
     "0 DOWN start, 1 SOFT warm-up, 3 SOFT frozen, 25 UP ok, 25.5 UP frozen"},
    {"FrozenSoftStaysSoft",
     "10 soft; 12 freeze=30 ok; 50 end",
     "..., 10 UP falling, 11 SOFT soft-fault, 12 SOFT frozen, 42 UP ok"},
    {"FrozenWhoseDrainIsTakenBackServes",
     "10 freeze=60; 15 busy drain; 17 undrain hard; 30 ok; 40 end",
     "..., 10 UP frozen, 15 DRAIN drain, 17 SOFT frozen, 35 UP ok, 35.5 UP frozen"},
    {"FleetAgrees",
     "0 peers; 10 hard; 14 ok; 16 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 14 DOWN hold-down"},
    {"FleetIsAsked",
     "0 peers; 10 unsettled hard; 14 peers; 16 end",
     "..., 10 UP falling, 11 SOFT fleet-asked?, 14 DOWN hard-fault"},
    {"FleetGuard",
     "0 peers; 10 full hard; 14 ok; 30 end",
     "..., 10 UP falling, 11 SOFT fleet-guard, 14 SOFT recovering, 19 UP ok"},
    {"FleetUnknown",
     "0 peers; 10 blind hard; 14 ok; 30 end",
     "..., 10 UP falling, 11 SOFT fleet-unknown, 14 SOFT recovering, 19 UP ok"},
    {"FleetYielded",
     "0 peers; 10 yielded hard; 16 peers; 18 end",
     "..., 10 UP falling, 11 SOFT fleet-asked?, 16 DOWN hard-fault"},
    {"FleetDoesNotHoldADeadOne",
     "0 peers; 10 full dead; 14 ok; 16 end",
     "..., 10 DOWN certain-fault, 14 DOWN hold-down"},
    {"FleetNeedsOneThatAnnounces",
     "0 peers; 10 alone hard; 16 end",
     "..., 10 UP falling, 11 SOFT fleet-guard"},
    {"FleetIsBetterOff",
     "0 peers; 10 shared; 16 ok; 20 end",
     "..., 10 UP falling, 11 DOWN shared-fault, 16 DOWN hold-down"},
    {"FleetIsNoBetterOff",
     "0 peers; 10 full shared; 16 ok; 24 end",
     "..., 10 UP falling, 11 SOFT fleet-guard, 16 SOFT recovering, 21 UP ok"},
    {"FleetLostWhileWaiting",
     "0 peers; 10 unsettled hard; 13 blind; 15 ok; 22 end",
     "..., 10 UP falling, 11 SOFT fleet-asked?, 13 SOFT fleet-unknown, 15 SOFT recovering, 20 UP ok"},
    {"LastResort",
     "0 alone; 10 dead; 13 ok; 30 end",
     "..., 10 DOWN certain-fault, 13 DOWN hold-down, 14 SOFT last-resort, 14.5 SOFT last-resort-warm-up, 19 UP ok"},
    {"LastResortNeedsToKnow",
     "0 alone; 10 blind dead; 13 ok; 30 end",
     "..., 10 DOWN certain-fault, 13 DOWN hold-down, 20 DOWN rising, 23 SOFT warm-up, 28 UP ok"},
    {"LastResortKeepsTheBudget",
     "0 alone; 10 dead; 12 ok; 16 dead; 17 ok; 20 dead; 21 ok; 30 peers; 32 hard; 36 ok; 60 end",
     "..., 10 DOWN certain-fault, 12 DOWN hold-down, 13 SOFT last-resort, 13.5 SOFT last-resort-warm-up, 16 DOWN certain-fault, 17 DOWN hold-down, 18 SOFT last-resort, 18.5 SOFT last-resort-warm-up, 20 DOWN certain-fault, 21 DOWN hold-down, 22 SOFT last-resort, 22.5 SOFT last-resort-warm-up, 27 UP ok, 32 UP falling, 33 SOFT flap-guard, 36 SOFT recovering, 41 UP ok"},
    {"LeapIsNoWarmUp",
     "2 ok leap=60; 70 end",
     "0 DOWN start, 1 SOFT warm-up, 67 UP ok"},
    {"LeapIsNoRise",
     "0.5 leap=60 ok; 70 end",
     "0 DOWN start, 61.5 SOFT warm-up, 66.5 UP ok"},
    {"LeapEndsAHoldDownButNotARise",
     "10 dead; 11 ok; 12 leap=100; 140 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 112 DOWN rising, 122 SOFT warm-up, 127 UP ok"},
    {"LeapEndsADrain",
     "10 busy drain; 12 leap=300; 320 end",
     "..., 10 DRAIN drain, 312 DOWN drained"},
    {"LeapEndsARowOfBadTicks",
     "10 hard; 10.5 leap=20; 40 ok; 60 end",
     "..., 10 UP falling, 31.5 DOWN hard-fault, 40 DOWN hold-down, 41.5 DOWN rising, 50 SOFT warm-up, 55 UP ok"},
    {"RestartWhileUp",
     "10 dead; 11 ok; 30 restart; 40 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 30 DOWN start, 31 SOFT warm-up, 36 UP ok"},
    {"RestartKeepsTheHoldDown",
     "10 dead; 11 ok; 12 restart; 40 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 22 SOFT warm-up, 27 UP ok"},
    {"RestartKeepsTheBudget",
     "10 dead; 11 ok; 31 dead; 32 restart ok; 640 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 20 DOWN rising, 21 SOFT warm-up, 26 UP ok, 31 DOWN certain-fault, 32 DOWN hold-down, 51 DOWN flap-budget, 610 SOFT warm-up, 615 UP ok"},
    {"RestartAfterADrainCostsNothing",
     "10 quiet drain; 14 stopped; 30 quiet drain; 34 stopped; 50 quiet drain; 54 stopped; 65 end",
     "..., 10 DRAIN drain, 13 DOWN drained, 14 DOWN start, 15 SOFT warm-up, 20 UP ok, 30 DRAIN drain, 33 DOWN drained, 34 DOWN start, 35 SOFT warm-up, 40 UP ok, 50 DRAIN drain, 53 DOWN drained, 54 DOWN start, 55 SOFT warm-up, 60 UP ok"},
    {"HoldDownHasAMaximum",
     "0 alone; 10 dead; 11 ok; 15 dead; 16 ok; 20 dead; 21 ok; 25 dead; 26 ok; 30 dead; 31 ok; 35 dead; 36 peers ok; 400 end",
     "..., 10 DOWN certain-fault, 11 DOWN hold-down, 12 SOFT last-resort, 12.5 SOFT last-resort-warm-up, 15 DOWN certain-fault, 16 DOWN hold-down, 17 SOFT last-resort, 17.5 SOFT last-resort-warm-up, 20 DOWN certain-fault, 21 DOWN hold-down, 22 SOFT last-resort, 22.5 SOFT last-resort-warm-up, 25 DOWN certain-fault, 26 DOWN hold-down, 27 SOFT last-resort, 27.5 SOFT last-resort-warm-up, 30 DOWN certain-fault, 31 DOWN hold-down, 32 SOFT last-resort, 32.5 SOFT last-resort-warm-up, 35 DOWN certain-fault, 36 DOWN hold-down, 335 DOWN flap-budget"},
    {"Ipv6FaultLeavesIpv4",
     "10 hard6; 20 ok; 30 end",
     "..."},
    {"Ipv6FaultIsIpv6s",
     "10 hard6; 20 ok; 50 end",
     "..., 10 UP falling, 11 DOWN hard-fault, 20 DOWN hold-down, 21 DOWN rising, 30 SOFT warm-up, 35 UP ok", IpFamily::kV6},
    {"Ipv4FaultIsIpv4s",
     "10 hard4; 14 end",
     "..., 10 UP falling, 11 DOWN hard-fault"},
    {"Ipv4FaultLeavesIpv6",
     "10 hard4; 14 end",
     "...", IpFamily::kV6},
    {"Ipv4SoftLeavesIpv6",
     "10 soft4; 20 end",
     "...", IpFamily::kV6},
    {"Ipv4SoftIsIpv4s",
     "10 soft4; 13 end",
     "..., 10 UP falling, 11 SOFT soft-fault"},
};
// clang-format on

class PolicyCases : public testing::TestWithParam<Case> {};

TEST_P(PolicyCases, Decides) {
  EXPECT_EQ(Play(TestPolicy(), GetParam().family, GetParam().script),
            absl::StrReplaceAll(GetParam().told, {{"...", kStart}}));
}

INSTANTIATE_TEST_SUITE_P(All, PolicyCases, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

// A rule that no case above fires is a rule that nobody has tried.
TEST(PolicyTest, EveryRuleIsInACase) {
  for (const RuleWord& rule : Rules()) {
    bool is_told = false;
    for (const Case& c : kCases) {
      const std::string padded = absl::StrCat(c.told, ",");
      is_told |= absl::StrContains(padded, absl::StrCat(" ", rule.word, ",")) ||
                 absl::StrContains(padded, absl::StrCat(" ", rule.word, "?,"));
    }
    EXPECT_TRUE(is_told) << rule.word;
  }
}

}  // namespace
}  // namespace hither
