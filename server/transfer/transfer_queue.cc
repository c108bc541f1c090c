#include "server/transfer/transfer_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hither {
namespace {

constexpr size_t kNotifies = static_cast<size_t>(Urgency::kNotify);
constexpr size_t kRefreshes = static_cast<size_t>(Urgency::kRefresh);

size_t IndexOf(const std::vector<PrimaryNumber>& primaries, PrimaryNumber primary) {
  return static_cast<size_t>(std::ranges::find(primaries, primary) - primaries.begin());
}

}  // namespace

bool TransferQueue::Add(ZoneNumber zone, std::vector<PrimaryNumber> primaries,
                        std::optional<PrimaryNumber> content_from) {
  if (primaries.empty() || primaries.size() > kPrimariesMax) return false;
  const auto [at, is_new] = zones_.try_emplace(zone);
  if (!is_new) return false;
  ZoneEntry& entry = at->second;
  entry.primaries = std::move(primaries);
  entry.content_from = content_from;
  if (content_from && IndexOf(entry.primaries, *content_from) < entry.primaries.size()) {
    entry.pinned = content_from;
  }
  return true;
}

void TransferQueue::Remove(ZoneNumber zone) {
  const auto at = zones_.find(zone);
  if (at == zones_.end()) return;
  if (at->second.place == Place::kWaiting) Dequeue(at->second);
  zones_.erase(at);
}

bool TransferQueue::Request(ZoneNumber zone, Urgency urgency,
                            std::optional<PrimaryNumber> notified_by) {
  const auto at = zones_.find(zone);
  if (at == zones_.end()) return false;
  // The count of failures stays: if the NOTIFY was forged, the next one rests it again at once.
  if (notified_by && lanes_.contains(*notified_by)) {
    lanes_[*notified_by].rests_until = absl::InfinitePast();
  }
  ZoneEntry& entry = at->second;
  switch (entry.place) {
    case Place::kIdle:
      StartRound(zone, entry, urgency);
      break;
    case Place::kWaiting:
      if (urgency == Urgency::kNotify && entry.urgency == Urgency::kRefresh) {
        Dequeue(entry);
        entry.urgency = urgency;
        Enqueue(zone, entry, entry.primary);
      }
      break;
    case Place::kUnderWay:
      entry.again = std::min(urgency, entry.again.value_or(urgency));
      break;
  }
  return true;
}

bool TransferQueue::Rests(PrimaryNumber primary) const {
  const auto lane = lanes_.find(primary);
  return lane != lanes_.end() && lane->second.rests_until > now_;
}

// The pinned one, then the others in order. One that rests only if none was asked in this round.
std::optional<PrimaryNumber> TransferQueue::NextPrimary(const ZoneEntry& entry) const {
  const auto may_ask = [&](PrimaryNumber primary) {
    return (entry.tried >> IndexOf(entry.primaries, primary) & 1) == 0 && !Rests(primary);
  };
  if (entry.pinned && may_ask(*entry.pinned)) return entry.pinned;
  for (const PrimaryNumber primary : entry.primaries) {
    if (may_ask(primary)) return primary;
  }
  if (entry.tried != 0) return std::nullopt;
  return entry.pinned.value_or(entry.primaries.front());
}

void TransferQueue::StartRound(ZoneNumber zone, ZoneEntry& entry, Urgency urgency) {
  entry.tried = 0;
  entry.urgency = urgency;
  Enqueue(zone, entry, NextPrimary(entry).value_or(entry.primaries.front()));
}

void TransferQueue::Enqueue(ZoneNumber zone, ZoneEntry& entry, PrimaryNumber primary) {
  entry.place = Place::kWaiting;
  entry.primary = primary;
  entry.ticket = next_ticket_++;
  lanes_[primary].queues[static_cast<size_t>(entry.urgency)].emplace(entry.ticket, zone);
}

void TransferQueue::Dequeue(ZoneEntry& entry) {
  lanes_[entry.primary].queues[static_cast<size_t>(entry.urgency)].erase(entry.ticket);
  entry.place = Place::kIdle;
}

bool TransferQueue::MayRefresh(const Lane& lane) const {
  return !lane.queues[kRefreshes].empty() && under_way_[kRefreshes] < limits_.refreshes_max &&
         lane.under_way[kRefreshes] < limits_.primary_refreshes_max;
}

// What the lane would serve in the pass for NOTIFYs, or in the one for refreshes after it.
std::optional<Urgency> TransferQueue::Pick(const Lane& lane, Urgency pass) const {
  const bool is_full =
      lane.under_way[kNotifies] + lane.under_way[kRefreshes] >= limits_.primary_turns_max;
  if (is_full || lane.rests_until > now_) return std::nullopt;
  if (pass == Urgency::kRefresh) {
    return MayRefresh(lane) ? std::optional<Urgency>(pass) : std::nullopt;
  }
  if (lane.queues[kNotifies].empty()) return std::nullopt;
  const bool owes_refresh = lane.notifies_in_row >= kNotifiesInRow && MayRefresh(lane);
  return owes_refresh ? Urgency::kRefresh : Urgency::kNotify;
}

std::optional<Turn> TransferQueue::Next(absl::Time now) {
  now_ = now;
  if (under_way() >= limits_.turns_max) return std::nullopt;
  for (const Urgency pass : {Urgency::kNotify, Urgency::kRefresh}) {
    PrimaryNumber& last = last_served_[static_cast<size_t>(pass)];
    auto lane = lanes_.upper_bound(last);
    for (size_t i = 0; i < lanes_.size(); ++i, ++lane) {
      if (lane == lanes_.end()) lane = lanes_.begin();
      const std::optional<Urgency> urgency = Pick(lane->second, pass);
      if (!urgency) continue;
      last = lane->first;
      return Start(lane->first, lane->second, *urgency);
    }
  }
  return std::nullopt;
}

Turn TransferQueue::Start(PrimaryNumber primary, Lane& lane, Urgency urgency) {
  const auto kind = static_cast<size_t>(urgency);
  const auto first = lane.queues[kind].begin();
  const ZoneNumber zone = first->second;
  lane.queues[kind].erase(first);
  ZoneEntry& entry = zones_.at(zone);
  entry.place = Place::kUnderWay;
  entry.tried = static_cast<uint16_t>(entry.tried | 1u << IndexOf(entry.primaries, primary));
  ++under_way_[kind];
  ++lane.under_way[kind];
  const bool refresh_waits = urgency == Urgency::kNotify && !lane.queues[kRefreshes].empty();
  lane.notifies_in_row = refresh_waits ? lane.notifies_in_row + 1 : 0;
  return {.zone = zone,
          .primary = primary,
          .urgency = urgency,
          .is_changed = entry.content_from && *entry.content_from != primary,
          .ticket = entry.ticket};
}

RoundEnd TransferQueue::End(const Turn& turn, TurnEnd end, absl::Time now) {
  now_ = now;
  const auto kind = static_cast<size_t>(turn.urgency);
  Lane& lane = lanes_[turn.primary];
  HITHER_CHECK(under_way_[kind] > 0 && lane.under_way[kind] > 0);  // Each turn ends once.
  --under_way_[kind];
  --lane.under_way[kind];
  Judge(turn.primary, end, now);
  const auto at = zones_.find(turn.zone);
  if (at == zones_.end() || at->second.place != Place::kUnderWay ||
      at->second.ticket != turn.ticket) {
    return RoundEnd::kUnknown;
  }
  ZoneEntry& entry = at->second;
  const bool is_done = end == TurnEnd::kCurrent || end == TurnEnd::kTransferred;
  if (is_done) entry.pinned = turn.primary;
  if (end == TurnEnd::kTransferred) entry.content_from = turn.primary;
  if (!is_done && end != TurnEnd::kBehind && entry.pinned == turn.primary) entry.pinned.reset();
  const std::optional<Urgency> again = std::exchange(entry.again, std::nullopt);
  const std::optional<PrimaryNumber> next = is_done ? std::nullopt : NextPrimary(entry);
  if (next) {  // It is asked after the request that came during the turn, so that one is served.
    entry.urgency = std::min(entry.urgency, again.value_or(entry.urgency));
    Enqueue(turn.zone, entry, *next);
    return RoundEnd::kNextPrimary;
  }
  entry.place = Place::kIdle;
  if (again) StartRound(turn.zone, entry, *again);
  return is_done ? RoundEnd::kDone : RoundEnd::kExhausted;
}

// A turn that began before the rest says nothing new: it must not prolong it.
void TransferQueue::Judge(PrimaryNumber primary, TurnEnd end, absl::Time now) {
  Lane& lane = lanes_[primary];
  if (end != TurnEnd::kUnreachable) {
    lane.unreachable_in_row = 0;
    lane.rests_until = absl::InfinitePast();
    return;
  }
  if (Rests(primary)) return;
  lane.unreachable_in_row = std::min(lane.unreachable_in_row + 1, 1'000);
  const int doublings = std::min(lane.unreachable_in_row - kUnreachableInRow, 20);
  if (doublings < 0) return;
  lane.rests_until = now + std::min(limits_.rest_max, limits_.rest_min * (int64_t{1} << doublings));
  MoveFrom(primary);
}

// Zones that wait for this primary and have another one go there, in their order.
void TransferQueue::MoveFrom(PrimaryNumber primary) {
  std::vector<ZoneNumber> waiting;
  for (const auto& queue : lanes_[primary].queues) {
    for (const auto& [ticket, zone] : queue) waiting.push_back(zone);
  }
  for (const ZoneNumber zone : waiting) {
    ZoneEntry& entry = zones_.at(zone);
    const std::optional<PrimaryNumber> next = NextPrimary(entry);
    if (!next || Rests(*next)) continue;
    Dequeue(entry);
    Enqueue(zone, entry, *next);
  }
}

absl::Time TransferQueue::next_rest_end() const {
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [primary, lane] : lanes_) {
    const bool waits = !lane.queues[kNotifies].empty() || !lane.queues[kRefreshes].empty();
    if (waits && lane.rests_until > now_) first = std::min(first, lane.rests_until);
  }
  return first;
}

size_t TransferQueue::waiting() const {
  size_t count = 0;
  for (const auto& [primary, lane] : lanes_) {
    count += lane.queues[kNotifies].size() + lane.queues[kRefreshes].size();
  }
  return count;
}

std::optional<PrimaryNumber> TransferQueue::pinned(ZoneNumber zone) const {
  const auto at = zones_.find(zone);
  return at == zones_.end() ? std::nullopt : at->second.pinned;
}

}  // namespace hither
