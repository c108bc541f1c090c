// What comes of a primary's answers: publication, state, and when it is asked again.

#include "server/transfer/refresh/refresher.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

using Kind = TurnResult::Kind;

// One zone of serial 7, transferred from "p1".
struct OneZone : RefreshBench {
  explicit OneZone(const std::vector<std::string>& primaries = {"p1"}) {
    for (const std::string& name : primaries) {
      primary(name).answer = [this, name](const TurnOrder& order) {
        return Honest(order, serials[name]);
      };
      serials[name] = 7;
    }
    Configure(Setup({"a.example."}, primaries));
    Advance(absl::Seconds(31));
  }
  // Held back until the test gives the results.
  void Manual(const std::string& name = "p1") { primary(name).answer = nullptr; }

  std::map<std::string, uint32_t> serials;
};

TEST(Refresher, PublishesTheFirstVersion) {
  OneZone bench;
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  const ZoneTransferStatus status = bench.Status("a.example.");
  EXPECT_EQ(status.primary, "p1");
  EXPECT_EQ(status.last->result, "axfr");
  EXPECT_EQ(status.last->octets, 1'234u);
  EXPECT_EQ(bench.keeper().timers.at("a.example.").primary, "p1");
}

TEST(Refresher, RefreshesByIxfrAndConfirms) {
  OneZone bench;
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  const int calls = bench.host().calls;
  bench.serials["p1"] = 8;
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.host().calls, calls + 1) << "only what changes is reported";
  EXPECT_EQ(bench.Status("a.example.").last->result, "current");
  EXPECT_EQ(bench.refresher().Counts().transfers_ixfr, 1u);
}

// A round of SOA queries that a primary answers slowly, or never.
TEST(Refresher, NotifiedZoneIsTransferredDuringARoundOfChecks) {
  std::vector<std::string> names;
  for (int i = 0; i < 2'000; ++i) names.push_back(absl::StrCat("z", i, ".example."));
  RefreshBench bench;
  bench.primary("p1").answer = [](const TurnOrder& order) { return Honest(order, 7); };
  bench.Configure(RefreshBench::Setup(names, {"p1"}));
  bench.Advance(absl::Minutes(5));
  ASSERT_EQ(bench.Published("z1999.example."), "serial 7 fresh");
  FakePrimary& primary = bench.primary("p1");
  primary.answer = nullptr;  // From now on.
  bench.Advance(absl::Hours(2));
  ASSERT_EQ(primary.asked.size(), 256u) << "checks_per_primary_max";
  for (const FakePrimary::Asked& asked : primary.asked) EXPECT_TRUE(asked.order.is_check);
  std::string notified;  // One whose check still waits.
  for (const std::string& name : names) {
    const auto is_asked = [&](const auto& one) { return one.order.zone.ToText() == name; };
    if (std::ranges::none_of(primary.asked, is_asked)) notified = name;
  }
  bench.Notify(notified, 8);
  ASSERT_EQ(primary.asked.size(), 257u);
  EXPECT_EQ(primary.asked.back().order.zone.ToText(), notified);
  EXPECT_FALSE(primary.asked.back().order.is_check);
  bench.Configure(RefreshBench::Setup({"z0.example."}, {"p1"}));  // Cancels all others.
  EXPECT_LE(primary.asked.size(), 1u);
}

TEST(Refresher, BecomesStaleExpiresAndRecovers) {
  OneZone bench;
  bench.primary("p1").answer = [](const TurnOrder&) { return Trouble(Kind::kUnreachable); };
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale");
  EXPECT_EQ(bench.host().zones.at("a.example.").error, "p1: connection refused");
  const int calls = bench.host().calls;
  bench.Advance(absl::Hours(21));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale");
  EXPECT_EQ(bench.host().calls, calls);
  bench.Advance(absl::Hours(1));
  EXPECT_EQ(bench.Published("a.example."), "none expired");
  EXPECT_EQ(bench.refresher().Counts().zones_expired, 1u);
  bench.primary("p1").answer = [](const TurnOrder& order) { return Honest(order, 7); };
  bench.Advance(absl::Hours(1));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  EXPECT_EQ(bench.refresher().Counts().zones_expired, 0u);
}

TEST(Refresher, ExpiresAlsoWhileAPrimaryIsAsked) {
  OneZone bench;
  bench.Manual();
  bench.Advance(absl::Hours(25));
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  EXPECT_EQ(bench.Published("a.example."), "none expired");
  bench.Give("p1", Current(7));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

// RFC 7314 §4.
TEST(Refresher, TakesTheLesserOfExpireAndSoa) {
  OneZone bench;
  bench.primary("p1").answer = [](const TurnOrder&) { return Whole(8, 5'000); };
  bench.Retransfer("a.example.");
  EXPECT_EQ(bench.Status("a.example.").expires_at - bench.now().wall, absl::Seconds(5'000));
  EXPECT_EQ(bench.keeper().timers.at("a.example.").expire_seconds, 5'000u);
}

TEST(Refresher, RefusedVersionIsHeldBackAndNotTransferredInALoop) {
  OneZone bench;
  bench.serials["p1"] = 8;
  int made = 0;
  bench.keeper().outcome = [&made](const VersionOrder&) {
    ++made;
    return Refused("the zone would lose 60% of its records");
  };
  bench.Advance(absl::Hours(1));
  EXPECT_EQ(made, 1);
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale refused");
  const ZoneTransferStatus status = bench.Status("a.example.");
  EXPECT_EQ(status.refused->serial, 8u);
  EXPECT_EQ(status.refused->gate, "size");
  EXPECT_EQ(status.refused->diff_text, "-www A 192.0.2.1");
  EXPECT_EQ(bench.keeper().timers.at("a.example.").refused_serial, 8u);
  bench.Advance(absl::Hours(12));
  EXPECT_LE(made, 10) << "after 1, 2, 4 ... 256 minutes";
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale refused");
  for (int i = 0; i < 100; ++i) {
    bench.Notify("a.example.", 8, "p1");
    bench.Advance(absl::Seconds(2));
  }
  EXPECT_LE(made, 11);
  bench.keeper().outcome = [](const VersionOrder&) { return Committed(9); };
  bench.serials["p1"] = 9;
  bench.Notify("a.example.", 9, "p1");
  bench.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 9 fresh");
  EXPECT_FALSE(bench.Status("a.example.").refused.has_value());
}

TEST(Refresher, AcceptedSerialIsPublished) {
  OneZone bench;
  bench.serials["p1"] = 8;
  EXPECT_EQ(bench.Accept("a.example."),
            "zone a.example. has no refused version; give the serial that is to be accepted");
  bench.keeper().outcome = [](const VersionOrder& order) {
    return order.accepted_serial == 8 ? Committed(8) : Refused("too small");
  };
  bench.Advance(absl::Hours(1));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale refused");
  EXPECT_EQ(bench.Accept("a.example."),
            "zone a.example.: serial 8 is accepted and will be published once it is transferred "
            "again");
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

TEST(Refresher, AcceptedSerialThatCannotBeBuiltIsNotTransferredInALoop) {
  OneZone bench;
  bench.serials["p1"] = 8;
  int made = 0;
  bench.keeper().outcome = [&made](const VersionOrder&) {
    ++made;
    return Refused("CNAME beside other data");
  };
  bench.Accept("a.example.", 8);
  EXPECT_EQ(made, 1);
  bench.Advance(absl::Minutes(3));
  EXPECT_LE(made, 3);
}

TEST(Refresher, DifferencesThatDoNotFitAreFollowedByAxfrAtOnce) {
  OneZone bench;
  bench.serials["p1"] = 8;
  bench.keeper().outcome = [](const VersionOrder& order) {
    if (order.is_whole) return Committed(8);
    VersionOutcome outcome;
    outcome.kind = VersionOutcome::Kind::kUnfit;
    outcome.reason = "www.a.example. A is not there";
    return outcome;
  };
  bench.Notify("a.example.", 8);
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.refresher().Counts().transfers_ixfr, 1u);
  EXPECT_EQ(bench.refresher().Counts().transfers_axfr, 2u);
}

TEST(Refresher, WithoutDiskItConfirmsButTransfersRarely) {
  OneZone bench;
  bench.serials["p1"] = 8;
  int made = 0;
  bench.keeper().outcome = [&made](const VersionOrder&) {
    ++made;
    VersionOutcome outcome;
    outcome.kind = VersionOutcome::Kind::kNoDisk;
    outcome.reason = "no space left on device";
    return outcome;
  };
  bench.Notify("a.example.", 8);
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale");
  bench.Advance(absl::Hours(2));
  EXPECT_LE(made, 15) << "at the pace of retry";
  bench.keeper().outcome = [](const VersionOrder&) { return Committed(8); };
  bench.Advance(absl::Minutes(10));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

// What a NOTIFY says is a reason to ask, nothing more.
TEST(Refresher, NotifyAheadOfThePrimaryDoesNotCausePerpetualTransfers) {
  OneZone bench;
  const size_t before = bench.primary("p1").zones.size();
  bench.Notify("a.example.", 9, "p1");
  bench.Advance(absl::Minutes(30));
  EXPECT_LE(bench.primary("p1").zones.size() - before, 4u) << "at once, and 5, 15, 35 s later";
  EXPECT_EQ(bench.refresher().Counts().transfers_axfr, 1u);
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

TEST(Refresher, NotifyOfAHeldSerialChangesNothing) {
  OneZone bench;
  const size_t before = bench.primary("p1").zones.size();
  bench.Notify("a.example.", 7, "p1");
  bench.Notify("a.example.", 3, "p1");
  bench.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.primary("p1").zones.size(), before);
}

TEST(Refresher, NotifyDuringATurnIsFollowedByOneMore) {
  OneZone bench;
  bench.Manual();
  bench.Notify("a.example.");
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  for (int i = 0; i < 5; ++i) bench.Notify("a.example.", 8);
  bench.Give("p1", Current(7));
  bench.Advance(absl::Seconds(1));
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  bench.Give("p1", Diffs(7, 8));
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  bench.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.primary("p1").asked.size(), 0u);
}

TEST(Refresher, NoTurnWhileTheKeeperMakesAVersion) {
  OneZone bench;
  bench.keeper().outcome = nullptr;
  bench.serials["p1"] = 8;
  bench.Notify("a.example.", 8);
  ASSERT_EQ(bench.keeper().making.size(), 1u);
  EXPECT_EQ(bench.Status("a.example.").activity, "in the gates");
  bench.serials["p1"] = 9;
  const size_t before = bench.primary("p1").zones.size();
  bench.Notify("a.example.", 9);
  bench.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.primary("p1").zones.size(), before);
  bench.keeper().making.front().done(Committed(8));
  bench.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.keeper().making.size(), 2u) << "asked again afterwards";
}

TEST(Refresher, AsksPrimariesInOrderAndStaysWithTheOneThatAnswers) {
  OneZone bench({"p1", "p2"});
  EXPECT_EQ(bench.Status("a.example.").primary, "p1");
  bench.primary("p1").answer = [](const TurnOrder&) { return Trouble(Kind::kUnreachable); };
  bench.serials["p2"] = 8;
  bench.Notify("a.example.");
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  EXPECT_EQ(bench.Status("a.example.").last->result, "axfr") << "another primary: not IXFR";
  EXPECT_EQ(bench.Status("a.example.").primary, "p2");
  bench.primary("p1").answer = [](const TurnOrder& order) { return Honest(order, 7); };
  bench.serials["p2"] = 9;
  const size_t before = bench.primary("p1").zones.size();
  bench.Notify("a.example.");
  bench.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.primary("p1").zones.size(), before);
  EXPECT_EQ(bench.Status("a.example.").last->result, "ixfr");
}

TEST(Refresher, RefusedContentIsNotTakenFromAnotherPrimary) {
  OneZone bench({"p1", "p2"});
  int made = 0;
  bench.keeper().outcome = [&made](const VersionOrder& order) {
    ++made;
    return order.diffs.empty() || order.diffs.back().serial_to == 8 ? Refused("bad") : Committed(9);
  };
  bench.serials["p1"] = bench.serials["p2"] = 8;
  bench.Notify("a.example.", 8, "p1");
  bench.Advance(absl::Seconds(50));
  EXPECT_EQ(made, 1);
  EXPECT_GT(bench.primary("p2").zones.size(), 0u) << "it may have another serial";
  bench.Advance(absl::Seconds(20));
  EXPECT_EQ(made, 2) << "refused_min";
}

TEST(Refresher, BrokenTransferIsTriedAtTheNextPrimary) {
  OneZone bench({"p1", "p2"});
  bench.primary("p1").answer = [](const TurnOrder&) {
    TurnResult result = Trouble(Kind::kBroken, "over 1 GiB");
    result.soa = SoaOf(8);
    return result;
  };
  bench.serials["p2"] = 8;
  bench.Notify("a.example.");
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

TEST(Refresher, BrokenTransfersAreNotRepeatedInALoop) {
  OneZone bench;
  bench.primary("p1").answer = [](const TurnOrder& order) {
    TurnResult result = Honest(order, 8);
    if (result.kind == Kind::kDiffs) result.kind = Kind::kBroken;
    return result;
  };
  bench.Advance(absl::Hours(13));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale");
  EXPECT_LE(bench.refresher().Counts().transfers_failed, 10u);
}

TEST(Refresher, PrimaryThatIsBehindConfirmsNothing) {
  OneZone bench;
  bench.serials["p1"] = 6;
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 stale");
  EXPECT_EQ(bench.host().zones.at("a.example.").error, "p1: has serial 6, we have serial 7");
}

TEST(Refresher, WallClockMayJump) {
  OneZone bench;
  bench.JumpWall(absl::Hours(24 * 365));
  bench.Advance(absl::Minutes(30));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  bench.JumpWall(-absl::Hours(24 * 365 * 30));
  bench.Advance(absl::Hours(3));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  EXPECT_LE(bench.now().wall - bench.Status("a.example.").last_success, absl::Hours(1));
}

TEST(Refresher, RetransferTakesAnySerialButNotPastOtherGates) {
  OneZone bench;
  bench.serials["p1"] = 5;
  std::optional<VersionOrder> seen;
  bench.keeper().outcome = [&seen](const VersionOrder& order) {
    seen = order;
    return Committed(5);
  };
  EXPECT_EQ(bench.Retransfer("a.example."), "zone a.example.: transferring the whole zone from p1");
  EXPECT_EQ(bench.Published("a.example."), "serial 5 fresh");
  EXPECT_EQ(seen->policy->gates.serial, GateSerial::kAny);
  EXPECT_FALSE(seen->accepted_serial.has_value());
}

TEST(Refresher, OrdersAreForKnownZones) {
  OneZone bench;
  EXPECT_EQ(bench.Refresh("b.example."), "zone b.example. is not among the zones with primaries");
  EXPECT_EQ(bench.Refresh("A.EXAMPLE."), "zone A.EXAMPLE.: asking p1; held: serial 7");
}

}  // namespace
}  // namespace hither
