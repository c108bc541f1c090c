#include "anycast/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kBegin = absl::FromUnixSeconds(1'000);
const absl::Duration kTick = absl::Milliseconds(250);

AnycastConfig::Service Dns() {
  AnycastConfig::Service service;
  service.name = "dns";
  service.prefixes = {*Prefix::FromText("192.0.2.0/24"), *Prefix::FromText("2001:db8::/48")};
  service.up.med = 10;
  return service;
}

Signal Ok() { return {"probe", Scope::kLocal, Level::kOk, Families::kBoth, false, "fine"}; }
Signal Dead() { return {"responder", Scope::kLocal, Level::kHard, Families::kBoth, true, "dead"}; }
Signal NotAskedYet() {
  return {"probe udp of it", Scope::kLocal, Level::kUnknown, Families::kBoth, false, "not asked"};
}
Signal HardV6() {
  return {"probe udp 2001:db8::53", Scope::kLocal, Level::kHard, Families::kIpv6, false, "silent"};
}

// One service that lives from tick to tick.
class Life {
 public:
  explicit Life(const AnycastConfig::Service& config = Dns()) : service(config, policy_) {}

  // So many seconds of the same signals.
  void Reload(const AnycastConfig::Service& config) {
    Service next(config, policy_);
    next.TakeOver(service);
    service = next;
  }
  void Run(double seconds, std::vector<Signal> signals, double queries_per_second = 1'000) {
    const absl::Time end = now + absl::Seconds(seconds);
    for (; now < end; now += kTick) {
      service.Tick({}, "self", {signals, queries_per_second, {}, {}, outlives}, now, transitions);
      service.NoteAnnounced([&](const std::vector<Prefix>&) { return routers_have; });
      service.TellStanding(now, standing);
    }
  }
  void Hang(double seconds) { now += absl::Seconds(seconds); }
  std::vector<std::string> Told() const {
    std::vector<std::string> told;
    for (const Transition& t : transitions) {
      told.push_back(absl::StrCat(WordOf(t.family), " ", ToText(t.to), " ", t.rule));
    }
    return told;
  }
  std::vector<State> States() const {
    std::vector<Route> routes;
    service.AddRoutes(routes);
    std::vector<State> states;
    for (const Route& route : routes) states.push_back(route.state);
    return states;
  }

 private:
  AnycastConfig::Policy policy_;

 public:
  Service service;
  absl::Time now = kBegin;
  std::vector<StandingLine> standing;
  std::vector<Transition> transitions;
  std::optional<bool> routers_have = true;
  absl::Duration outlives = absl::InfiniteDuration();
};

TEST(Service, AnnouncesNothingBeforeItsFirstTick) {
  Life life;
  EXPECT_THAT(life.States(), ElementsAre(State::kDown, State::kDown));
}

TEST(Service, RoutesHaveTheAttributesOfTheirState) {
  Life life;
  life.Run(10, {Ok()});
  std::vector<Route> routes;
  life.service.AddRoutes(routes);
  ASSERT_EQ(routes.size(), 2);
  EXPECT_EQ(routes[0].prefix.ToText(), "192.0.2.0/24");
  EXPECT_EQ(routes[0].state, State::kUp);
  EXPECT_EQ(routes[0].attributes, Dns().up);
  life.service.Drain(life.now);
  life.Run(1, {Ok()});
  routes.clear();
  life.service.AddRoutes(routes);
  EXPECT_EQ(routes[1].attributes, Dns().drain);
}

TEST(Service, FamiliesFailApart) {
  Life life;
  life.Run(10, {Ok()});
  life.Run(2, {Ok(), HardV6()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kDown));
}

TEST(Service, ATransitionIsOneLine) {
  Life life;
  life.Run(10, {Ok()});
  life.transitions.clear();
  Signal dead = Dead();
  dead.detail = "its \"lock\"\nis free";
  life.Run(0.25, {dead});
  ASSERT_EQ(life.transitions.size(), 2);
  EXPECT_EQ(ToLine(life.transitions[0]),
            "transition service=dns family=ipv4 from=UP to=DOWN rule=certain-fault after=4s "
            "prefixes=192.0.2.0/24 reason=\"responder: its 'lock'?is free\"");
}

TEST(Service, DrainEndsWhenTrafficHasGone) {
  Life life;
  life.Run(10, {Ok()});
  life.service.Drain(life.now);
  life.Run(10, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kDrain, State::kDrain));
  EXPECT_FALSE(life.service.IsDrained());
  life.Run(5, {Ok()}, 0);
  EXPECT_TRUE(life.service.IsDrained());
  life.service.Undrain(life.now);
  life.Run(10, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp));
}

TEST(Service, DrainedStaysSoOverARestart) {
  Life before;
  before.Run(10, {Ok()});
  before.service.Drain(before.now);
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  const KeptState::Service kept = before.service.Keep(wall, before.now);

  Life after;
  after.now = absl::FromUnixSeconds(50);  // Another boot.
  after.service.Resume(kept, wall + absl::Minutes(1), after.now);
  after.Run(30, {Ok()});
  EXPECT_THAT(after.transitions, IsEmpty());
  EXPECT_TRUE(after.service.IsDrained());
}

TEST(Service, DrainOfAStopIsNotKept) {
  Life life;
  life.Run(10, {Ok()});
  life.service.DrainForStop(life.now);
  EXPECT_FALSE(life.service.Keep(kBegin, life.now).drain);
  // But one by the operator is, whatever came first.
  life.service.Drain(life.now);
  EXPECT_TRUE(life.service.Keep(kBegin, life.now).drain);
}

TEST(Service, FlapBudgetIsKeptOverARestart) {
  Life before;
  before.Run(10, {Ok()});
  before.Run(1, {Dead()});
  before.Run(30, {Ok()});
  before.Run(1, {Dead()});
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  const KeptState::Service kept = before.service.Keep(wall, before.now);
  EXPECT_EQ(kept.ipv4.withdrawals.size(), 2);

  Life after;
  after.service.Resume(kept, wall + absl::Seconds(1), after.now);
  after.Run(60, {Ok()});
  EXPECT_THAT(after.States(), ElementsAre(State::kDown, State::kDown));
  EXPECT_EQ(after.service.View(after.now).families[0].verdict.rule, "flap-budget");
}

// A crash ends what was announced, and so is a withdrawal like any other.
TEST(Service, CrashesCountForTheFlapBudget) {
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  KeptState::Service kept;
  for (int crashes = 0; crashes < 3; ++crashes) {
    Life life;
    life.service.Resume(kept, wall + crashes * absl::Seconds(10), life.now);
    EXPECT_EQ(life.service.View(life.now).families[0].withdrawals, std::min(crashes, 2));
    life.Run(10, {Ok()});
    EXPECT_EQ(life.States()[0], crashes < 2 ? State::kUp : State::kDown) << crashes;
    kept = life.service.Keep(wall + crashes * absl::Seconds(10), life.now);
  }
}

TEST(Service, AnEndInOrderOrOfWhatNoRouterHadCountsNothing) {
  const auto withdrawals_after = [](Life& life) {
    const KeptState::Service kept = life.service.Keep(kBegin, life.now);
    Life after;
    after.service.Resume(kept, kBegin, after.now);
    return after.service.View(after.now).families[0].withdrawals;
  };
  Life stopped;
  stopped.Run(10, {Ok()});
  EXPECT_EQ(withdrawals_after(stopped), 1) << "killed";
  stopped.service.DrainForStop(stopped.now);
  EXPECT_EQ(withdrawals_after(stopped), 0);
  Life drained;
  drained.Run(10, {Ok()});
  drained.service.Drain(drained.now);
  EXPECT_EQ(withdrawals_after(drained), 0);
  Life unheard;
  unheard.routers_have = false;
  unheard.Run(10, {Ok()});
  EXPECT_EQ(withdrawals_after(unheard), 0);
}

TEST(Service, AHangThatEndsTheSessionsCounts) {
  Life life;
  life.Run(10, {Ok()});
  life.transitions.clear();
  life.Hang(4);
  life.Run(0.25, {Ok()});
  EXPECT_EQ(life.States()[0], State::kUp) << "nothing is known of the sessions yet";
  life.routers_have = false;
  life.Run(0.5, {Ok()});
  EXPECT_THAT(life.Told(), ElementsAre("ipv4 DOWN hung", "ipv6 DOWN hung"));
  EXPECT_EQ(life.service.View(life.now).families[0].withdrawals, 1);
  life.routers_have = true;
  life.Run(1.5, {Ok()});  // rise_first, as after a start.
  EXPECT_EQ(life.States()[0], State::kSoft);
}

TEST(Service, AHangThatEndsNothingCountsNothing) {
  Life life;
  life.Run(10, {Ok()});
  life.Hang(2.5);
  life.Run(10, {Ok()});
  life.routers_have = false;  // The router's affair, long after.
  life.Run(1, {Ok()});
  EXPECT_EQ(life.service.View(life.now).families[0].withdrawals, 0);
  EXPECT_EQ(life.States()[0], State::kUp);
}

// They are renewed before anybody looks.
TEST(Service, AHangBeyondALeaseInTheKernelCounts) {
  Life life;
  life.outlives = absl::Seconds(3);
  life.Run(10, {Ok()});
  life.Hang(2.5);
  life.Run(1, {Ok()});
  EXPECT_EQ(life.States()[0], State::kUp);
  life.Hang(3.25);
  life.Run(0.25, {Ok()});
  EXPECT_EQ(life.States()[0], State::kDown);
}

// Who restarts hitherd twice has a healthy site that stays away, and needs a word to end that.
TEST(Service, UndrainForgetsWithdrawalsAlsoInWhatIsKept) {
  Life life;
  life.Run(10, {Ok()});
  for (int i = 0; i < 2; ++i) {
    life.Run(1, {Dead()});
    life.Run(60, {Ok()});
  }
  ASSERT_THAT(life.States(), ElementsAre(State::kDown, State::kDown));
  life.service.Undrain(life.now);
  EXPECT_THAT(life.service.Keep(kBegin, life.now).ipv4.withdrawals, IsEmpty());  // Before a tick.
  life.Run(10, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp));
}

TEST(Service, AClockThatWasSetBackKeepsNothingDownForYears) {
  KeptState::Service kept;
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  kept.ipv4.withdrawals = {wall, wall + absl::Seconds(1)};
  kept.ipv4.hold_down_until = wall + absl::Minutes(5);
  Life after;
  after.service.Resume(kept, wall - absl::Hours(24 * 365), after.now);
  EXPECT_EQ(after.service.View(after.now).families[0].withdrawals, 0) << "no evidence";
  after.Run(10, {Ok()});
  EXPECT_EQ(after.States()[0], State::kUp);
}

TEST(Service, FreezeIsKeptButNotBeyondADay) {
  Life before;
  before.service.FreezeUntil(before.now + absl::Minutes(10));
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  const KeptState::Service kept = before.service.Keep(wall, before.now);
  EXPECT_EQ(kept.frozen_until, wall + absl::Minutes(10));
  Life after;
  after.service.Resume(kept, wall - absl::Hours(24 * 365), after.now);  // The clock was wrong.
  EXPECT_EQ(after.service.View(after.now).intent.frozen_until, after.now + absl::Hours(24));
}

TEST(Service, AReloadChangesNoState) {
  Life life;
  life.Run(10, {Ok()});
  life.transitions.clear();
  AnycastConfig::Service other = Dns();
  other.up.med = 20;
  life.Reload(other);
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp));  // Before a tick, too.
  life.Run(1, {Ok()});
  EXPECT_THAT(life.transitions, IsEmpty());
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp));
}

// The prefixes beside it stay; it itself has been seen by nobody.
TEST(Service, APrefixAddedByAReloadIsAnnouncedWhenItWasSeenToBeGood) {
  Life life;
  life.Run(10, {Ok()});
  life.transitions.clear();
  AnycastConfig::Service more = Dns();
  more.prefixes.push_back(*Prefix::FromText("198.51.100.0/24"));
  life.Reload(more);
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kDown, State::kUp));
  life.Run(20, {Ok(), NotAskedYet()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kDown, State::kUp));
  EXPECT_THAT(life.service.View(life.now).families[0].notes,
              testing::Contains(HasSubstr("198.51.100.0/24 is not announced")));
  life.Reload(more);  // It is no older for that.
  life.Run(0.75, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kDown, State::kUp));
  life.Run(1, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp, State::kUp));
  ASSERT_EQ(life.transitions.size(), 1);
  EXPECT_THAT(ToLine(life.transitions[0]),
              HasSubstr("from=DOWN to=UP rule=ok after=0 prefixes=198.51.100.0/24"));
}

TEST(Service, APrefixAddedByAReloadIsNotAnnouncedInADrain) {
  Life life;
  life.Run(10, {Ok()});
  life.service.Drain(life.now);
  AnycastConfig::Service more = Dns();
  more.prefixes.push_back(*Prefix::FromText("198.51.100.0/24"));
  life.Reload(more);
  life.Run(10, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kDrain, State::kDown, State::kDrain));
}

// The family was decided all the time, by what both have in common: a heartbeat.
TEST(Service, AFamilyAddedByAReloadStartsAsAfterAStart) {
  AnycastConfig::Service only_v4 = Dns();
  only_v4.prefixes.pop_back();
  Life life(only_v4);
  life.Run(10, {Ok()});
  life.transitions.clear();
  life.Reload(Dns());
  life.Run(20, {Ok(), NotAskedYet()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kDown));
  life.Run(10, {Ok()});
  EXPECT_THAT(life.Told(), ElementsAre("ipv6 SOFT warm-up", "ipv6 UP ok"));
}

TEST(Service, AFamilyWithOtherPrefixesStartsAnewButKeepsItsBudget) {
  Life life;
  life.Run(10, {Ok()});
  life.Run(1, {Dead()});
  life.Run(60, {Ok()});
  AnycastConfig::Service other = Dns();
  other.prefixes[0] = *Prefix::FromText("198.51.100.0/24");
  life.Reload(other);
  EXPECT_THAT(life.States(), ElementsAre(State::kDown, State::kUp));
  life.Run(10, {Ok()});
  EXPECT_THAT(life.States(), ElementsAre(State::kUp, State::kUp));
  EXPECT_EQ(life.service.View(life.now).families[0].withdrawals, 1);
}

// A family without prefixes spends no budget for the day on which it gets some.
TEST(Service, WhatWasNeverAnnouncedWasNeverWithdrawn) {
  AnycastConfig::Service only_v4 = Dns();
  only_v4.prefixes.pop_back();
  Life life(only_v4);
  life.Run(10, {Ok()});
  life.Run(1, {Dead()});
  const KeptState::Service kept = life.service.Keep(kBegin, life.now);
  EXPECT_EQ(kept.ipv4.withdrawals.size(), 1);
  EXPECT_THAT(kept.ipv6.withdrawals, IsEmpty());
  life.Reload(Dns());
  life.Run(1, {Ok()});
  EXPECT_EQ(life.service.View(life.now).families[1].withdrawals, 0);
}

TEST(Service, TellsPeersOfFamiliesThatItHas) {
  AnycastConfig::Service only_v4 = Dns();
  only_v4.prefixes.pop_back();
  Life life(only_v4);
  life.Run(10, {Ok()});
  EXPECT_EQ(life.service.Told(IpFamily::kV4, life.now)->state, State::kUp);
  EXPECT_FALSE(life.service.Told(IpFamily::kV6, life.now).has_value());
}

// The probes of the new configuration are not answered at its first tick.
TEST(Service, AReloadThatChangesNoStateIsNotWarnedOf) {
  Life life;
  life.Run(30, {Ok()});
  AnycastConfig::Service next = Dns();
  next.up.med = 20;
  life.Reload(next);
  life.Run(0.5, {Ok(), NotAskedYet()});
  life.Run(30, {Ok()});
  EXPECT_EQ(life.standing.size(), 0u) << life.standing[0].text;
}

// The reload is not the end of it, and the log has its end as well.
TEST(Service, AFaultThatLastsOverAReloadIsToldToEnd) {
  Life life;
  life.Run(30, {Ok()});
  life.Run(30, {Ok(), NotAskedYet()});
  ASSERT_EQ(life.standing.size(), 2u) << "One of each family.";
  AnycastConfig::Service next = Dns();
  next.up.med = 20;
  life.Reload(next);
  life.Run(10, {Ok(), NotAskedYet()});
  EXPECT_EQ(life.standing.size(), 2u) << life.standing.back().text;
  life.Run(30, {Ok()});
  ASSERT_EQ(life.standing.size(), 4u);
  EXPECT_THAT(life.standing[2].text, HasSubstr("stays UP family=ipv4 rule=ok"));
  EXPECT_TRUE(life.standing[2].is_good && life.standing[3].is_good);
}

}  // namespace
}  // namespace hither
