#include "server/transfer/refresh/notify_door.h"

#include <algorithm>
#include <utility>

#include "dns/serial.h"

namespace hither {
namespace {

AccessRule::Signing SigningOf(NotifySource::Signing signing) {
  switch (signing) {
    case NotifySource::Signing::kAny:
      return AccessRule::Signing::kAny;
    case NotifySource::Signing::kUnsigned:
      return AccessRule::Signing::kUnsigned;
    case NotifySource::Signing::kSigned:
      return AccessRule::Signing::kSigned;
    case NotifySource::Signing::kKey:
      break;
  }
  return AccessRule::Signing::kKey;
}

AccessRule RuleOf(const NotifySource& source, const PrimaryConfig* primary) {
  AccessRule rule{.is_denial = source.is_denial,
                  .prefixes = source.prefixes,
                  .signing = SigningOf(source.signing)};
  if (primary != nullptr) rule.prefixes.push_back(HostPrefix(primary->address));
  rule.transports = 0;
  if (source.takes_udp) rule.transports |= AccessRule::Bit(AccessTransport::kUdp);
  if (source.takes_tcp) rule.transports |= AccessRule::Bit(AccessTransport::kTcp);
  if (rule.signing != AccessRule::Signing::kKey) return rule;
  const absl::StatusOr<Name> key = Name::FromText(source.key);
  if (key.ok()) {
    rule.keys.push_back(*key);
  } else {  // What cannot be checked lets nobody in.
    rule.is_denial = true;
    rule.signing = AccessRule::Signing::kAny;
  }
  return rule;
}

}  // namespace

NotifyRules::NotifyRules(const TransferSetup& setup) : zones_(setup.zones) {
  numbers_.reserve(zones_.size());
  for (uint32_t i = 0; i < zones_.size(); ++i) numbers_.emplace(zones_[i].name(), i);
  for (const TransferPolicy& policy : setup.policies) {
    doors_.push_back(DoorOf(policy, setup.primaries));
  }
}

NotifyRules::Door NotifyRules::DoorOf(const TransferPolicy& policy,
                                      const std::vector<PrimaryConfig>& primaries) {
  Door door;
  std::vector<AccessRule> rules;
  const auto know = [&](const PrimaryConfig& primary) {
    door.primaries.push_back(
        {.at = WithoutMapping(HostPrefix(primary.address)), .name = primary.name});
  };
  for (const NotifySource& source : policy.notify_from) {
    const PrimaryConfig* const primary =
        source.primary.empty() ? nullptr : FindPrimary(primaries, source.primary);
    rules.push_back(RuleOf(source, primary));
    if (primary != nullptr && !source.is_denial) know(*primary);
  }
  for (const std::string& name : policy.primaries) {
    const PrimaryConfig* const primary = FindPrimary(primaries, name);
    if (primary == nullptr) continue;
    rules.push_back({.prefixes = {HostPrefix(primary->address)}});
    know(*primary);
  }
  door.access = AccessList(std::move(rules));
  return door;
}

std::optional<uint32_t> NotifyRules::Find(NameView zone) const {
  const auto at = numbers_.find(zone);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

NotifyRules::Sender NotifyRules::SenderOf(uint32_t zone, const AccessClient& client) const {
  const size_t policy = zones_[zone].policy();
  if (policy >= doors_.size() || !doors_[policy].access.Allows(client)) return {};
  const std::vector<KnownPrimary>& primaries = doors_[policy].primaries;
  const auto at = std::ranges::find_if(
      primaries, [&client](const KnownPrimary& one) { return Contains(one.at, client.address); });
  if (at == primaries.end()) return {.is_allowed = true};
  return {.is_allowed = true, .primary = at->name};
}

// What waits has been answered, so its senders do not repeat it: it stays, by the new numbers.
void NotifyDoor::Configure(const TransferSetup& setup) {
  auto rules = std::make_shared<const NotifyRules>(setup);
  absl::flat_hash_map<uint32_t, Item> waiting;  // Both outlive the lock.
  MutexLock lock(mu_);
  rules_.swap(rules);
  waiting_.swap(waiting);
  for (auto& [number, item] : waiting) {
    const std::optional<uint32_t> now = rules_->Find(rules->name(number));
    if (now) waiting_.emplace(*now, std::move(item));
  }
}

Rcode NotifyDoor::Offer(NameView zone, std::optional<uint32_t> hint, const AccessClient& sender,
                        bool& is_first) {
  is_first = false;
  std::shared_ptr<const NotifyRules> rules;
  {
    MutexLock lock(mu_);
    rules = rules_;
  }
  const std::optional<uint32_t> number = rules == nullptr ? std::nullopt : rules->Find(zone);
  const NotifyRules::Sender from =
      number ? rules->SenderOf(*number, sender) : NotifyRules::Sender();
  if (!from.is_allowed) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return number ? Rcode::kRefused : Rcode::kNotAuth;
  }
  MutexLock lock(mu_);
  if (rules != rules_) return Rcode::kServFail;  // A reload; the sender repeats it.
  const bool is_new = !waiting_.contains(*number);
  if (is_new && waiting_.size() >= kWaitingMax) return Rcode::kServFail;
  is_first = waiting_.empty();
  Item& item = waiting_[*number];
  // The furthest hint. A NOTIFY without one is a reason to ask on its own.
  const bool replaces = is_new || !hint || (item.hint && SerialIsAfter(*hint, *item.hint));
  if (replaces) item = {.hint = hint, .primary = std::string(from.primary)};
  taken_.fetch_add(1, std::memory_order_relaxed);
  return Rcode::kNoError;
}

void NotifyDoor::Take(const std::function<void(NameView zone, const Item&)>& take) {
  absl::flat_hash_map<uint32_t, Item> items;
  std::shared_ptr<const NotifyRules> rules;
  {
    MutexLock lock(mu_);
    items.swap(waiting_);
    rules = rules_;
  }
  for (const auto& [number, item] : items) take(rules->name(number), item);
}

}  // namespace hither
