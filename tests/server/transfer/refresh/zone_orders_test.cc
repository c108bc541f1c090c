// Rolling back, and staying there.

#include "server/transfer/refresh/zone_orders.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

// One zone whose primary "p1" has gone from serial 7 to `serial`, which is 8.
struct Rolled : RefreshBench {
  Rolled() {
    primary("p1").answer = [this](const TurnOrder& order) { return Honest(order, serial); };
    Configure(Setup({"a.example."}, {"p1"}));
    Advance(absl::Seconds(31));
    serial = 8;
    Notify("a.example.", 8);
  }
  // The keeper gives `to`, or an error.
  void RollBack(std::optional<uint32_t> to, VersionOutcome outcome) {
    refresher().orders().RollBack(Name::FromText("a.example.")->view(), to,
                                  [this](absl::StatusOr<std::string> what) {
                                    said = what.ok() ? *what : std::string(what.status().message());
                                  });
    Run();
    if (keeper().rolls.empty()) return;
    auto roll = std::move(keeper().rolls.front());
    keeper().rolls.pop_front();
    roll.second(std::move(outcome));
    Run();
  }

  uint32_t serial = 7;
  std::string said;
};

TEST(ZoneOrders, RollsBackAndStays) {
  Rolled bench;
  ASSERT_EQ(bench.Published("a.example."), "serial 8 fresh");
  bench.RollBack(std::nullopt, Committed(7));
  EXPECT_EQ(bench.said, "zone a.example.: rolled back: 8 -> 7; it stays until a primary is past 8");
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  EXPECT_TRUE(bench.Status("a.example.").is_rolled_back);
  EXPECT_EQ(bench.keeper().timers.at("a.example.").rolled_back_from, 8u);
  bench.Notify("a.example.", 8);
  bench.Advance(absl::Hours(24 * 7));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh")
      << "the primary is there: neither stale nor expired";
  bench.serial = 9;
  bench.Notify("a.example.", 9);
  bench.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 9 fresh");
  EXPECT_FALSE(bench.Status("a.example.").is_rolled_back);
}

TEST(ZoneOrders, ARolledBackZoneExpiresIfNoPrimaryAnswers) {
  Rolled bench;
  bench.RollBack(std::nullopt, Committed(7));
  bench.primary("p1").answer = [](const TurnOrder&) {
    return Trouble(TurnResult::Kind::kUnreachable);
  };
  bench.Advance(absl::Hours(25));
  EXPECT_EQ(bench.Published("a.example."), "none expired");
}

TEST(ZoneOrders, RefreshEndsTheRollBack) {
  Rolled bench;
  bench.RollBack(7, Committed(7));
  bench.Refresh("a.example.");
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
}

TEST(ZoneOrders, RollsBackTwiceAndStaysAwayFromBoth) {
  Rolled bench;
  bench.RollBack(7, Committed(7));
  bench.RollBack(6, Committed(6));
  EXPECT_EQ(bench.keeper().timers.at("a.example.").rolled_back_from, 8u);
  bench.Advance(absl::Hours(3));
  EXPECT_EQ(bench.Published("a.example."), "serial 6 fresh");
}

TEST(ZoneOrders, ForwardToTheLatestEndsTheRollBack) {
  Rolled bench;
  bench.RollBack(7, Committed(7));
  bench.RollBack(8, Committed(8));
  EXPECT_EQ(bench.said, "zone a.example.: rolled back: 7 -> 8");
  EXPECT_FALSE(bench.Status("a.example.").is_rolled_back);
}

TEST(ZoneOrders, AFailedRollBackChangesNothing) {
  Rolled bench;
  VersionOutcome outcome;
  outcome.kind = VersionOutcome::Kind::kRefused;
  outcome.reason = "serial 3 is not kept";
  bench.RollBack(3, outcome);
  EXPECT_EQ(bench.said, "zone a.example. is not rolled back: serial 3 is not kept");
  EXPECT_EQ(bench.Published("a.example."), "serial 8 fresh");
  bench.serial = 9;
  bench.Advance(absl::Hours(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 9 fresh");
}

TEST(ZoneOrders, RollBackCancelsATransfer) {
  Rolled bench;
  bench.primary("p1").answer = nullptr;
  bench.Notify("a.example.");
  bench.Advance(absl::Seconds(2));
  ASSERT_EQ(bench.primary("p1").asked.size(), 1u);
  bench.RollBack(7, Committed(7));
  EXPECT_EQ(bench.primary("p1").cancelled, 1);
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
  EXPECT_EQ(bench.refresher().Counts().under_way, 0u);
}

TEST(ZoneOrders, RollBackWaitsForTheVersionThatIsBeingMade) {
  Rolled bench;
  bench.keeper().outcome = nullptr;
  bench.serial = 9;
  bench.Notify("a.example.", 9);
  bench.Advance(absl::Seconds(2));
  ASSERT_EQ(bench.keeper().making.size(), 1u);
  bench.RollBack(7, Committed(7));
  EXPECT_EQ(bench.said, "");
  bench.keeper().making.front().done(Committed(9));
  bench.Run();
  ASSERT_EQ(bench.keeper().rolls.size(), 1u);
  bench.keeper().rolls.front().second(Committed(7));
  bench.Run();
  EXPECT_TRUE(absl::StartsWith(bench.said, "zone a.example.: rolled back: 9 -> 7"));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

TEST(ZoneOrders, RollBacksThatWaitAreDoneInTheirOrder) {
  Rolled bench;
  bench.keeper().outcome = nullptr;
  bench.serial = 9;
  bench.Notify("a.example.", 9);
  bench.Advance(absl::Seconds(2));
  ASSERT_EQ(bench.keeper().making.size(), 1u);
  bench.RollBack(7, Committed(7));
  bench.RollBack(6, Committed(6));
  bench.keeper().making.front().done(Committed(9));
  for (const uint32_t to : {7, 6}) {
    bench.Run();
    ASSERT_EQ(bench.keeper().rolls.size(), 1u);
    const auto roll = std::move(bench.keeper().rolls.front());
    bench.keeper().rolls.pop_front();
    EXPECT_EQ(roll.first, to);
    roll.second(Committed(to));
  }
  bench.Run();
  EXPECT_EQ(bench.Published("a.example."), "serial 6 fresh");
}

// The operator's primary is repaired while the older version is being built.
TEST(ZoneOrders, ANotifyDuringARollBackIsNotLost) {
  Rolled bench;
  bench.refresher().orders().RollBack(Name::FromText("a.example.")->view(), 7,
                                      [](const absl::StatusOr<std::string>&) {});
  bench.Run();
  ASSERT_EQ(bench.keeper().rolls.size(), 1u);
  bench.serial = 9;
  bench.Notify("a.example.", 9);
  bench.keeper().rolls.front().second(Committed(7));
  bench.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.Published("a.example."), "serial 9 fresh");
}

// Else its answer would promise what the end of the roll back undoes.
TEST(ZoneOrders, OtherOrdersAreRejectedDuringARollBack) {
  Rolled bench;
  bench.refresher().orders().RollBack(Name::FromText("a.example.")->view(), 7,
                                      [](const absl::StatusOr<std::string>&) {});
  bench.Run();
  const std::string wait = "zone a.example. is being rolled back; try again later";
  EXPECT_EQ(bench.Refresh("a.example."), wait);
  EXPECT_EQ(bench.Retransfer("a.example."), wait);
  EXPECT_EQ(bench.Accept("a.example.", 9), wait);
  bench.keeper().rolls.front().second(Committed(7));
  bench.Advance(absl::Hours(3));
  EXPECT_EQ(bench.Published("a.example."), "serial 7 fresh");
}

TEST(ZoneOrders, OrderReachesAPrimaryThatRests) {
  Rolled bench;
  bench.primary("p1").answer = [](const TurnOrder&) {
    return Trouble(TurnResult::Kind::kUnreachable);
  };
  bench.Advance(absl::Hours(3));
  bench.serial = 9;
  bench.primary("p1").answer = [&bench](const TurnOrder& order) {
    return Honest(order, bench.serial);
  };
  bench.Refresh("a.example.");
  EXPECT_EQ(bench.Published("a.example."), "serial 9 fresh");
}

}  // namespace
}  // namespace hither
