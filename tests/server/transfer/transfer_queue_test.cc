#include "server/transfer/transfer_queue.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

const absl::Time kStart = absl::UnixEpoch();
absl::Time At(int seconds) { return kStart + absl::Seconds(seconds); }

// "n1@10" is zone 1 at primary 10, by a NOTIFY; "r1@10!" a refresh, from another primary than
// before.
std::string ToText(const Turn& turn) {
  return absl::StrCat(turn.urgency == Urgency::kNotify ? "n" : "r", turn.zone, "@", turn.primary,
                      turn.is_changed ? "!" : "");
}

// All turns there are.
std::vector<Turn> Turns(TransferQueue& queue, absl::Time now = kStart) {
  std::vector<Turn> turns;
  while (const std::optional<Turn> turn = queue.Next(now)) turns.push_back(*turn);
  return turns;
}

std::string ToText(const std::vector<Turn>& turns) {
  std::string text;
  for (const Turn& turn : turns) absl::StrAppend(&text, text.empty() ? "" : " ", ToText(turn));
  return text;
}

TransferQueue QueueOf(size_t zones, const std::vector<PrimaryNumber>& primaries,
                      const QueueLimits& limits = {}) {
  TransferQueue queue(limits);
  for (ZoneNumber zone = 1; zone <= zones; ++zone) EXPECT_TRUE(queue.Add(zone, primaries));
  return queue;
}

TEST(TransferQueue, ServesInOrderOfArrival) {
  TransferQueue queue = QueueOf(3, {10});
  for (const ZoneNumber zone : {2u, 3u, 1u}) queue.Request(zone, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "r2@10 r3@10 r1@10");
}

TEST(TransferQueue, ServesNotifiesFirst) {
  TransferQueue queue = QueueOf(4, {10});
  for (const ZoneNumber zone : {1u, 2u}) queue.Request(zone, Urgency::kRefresh);
  for (const ZoneNumber zone : {3u, 4u}) queue.Request(zone, Urgency::kNotify);
  EXPECT_EQ(ToText(Turns(queue)), "n3@10 n4@10 r1@10 r2@10");
}

TEST(TransferQueue, NotifyMovesAWaitingRefreshForward) {
  TransferQueue queue = QueueOf(3, {10});
  for (const ZoneNumber zone : {1u, 2u, 3u}) queue.Request(zone, Urgency::kRefresh);
  queue.Request(3, Urgency::kNotify);
  queue.Request(3, Urgency::kRefresh);  // No way back.
  EXPECT_EQ(queue.waiting(), 3u);
  EXPECT_EQ(ToText(Turns(queue)), "n3@10 r1@10 r2@10");
}

TEST(TransferQueue, HasAZoneOnce) {
  TransferQueue queue = QueueOf(1, {10});
  for (int i = 0; i < 1'000; ++i) queue.Request(1, Urgency::kNotify);
  EXPECT_EQ(queue.waiting(), 1u);
  const std::vector<Turn> turns = Turns(queue);
  EXPECT_EQ(ToText(turns), "n1@10");
  for (int i = 0; i < 1'000; ++i) queue.Request(1, Urgency::kRefresh);
  queue.Request(1, Urgency::kNotify);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.End(turns[0], TurnEnd::kCurrent, kStart), RoundEnd::kDone);
  const std::vector<Turn> again = Turns(queue);
  EXPECT_EQ(ToText(again), "n1@10");
  queue.End(again[0], TurnEnd::kCurrent, kStart);
  EXPECT_EQ(ToText(Turns(queue)), "");
}

TEST(TransferQueue, PrimariesTakeTurns) {
  TransferQueue queue;
  for (ZoneNumber zone = 1; zone <= 6; ++zone) queue.Add(zone, {zone <= 4 ? 10u : 20u});
  for (ZoneNumber zone = 1; zone <= 6; ++zone) queue.Request(zone, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "r1@10 r5@20 r2@10 r6@20 r3@10 r4@10");
}

TEST(TransferQueue, LimitsTurns) {
  QueueLimits limits = {.turns_max = 5, .refreshes_max = 5, .primary_turns_max = 3};
  limits.primary_refreshes_max = 3;
  TransferQueue queue(limits);
  for (ZoneNumber zone = 1; zone <= 8; ++zone) queue.Add(zone, {zone <= 4 ? 10u : 20u});
  for (ZoneNumber zone = 1; zone <= 8; ++zone) queue.Request(zone, Urgency::kRefresh);
  const std::vector<Turn> turns = Turns(queue);
  EXPECT_EQ(ToText(turns), "r1@10 r5@20 r2@10 r6@20 r3@10");
  queue.End(turns[1], TurnEnd::kCurrent, kStart);
  EXPECT_EQ(ToText(Turns(queue)), "r7@20");
}

TEST(TransferQueue, RefreshesLeaveRoomForNotifies) {
  const QueueLimits limits = {
      .turns_max = 4, .refreshes_max = 3, .primary_turns_max = 3, .primary_refreshes_max = 2};
  TransferQueue queue(limits);
  for (ZoneNumber zone = 1; zone <= 8; ++zone) queue.Add(zone, {zone <= 4 ? 10u : 20u});
  for (ZoneNumber zone = 1; zone <= 7; ++zone) queue.Request(zone, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "r1@10 r5@20 r2@10");
  queue.Request(8, Urgency::kNotify);
  EXPECT_EQ(ToText(Turns(queue)), "n8@20");
}

// Otherwise a storm of NOTIFYs would let the primary's other zones expire.
TEST(TransferQueue, NotifiesDoNotStarveRefreshes) {
  QueueLimits limits;
  limits.primary_turns_max = 1;
  TransferQueue queue = QueueOf(3, {10}, limits);
  queue.Request(3, Urgency::kRefresh);
  int turns = 0;
  for (bool refreshed = false; !refreshed && turns < 100; ++turns) {
    queue.Request(1, Urgency::kNotify);
    queue.Request(2, Urgency::kNotify);
    const std::optional<Turn> turn = queue.Next(kStart);
    ASSERT_TRUE(turn.has_value());
    refreshed = turn->zone == 3;
    queue.End(*turn, TurnEnd::kCurrent, kStart);
  }
  EXPECT_EQ(turns, TransferQueue::kNotifiesInRow + 1);
}

// One zone whose turns end as given, until its round ends: "r1@10 r1@20".
std::string Round(TransferQueue& queue, const std::vector<TurnEnd>& ends, RoundEnd want) {
  queue.Request(1, Urgency::kRefresh);
  std::vector<Turn> turns;
  for (const TurnEnd end : ends) {
    const std::optional<Turn> turn = queue.Next(kStart);
    if (!turn) return "no turn";
    turns.push_back(*turn);
    const RoundEnd round = queue.End(*turn, end, kStart);
    EXPECT_EQ(round, turns.size() == ends.size() ? want : RoundEnd::kNextPrimary);
  }
  EXPECT_EQ(queue.under_way(), 0u);
  return ToText(turns);
}

TEST(TransferQueue, AsksPrimariesInOrder) {
  TransferQueue queue = QueueOf(1, {10, 20, 30});
  const auto failed = TurnEnd::kFailed;
  EXPECT_EQ(Round(queue, {failed, failed, failed}, RoundEnd::kExhausted), "r1@10 r1@20 r1@30");
  EXPECT_EQ(Round(queue, {failed, TurnEnd::kCurrent}, RoundEnd::kDone), "r1@10 r1@20");
}

TEST(TransferQueue, PinsThePrimaryThatAnswers) {
  TransferQueue queue = QueueOf(1, {10, 20, 30});
  Round(queue, {TurnEnd::kFailed, TurnEnd::kTransferred}, RoundEnd::kDone);
  EXPECT_EQ(queue.pinned(1), 20u);
  EXPECT_EQ(Round(queue, {TurnEnd::kCurrent}, RoundEnd::kDone), "r1@20");
  // When it fails, the order of the list holds again, without it. Another's content is AXFR's.
  EXPECT_EQ(Round(queue, {TurnEnd::kFailed, TurnEnd::kTransferred}, RoundEnd::kDone),
            "r1@20 r1@10!");
  EXPECT_EQ(Round(queue, {TurnEnd::kCurrent}, RoundEnd::kDone), "r1@10");
}

TEST(TransferQueue, AsksAnotherIfThePinnedOneIsBehind) {
  TransferQueue queue = QueueOf(1, {10, 20});
  Round(queue, {TurnEnd::kTransferred}, RoundEnd::kDone);
  EXPECT_EQ(Round(queue, {TurnEnd::kBehind, TurnEnd::kBehind}, RoundEnd::kExhausted),
            "r1@10 r1@20!");
  EXPECT_EQ(queue.pinned(1), 10u) << "it answered";
}

TEST(TransferQueue, KnowsWhoseContentItHolds) {
  TransferQueue queue;
  queue.Add(1, {10, 20}, 20);
  EXPECT_EQ(Round(queue, {TurnEnd::kFailed, TurnEnd::kCurrent}, RoundEnd::kDone), "r1@20 r1@10!");
  queue.Add(2, {10}, 99);  // No longer in the list.
  queue.Request(2, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "r2@10!");
}

// Three zones find the primary unreachable; the others do not wait for that to happen to them.
TEST(TransferQueue, LeavesAnUnreachablePrimary) {
  QueueLimits limits;
  limits.primary_refreshes_max = 3;
  TransferQueue queue = QueueOf(100, {10, 20}, limits);
  for (ZoneNumber zone = 1; zone <= 100; ++zone) queue.Request(zone, Urgency::kRefresh);
  int at_dead = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::optional<Turn> turn = queue.Next(kStart);
    if (!turn) break;
    at_dead += turn->primary == 10;
    queue.End(*turn, turn->primary == 10 ? TurnEnd::kUnreachable : TurnEnd::kCurrent, kStart);
  }
  EXPECT_EQ(at_dead, 3);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.pinned(100), 20u);
}

TEST(TransferQueue, AnUnreachablePrimaryRestsLongerAndLonger) {
  TransferQueue queue = QueueOf(1, {10});
  std::vector<int> rests;
  absl::Time now = kStart;
  for (int i = 0; i < 10; ++i) {
    queue.Request(1, Urgency::kRefresh);
    const absl::Time before = now;
    std::optional<Turn> turn = queue.Next(now);
    if (!turn) {
      now = queue.next_rest_end();
      EXPECT_FALSE(queue.Next(now - absl::Milliseconds(1)).has_value());
      turn = queue.Next(now);
    }
    ASSERT_TRUE(turn.has_value());
    rests.push_back(static_cast<int>(absl::ToInt64Seconds(now - before)));
    EXPECT_EQ(queue.End(*turn, TurnEnd::kUnreachable, now), RoundEnd::kExhausted);
  }
  EXPECT_EQ(rests, (std::vector<int>{0, 0, 0, 10, 20, 40, 80, 160, 300, 300}));
}

TEST(TransferQueue, ANotifyEndsTheRestOfItsPrimary) {
  TransferQueue queue = QueueOf(1, {10});
  for (int i = 0; i < 3; ++i) Round(queue, {TurnEnd::kUnreachable}, RoundEnd::kExhausted);
  queue.Request(1, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "");
  EXPECT_EQ(queue.next_rest_end(), At(10));
  queue.Request(1, Urgency::kNotify, 10);
  const std::vector<Turn> turns = Turns(queue);
  EXPECT_EQ(ToText(turns), "n1@10");
  // Unreachable after all: it rests at once, and longer.
  queue.End(turns[0], TurnEnd::kUnreachable, kStart);
  queue.Request(1, Urgency::kRefresh);
  EXPECT_EQ(ToText(Turns(queue)), "");
  EXPECT_EQ(queue.next_rest_end(), At(20));
}

TEST(TransferQueue, Removes) {
  TransferQueue queue = QueueOf(3, {10});
  for (const ZoneNumber zone : {1u, 2u}) queue.Request(zone, Urgency::kRefresh);
  queue.Remove(1);
  queue.Remove(1);
  EXPECT_FALSE(queue.Request(1, Urgency::kRefresh));
  const std::vector<Turn> turns = Turns(queue);
  EXPECT_EQ(ToText(turns), "r2@10");
  queue.Remove(2);
  EXPECT_EQ(queue.under_way(), 1u);
  queue.Add(2, {20});  // The same number for another zone: the old turn is not its.
  queue.Request(2, Urgency::kRefresh);
  const std::vector<Turn> later = Turns(queue);
  EXPECT_EQ(ToText(later), "r2@20");
  EXPECT_EQ(queue.End(turns[0], TurnEnd::kCurrent, kStart), RoundEnd::kUnknown);
  EXPECT_EQ(queue.End(later[0], TurnEnd::kCurrent, kStart), RoundEnd::kDone);
  EXPECT_EQ(queue.under_way(), 0u);
}

TEST(TransferQueue, RejectsWhatItCannotHold) {
  TransferQueue queue;
  EXPECT_FALSE(queue.Add(1, {}));
  EXPECT_FALSE(queue.Add(1, std::vector<PrimaryNumber>(TransferQueue::kPrimariesMax + 1, 10)));
  EXPECT_TRUE(queue.Add(1, std::vector<PrimaryNumber>(TransferQueue::kPrimariesMax, 10)));
  EXPECT_FALSE(queue.Add(1, {10}));
  EXPECT_EQ(queue.zones(), 1u);
}

}  // namespace
}  // namespace hither
