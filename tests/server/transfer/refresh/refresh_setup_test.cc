// Zones from the disk, and configurations that change.

#include "server/transfer/refresh/refresh_setup.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

HeldVersion Held(uint32_t serial, const RefreshBench& bench, absl::Duration age,
                 const std::string& primary = "p1") {
  HeldVersion held;
  held.zone = ZoneOfSerial(serial);
  held.soa = SoaOf(serial);
  held.versions = {serial};
  ZoneTimers timers;
  timers.last_success = bench.now().wall - age;
  timers.expire_seconds = 86'400;
  timers.primary = primary;
  held.timers = timers;
  return held;
}

void AnswerWith(RefreshBench& bench, const std::string& primary, uint32_t serial) {
  bench.primary(primary).answer = [serial](const TurnOrder& order) {
    return Honest(order, serial);
  };
}

TEST(RefreshSetup, ServesFromDiskBeforeAskingAnyone) {
  RefreshBench bench;
  bench.keeper().disk["a.example."] = Held(7, bench, absl::Minutes(10));
  bench.Configure(RefreshBench::Setup({"a.example.", "b.example."}, {"p1"}));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  EXPECT_EQ(bench.Published("b.example."), "none empty");
  EXPECT_EQ(bench.refresher().unread(), 0u);
  // Its refresh is due in 50 minutes, but a NOTIFY may have been missed.
  AnswerWith(bench, "p1", 8);
  bench.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.Status("a.example.").last->result, "ixfr") << "from the same primary";
}

TEST(RefreshSetup, ZonesThatWereRemovedWhileItWasDownAreFound) {
  RefreshBench bench;
  for (const std::string name : {"a.example.", "b.example.", "c.example."}) {
    bench.keeper().disk[name] = Held(7, bench, absl::Minutes(10));
  }
  bench.Configure(RefreshBench::Setup({"a.example.", "b.example."}, {"p1"}));
  EXPECT_EQ(bench.keeper().unconfigured, std::vector<std::string>{"c.example."});
  bench.Configure(RefreshBench::Setup({"c.example."}, {"p1"}));
  EXPECT_EQ(bench.keeper().unconfigured, (std::vector<std::string>{"a.example.", "b.example."}));
  EXPECT_EQ(bench.Published("c.example."), "serial 7 fresh");
}

TEST(RefreshSetup, VersionOfAnotherPrimaryIsFollowedByAxfr) {
  RefreshBench bench;
  bench.keeper().disk["a.example."] = Held(7, bench, absl::Hours(2), "gone");
  AnswerWith(bench, "p1", 8);
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.Status("a.example.").last->result, "axfr");
}

TEST(RefreshSetup, ExpiredOnDiskIsNotServed) {
  RefreshBench bench;
  bench.keeper().disk["a.example."] = Held(7, bench, absl::Hours(25));
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  EXPECT_EQ(bench.Published("a.example."), "none expired");
}

TEST(RefreshSetup, WithAClockThatWasSetBackItIsServed) {
  RefreshBench bench;
  bench.keeper().disk["a.example."] = Held(7, bench, -absl::Hours(24 * 365));
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

TEST(RefreshSetup, VersionThatMayBeOldIsConfirmedAtOnce) {
  RefreshBench bench;
  bench.keeper().disk["a.example."] = Held(7, bench, absl::Minutes(1));
  bench.keeper().disk["a.example."].may_be_old = true;
  AnswerWith(bench, "p1", 8);
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

TEST(RefreshSetup, RefusedSerialIsRememberedOverARestart) {
  RefreshBench bench;
  HeldVersion held = Held(7, bench, absl::Hours(2));
  held.timers->refused_serial = 8;
  held.timers->failures = 3;
  bench.keeper().disk["a.example."] = held;
  AnswerWith(bench, "p1", 8);
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.Advance(absl::Minutes(3));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale refused");
  EXPECT_EQ(bench.refresher().Counts().transfers_ixfr, 0u);
}

TEST(RefreshSetup, RolledBackZoneStaysSoOverARestart) {
  RefreshBench bench;
  HeldVersion held = Held(7, bench, absl::Hours(2));
  held.is_rolled_back = true;
  held.versions = {7, 8};
  held.timers.reset();
  bench.keeper().disk["a.example."] = held;
  AnswerWith(bench, "p1", 8);
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

TEST(RefreshSetup, ReadsAFewAtATimeAndPublishesInGroups) {
  RefreshBench bench;
  std::vector<std::string> names;
  for (int i = 0; i < 1'000; ++i) {
    names.push_back(absl::StrCat("z", i, ".example."));
    bench.keeper().disk[names.back()] = Held(7, bench, absl::Minutes(1));
  }
  bench.keeper().loads_wait = true;
  bench.Configure(RefreshBench::Setup(names, {"p1"}));
  EXPECT_EQ(bench.keeper().loads.size(), VersionReading::kReadingMax);
  while (!bench.keeper().loads.empty()) {
    bench.keeper().loads.front()();
    bench.keeper().loads.pop_front();
    bench.Run();
  }
  EXPECT_EQ(bench.host().versions_given, 1'000);
  EXPECT_LE(bench.host().calls, 2);
}

TEST(RefreshSetup, ZonesComeAndGo) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  bench.Configure(RefreshBench::Setup({"a.example.", "b.example."}, {"p1"}));
  bench.Advance(absl::Seconds(31));
  const size_t asked = bench.primary("p1").zones.size();
  bench.Configure(RefreshBench::Setup({"b.example.", "c.example."}, {"p1"}));
  bench.Advance(absl::Seconds(31));
  EXPECT_EQ(bench.keeper().removed, std::vector<std::string>{"a.example."});
  EXPECT_EQ(bench.primary("p1").zones.size(), asked + 1) << "only c.example.";
  EXPECT_EQ(bench.Published("c.example."), "serial 7 fresh");
  EXPECT_EQ(bench.primary("p1").clients, 1);
  EXPECT_EQ(bench.refresher().Counts().zones, 2u);
  EXPECT_EQ(bench.refresher().Statuses(0, 10)[0].zone.ToText(), "b.example.");
}

TEST(RefreshSetup, ZoneThatReturnsWhileTheKeeperIsBusyIsKept) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  bench.keeper().outcome = nullptr;
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.Advance(absl::Seconds(31));
  ASSERT_EQ(bench.keeper().making.size(), 1u);
  bench.Configure(RefreshBench::Setup({}, {"p1"}));
  EXPECT_TRUE(bench.keeper().removed.empty());
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.keeper().making.front().done(Committed(7));
  bench.Run();
  EXPECT_TRUE(bench.keeper().removed.empty());
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  bench.Configure(RefreshBench::Setup({}, {"p1"}));
  EXPECT_EQ(bench.keeper().removed, std::vector<std::string>{"a.example."});
}

TEST(RefreshSetup, RemovedZoneIsRemovedFromDiskOnceTheKeeperHasFinished) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  bench.keeper().outcome = nullptr;
  bench.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  bench.Advance(absl::Seconds(31));
  bench.Configure(RefreshBench::Setup({}, {"p1"}));
  bench.keeper().making.front().done(Committed(7));
  bench.Run();
  EXPECT_EQ(bench.keeper().removed, std::vector<std::string>{"a.example."});
}

TEST(RefreshSetup, NewKeyMakesANewClientAndBeginsItsTurnsAgain) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
  bench.Configure(setup);
  bench.Advance(absl::Seconds(31));
  bench.primary("p1").answer = nullptr;
  bench.Notify("a.example.");
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  setup.primaries[0].source = *SocketAddress::FromText("192.0.2.9", 0);
  bench.Configure(setup);
  EXPECT_EQ(bench.primary("p1").clients, 2);
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  EXPECT_FALSE(bench.primary("p1").asked[0].order.axfr_only) << "the same primary";
  bench.Give("p1", Diffs(7, 8));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.refresher().Counts().under_way, 0u);
}

TEST(RefreshSetup, NewAddressIsAnotherPrimary) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
  bench.Configure(setup);
  bench.Advance(absl::Seconds(31));
  setup.primaries[0].address = *SocketAddress::FromText("192.0.2.77", 53);
  bench.Configure(setup);
  AnswerWith(bench, "p1", 8);
  bench.Notify("a.example.");
  bench.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.Status("a.example.").last->result, "axfr");
}

TEST(RefreshSetup, MissingKeyIsNeverTakenAsUnsigned) {
  RefreshBench bench;
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
  setup.primaries[0].key = "missing.";
  bench.Configure(setup);
  bench.Advance(absl::Hours(1));
  EXPECT_EQ(bench.primary("p1").clients, 0);
  EXPECT_EQ(bench.Published("a.example."), "none empty");
}

TEST(RefreshSetup, NewBoundsApplyToAHeldZone) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
  bench.Configure(setup);
  bench.Advance(absl::Seconds(31));
  setup.policies[0].limits.refresh.max = absl::Minutes(5);
  bench.Configure(setup);
  const size_t before = bench.primary("p1").zones.size();
  bench.Advance(absl::Hours(1));
  EXPECT_GE(bench.primary("p1").zones.size() - before, 10u);
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

// The primary said that it has 8, and does not give it yet: it is asked again soon. A reload
// meanwhile must not leave that to the next refresh.
TEST(RefreshSetup, NewBoundsLeaveANotifyInPlace) {
  RefreshBench bench;
  AnswerWith(bench, "p1", 7);
  TransferSetup setup = RefreshBench::Setup({"a.example."}, {"p1"});
  bench.Configure(setup);
  bench.Advance(absl::Seconds(31));
  bench.Notify("a.example.", 8, "p1");
  bench.Advance(absl::Seconds(1));
  setup.policies[0].limits.refresh.max = absl::Hours(1);
  bench.Configure(setup);
  AnswerWith(bench, "p1", 8);
  bench.Advance(absl::Seconds(36));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

TEST(RefreshSetup, NotMoreTurnsThanThePrimaryAllows) {
  RefreshBench bench;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(absl::StrCat("z", i, ".example."));
  TransferSetup setup = RefreshBench::Setup(names, {"p1"});
  setup.primaries[0].transfers_max = 3;
  bench.Configure(setup);
  bench.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.primary("p1").asked.size(), 2u) << "one place is kept for NOTIFYs";
  bench.Notify("z99.example.");
  EXPECT_EQ(bench.primary("p1").asked.size(), 3u);
}

// A NOTIFYed zone never waits for a round of refreshes.
TEST(RefreshSetup, NotifiedZonesAreAskedAtOnceWhileAHundredThousandRefresh) {
  RefreshBench bench;
  std::vector<std::string> names;
  for (int i = 0; i < 100'000; ++i) names.push_back(absl::StrCat("z", i, ".example."));
  bench.Configure(RefreshBench::Setup(names, {"p1"}));
  bench.Advance(absl::Minutes(1));
  ASSERT_GT(bench.refresher().Counts().waiting, 99'000u);
  FakePrimary& primary = bench.primary("p1");
  for (int i = 0; i < 1'000; ++i) {
    const std::string zone = names[static_cast<size_t>(99'999 - i * 7)];
    for (int j = 0; j < 20; ++j) bench.Notify(zone, 7, "p1");  // Of each of its name servers.
    EXPECT_EQ(primary.zones.back(), zone) << "begun before anything else";
    const auto turn = std::ranges::find_if(primary.asked, [&](const FakePrimary::Asked& asked) {
      return asked.order.zone.ToText() == zone;
    });
    ASSERT_NE(turn, primary.asked.end());
    std::swap(*turn, primary.asked.front());
    bench.Give("p1", Whole(7));
    ASSERT_EQ(bench.Published(zone), "serial 7 fresh");
  }
}

}  // namespace
}  // namespace hither
