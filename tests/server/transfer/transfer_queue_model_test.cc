// Random operations on a TransferQueue and on a model of it that is nothing but a list: both must
// name the same turns.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/transfer/transfer_queue.h"

namespace hither {
namespace {

// As slow and obvious as can be. It knows no rest: its primaries can always be reached.
class Model {
 public:
  explicit Model(const QueueLimits& limits) : limits_(limits) {}

  struct Zone {
    std::vector<PrimaryNumber> primaries;
    std::optional<PrimaryNumber> pinned = {};
    std::optional<PrimaryNumber> content_from = {};
    std::set<PrimaryNumber> tried = {};
    std::optional<Urgency> again = {};
    bool under_way = false;
  };
  struct Waiting {
    ZoneNumber zone;
    PrimaryNumber primary;
    Urgency urgency;
  };

  void Add(ZoneNumber zone, std::vector<PrimaryNumber> primaries) {
    zones.try_emplace(zone, Zone{.primaries = std::move(primaries)});
  }

  void Remove(ZoneNumber zone) {
    zones.erase(zone);
    std::erase_if(waiting, [&](const Waiting& one) { return one.zone == zone; });
  }

  void Request(ZoneNumber number, Urgency urgency) {
    if (!zones.contains(number)) return;
    Zone& zone = zones[number];
    const auto at =
        std::ranges::find_if(waiting, [&](const Waiting& one) { return one.zone == number; });
    if (zone.under_way) {
      zone.again = std::min(urgency, zone.again.value_or(urgency));
    } else if (at == waiting.end()) {
      zone.tried.clear();
      Wait(number, urgency);
    } else if (urgency < at->urgency) {
      const PrimaryNumber primary = at->primary;
      waiting.erase(at);
      waiting.push_back({number, primary, urgency});
    }
  }

  std::optional<Turn> Next() {
    if (turns.size() >= limits_.turns_max) return std::nullopt;
    for (const Urgency pass : {Urgency::kNotify, Urgency::kRefresh}) {
      for (const PrimaryNumber primary : Order(last_served_[pass])) {
        const auto urgency = Pick(primary, pass);
        if (!urgency) continue;
        last_served_[pass] = primary;
        return Start(primary, *urgency);
      }
    }
    return std::nullopt;
  }

  void End(const Turn& turn, TurnEnd end) {
    std::erase_if(turns, [&](const Turn& one) { return one.ticket == turn.ticket; });
    if (!zones.contains(turn.zone) || !zones[turn.zone].under_way) return;
    Zone& zone = zones[turn.zone];
    zone.under_way = false;
    const auto again = std::exchange(zone.again, std::nullopt);
    const bool is_done = end == TurnEnd::kCurrent || end == TurnEnd::kTransferred;
    if (is_done) zone.pinned = turn.primary;
    if (end == TurnEnd::kTransferred) zone.content_from = turn.primary;
    if (end == TurnEnd::kFailed && zone.pinned == turn.primary) zone.pinned.reset();
    if (!is_done && zone.tried.size() < zone.primaries.size()) {
      return Wait(turn.zone, std::min(turn.urgency, again.value_or(turn.urgency)));
    }
    if (again) Request(turn.zone, *again);
  }

  std::map<ZoneNumber, Zone> zones;
  std::vector<Waiting> waiting;
  std::vector<Turn> turns;

 private:
  void Wait(ZoneNumber number, Urgency urgency) {
    const Zone& zone = zones[number];
    std::vector<PrimaryNumber> order = zone.primaries;
    if (zone.pinned) order.insert(order.begin(), *zone.pinned);
    const auto first =
        std::ranges::find_if(order, [&](PrimaryNumber one) { return !zone.tried.contains(one); });
    waiting.push_back({number, *first, urgency});
    known_.insert(*first);
  }

  // All primaries that were ever asked, from the one after `last`.
  std::vector<PrimaryNumber> Order(PrimaryNumber last) const {
    std::vector<PrimaryNumber> order(known_.upper_bound(last), known_.end());
    order.insert(order.end(), known_.begin(), known_.upper_bound(last));
    return order;
  }

  size_t Waits(PrimaryNumber primary, Urgency urgency) const {
    return static_cast<size_t>(std::ranges::count_if(waiting, [&](const Waiting& one) {
      return one.primary == primary && one.urgency == urgency;
    }));
  }

  size_t Refreshes(std::optional<PrimaryNumber> primary) const {
    return static_cast<size_t>(std::ranges::count_if(turns, [&](const Turn& one) {
      return one.urgency == Urgency::kRefresh && (!primary || one.primary == *primary);
    }));
  }

  std::optional<Urgency> Pick(PrimaryNumber primary, Urgency pass) {
    const auto of_primary = std::ranges::count(turns, primary, &Turn::primary);
    if (static_cast<size_t>(of_primary) >= limits_.primary_turns_max) return std::nullopt;
    const bool may_refresh = Waits(primary, Urgency::kRefresh) > 0 &&
                             Refreshes(std::nullopt) < limits_.refreshes_max &&
                             Refreshes(primary) < limits_.primary_refreshes_max;
    if (pass == Urgency::kRefresh) return may_refresh ? std::optional(pass) : std::nullopt;
    if (Waits(primary, Urgency::kNotify) == 0) return std::nullopt;
    const bool owes = in_row_[primary] >= TransferQueue::kNotifiesInRow;
    return owes && may_refresh ? Urgency::kRefresh : Urgency::kNotify;
  }

  Turn Start(PrimaryNumber primary, Urgency urgency) {
    const auto at = std::ranges::find_if(waiting, [&](const Waiting& one) {
      return one.primary == primary && one.urgency == urgency;
    });
    Zone& zone = zones[at->zone];
    Turn turn = {.zone = at->zone, .primary = primary, .urgency = urgency};
    turn.is_changed = zone.content_from && *zone.content_from != primary;
    waiting.erase(at);
    zone.under_way = true;
    zone.tried.insert(primary);
    const bool counts = urgency == Urgency::kNotify && Waits(primary, Urgency::kRefresh) > 0;
    in_row_[primary] = counts ? in_row_[primary] + 1 : 0;
    turns.push_back(turn);
    return turn;
  }

  QueueLimits limits_;
  std::set<PrimaryNumber> known_;
  std::map<Urgency, PrimaryNumber> last_served_;
  std::map<PrimaryNumber, int> in_row_;
};

class Comparison {
 public:
  explicit Comparison(uint32_t seed)
      : random_(seed),
        limits_{.turns_max = 1 + Below(8),
                .refreshes_max = 1 + Below(8),
                .primary_turns_max = 1 + Below(4),
                .primary_refreshes_max = 1 + Below(4)},
        queue_(limits_),
        model_(limits_) {}

  void Step() {
    const auto zone = static_cast<ZoneNumber>(Below(12));
    switch (Below(10)) {
      case 0:
        return AddZone(zone);
      case 1:
        return Below(8) == 0 ? RemoveZone(zone) : AddZone(zone);
      case 2:
      case 3:
      case 4: {
        const auto urgency = Below(2) == 0 ? Urgency::kNotify : Urgency::kRefresh;
        EXPECT_EQ(queue_.Request(zone, urgency), model_.zones.contains(zone));
        return model_.Request(zone, urgency);
      }
      case 5:
      case 6:
      case 7:
        return Start();
      default:
        return EndOne();
    }
  }

  // Whatever has happened, every zone gets its turns in the end.
  void Drain() {
    for (int i = 0; i < 10'000 && (queue_.waiting() > 0 || queue_.under_way() > 0); ++i) {
      Start();
      EndOne();
    }
    EXPECT_EQ(queue_.waiting(), 0u);
    EXPECT_EQ(queue_.under_way(), 0u);
  }

  void Compare() const {
    EXPECT_EQ(queue_.zones(), model_.zones.size());
    EXPECT_EQ(queue_.waiting(), model_.waiting.size());
    EXPECT_EQ(queue_.under_way(), model_.turns.size());
    for (const auto& [number, zone] : model_.zones) EXPECT_EQ(queue_.pinned(number), zone.pinned);
  }

 private:
  size_t Below(size_t end) { return random_() % end; }

  void AddZone(ZoneNumber zone) {
    std::vector<PrimaryNumber> primaries = {1, 2, 3, 4, 5};
    std::ranges::shuffle(primaries, random_);
    primaries.resize(1 + Below(4));
    // A zone whose old turn is under way is left alone: the model does not tell the two apart.
    if (std::ranges::count(model_.turns, zone, &Turn::zone) > 0) return;
    EXPECT_EQ(queue_.Add(zone, primaries), !model_.zones.contains(zone));
    model_.Add(zone, primaries);
  }

  void RemoveZone(ZoneNumber zone) {
    queue_.Remove(zone);
    model_.Remove(zone);
  }

  void Start() {
    const std::optional<Turn> turn = queue_.Next(absl::UnixEpoch());
    std::optional<Turn> want = model_.Next();
    ASSERT_EQ(turn.has_value(), want.has_value());
    if (!turn) return;
    want->ticket = turn->ticket;
    model_.turns.back().ticket = turn->ticket;
    EXPECT_EQ(*turn, *want);
    EXPECT_EQ(std::ranges::count(model_.turns, turn->zone, &Turn::zone), 1);
  }

  void EndOne() {
    if (model_.turns.empty()) return;
    constexpr TurnEnd kEnds[] = {TurnEnd::kCurrent, TurnEnd::kTransferred, TurnEnd::kBehind,
                                 TurnEnd::kFailed};
    const Turn turn = model_.turns[Below(model_.turns.size())];
    const TurnEnd end = kEnds[Below(4)];
    queue_.End(turn, end, absl::UnixEpoch());
    model_.End(turn, end);
  }

  std::mt19937 random_;
  QueueLimits limits_;
  TransferQueue queue_;
  Model model_;
};

TEST(TransferQueueModel, NamesTheSameTurns) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Comparison both(seed);
    for (int step = 0; step < 1'000; ++step) {
      both.Step();
      both.Compare();
      if (testing::Test::HasFailure()) return;
    }
    both.Drain();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace hither
