#include "server/transfer/refresh/refresh_setup.h"

#include <utility>

#include "server/transfer/refresh/refresh_limits.h"

namespace hither {

void RefreshSetup::ApplyPrimaries(const TransferSetup& setup, Change& change) {
  desk_.settings = setup.settings;
  desk_.queue.SetLimits(QueueLimitsOf(setup.settings));
  for (const PrimaryNumber number : desk_.primaries.Configure(setup.primaries, setup.keys.get())) {
    change.replaced.insert(number);
    desk_.outages.Forget(number);
  }
  for (const PrimaryConfig& primary : setup.primaries) {
    const std::optional<PrimaryNumber> number = desk_.primaries.Find(primary.name);
    if (number) desk_.queue.SetPrimaryTurns(*number, desk_.primaries.transfers_max(*number));
  }
  for (const TransferPolicy& policy : setup.policies) {
    change.policies.push_back(std::make_shared<const TransferPolicy>(policy));
    change.numbers[change.policies.back().get()] = desk_.primaries.NumbersOf(policy.primaries);
  }
}

void RefreshSetup::Apply(TransferSetup setup) {
  Change change;
  ApplyPrimaries(setup, change);
  const std::vector<ZoneNumber> before = desk_.zones.order();
  absl::flat_hash_set<ZoneNumber> gone(before.begin(), before.end());
  std::vector<ZoneNumber> order;
  order.reserve(setup.zones.size());
  for (const ZoneSource& source : setup.zones) {
    if (source.policy() >= change.policies.size()) continue;
    order.push_back(ApplyZone(source.name(), change.policies[source.policy()], change));
    gone.erase(order.back());
  }
  for (const ZoneNumber number : gone) {
    RefreshZone* zone = desk_.zones.At(number);
    if (zone != nullptr) Drop(number, *zone);
  }
  desk_.zones.set_order(std::move(order));
  names_ = setup.zones.store();
  policies_ = std::move(change.policies);
  numbers_ = std::move(change.numbers);
  // Some may have left the configuration while the server was down.
  desk_.parts.keeper.KeepOnly([this](NameView zone) { return desk_.zones.Find(zone).has_value(); },
                              desk_.Now().wall);
}

ZoneNumber RefreshSetup::ApplyZone(NameView name, const Policy& policy, Change& change) {
  const std::optional<ZoneNumber> found = desk_.zones.Find(name);
  if (found) {
    RefreshZone& zone = *desk_.zones.At(*found);
    desk_.zones.Rename(zone, name);
    zone.own_name.reset();
    Update(*found, zone, policy, change);
    return *found;
  }
  const ZoneNumber number = desk_.zones.Add(name);
  RefreshZone& zone = *desk_.zones.At(number);
  zone.policy = policy;
  zone.timer = RefreshTimer(BoundsOf(policy->limits, desk_.zones.size()));
  reading_.Add(number);
  return number;
}

void RefreshSetup::Compare(const RefreshZone& zone, const Policy& policy, Change& change) const {
  Comparison& last = change.last;
  if (last.from == zone.policy.get() && last.to == policy.get()) return;
  const auto from = numbers_.find(zone.policy.get());
  last = {.from = zone.policy.get(),
          .to = policy.get(),
          .has_same_primaries =
              from != numbers_.end() && from->second == change.numbers.at(policy.get()),
          .has_same_limits = zone.policy->limits == policy->limits};
}

void RefreshSetup::Update(ZoneNumber number, RefreshZone& zone, const Policy& policy,
                          Change& change) {
  Compare(zone, policy, change);
  const bool was_gone = std::exchange(zone.is_gone, false);
  zone.policy = policy;
  if (zone.phase == ZonePhase::kUnread || zone.phase == ZonePhase::kReading) {
    zone.timer = RefreshTimer(BoundsOf(policy->limits, desk_.zones.size()));
    return;
  }
  const bool is_cut_off =
      zone.phase == ZonePhase::kAsking && change.replaced.contains(zone.turn.primary);
  const bool has_new_place = was_gone || is_cut_off || !change.last.has_same_primaries;
  const bool waits = zone.phase == ZonePhase::kWaiting || zone.phase == ZonePhase::kAsking;
  if (has_new_place) {
    zone.is_notified |= waits && zone.turn.urgency == Urgency::kNotify;
    desk_.Requeue(number, zone);
  }
  if (!change.last.has_same_limits) {
    const std::optional<uint32_t> hint = zone.timer.hint();
    desk_.RestartTimer(zone, zone.timer.soa());
    // A NOTIFY was answered, and is not repeated.
    if (hint || zone.is_notified) zone.timer.OnNotify(hint, desk_.Now());
  }
  if (has_new_place && waits) return desk_.Request(number, zone);
  desk_.Settle(number, zone);
}

// What the keeper is doing for the zone must end before its versions are retired.
void RefreshSetup::Drop(ZoneNumber number, RefreshZone& zone) {
  zone.is_gone = true;
  desk_.Requeue(number, zone);
  const bool is_kept = zone.phase == ZonePhase::kMaking || zone.phase == ZonePhase::kRolling ||
                       zone.phase == ZonePhase::kReading;
  if (!is_kept) return desk_.Remove(number, zone);
  zone.own_name = std::make_unique<Name>(zone.name);
  desk_.zones.Rename(zone, zone.own_name->view());
  desk_.Settle(number, zone);
}

}  // namespace hither
