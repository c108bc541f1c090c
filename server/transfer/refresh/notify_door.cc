#include "server/transfer/refresh/notify_door.h"

#include <algorithm>
#include <utility>

#include "dns/serial.h"

namespace hither {
namespace {

bool Contains(const Prefix& prefix, ByteView client) {
  const size_t octets = prefix.family == IpFamily::kV6 ? 16 : 4;
  if (client.size() != octets) return false;
  const auto whole = static_cast<size_t>(prefix.length / 8);
  const int rest = prefix.length % 8;
  if (!std::equal(client.begin(), client.begin() + static_cast<std::ptrdiff_t>(whole),
                  prefix.address.begin())) {
    return false;
  }
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (client[whole] & mask) == (prefix.address[whole] & mask);
}

// One host.
Prefix PrefixOf(const SocketAddress& address) {
  const bool is_v6 = address.family() == IpFamily::kV6;
  Prefix prefix = {.family = address.family(), .length = is_v6 ? 128 : 32};
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.get());
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.get());
  const auto* octets =
      is_v6 ? v6->sin6_addr.s6_addr : reinterpret_cast<const uint8_t*>(&v4->sin_addr);
  std::copy(octets, octets + (is_v6 ? 16 : 4), prefix.address.begin());
  return prefix;
}

}  // namespace

// A NOTIFY of a zone's primary needs no key: it is a hint, and the primary itself is asked. A rule
// with a key is for senders that are not asked.
NotifyRules::NotifyRules(const TransferSetup& setup) : zones_(setup.zones) {
  numbers_.reserve(zones_.size());
  for (uint32_t i = 0; i < zones_.size(); ++i) numbers_.emplace(zones_[i].name(), i);
  for (const TransferPolicy& policy : setup.policies) {
    std::vector<Source>& sources = sources_.emplace_back();
    const auto add_primary = [&](const std::string& name) {
      const PrimaryConfig* primary = FindPrimary(setup.primaries, name);
      if (primary == nullptr) return;
      sources.push_back({.prefix = PrefixOf(primary->address), .primary = name});
    };
    for (const std::string& name : policy.primaries) add_primary(name);
    for (const NotifySource& source : policy.notify_from) {
      if (!source.prefix) {
        add_primary(source.primary);
        continue;
      }
      Source& rule = sources.emplace_back();
      rule.prefix = *source.prefix;
      if (source.key.empty()) continue;
      const absl::StatusOr<Name> key = Name::FromText(source.key);
      if (key.ok()) {
        rule.key = *key;
      } else {
        sources.pop_back();  // A rule that cannot be checked allows nobody.
      }
    }
  }
}

std::optional<uint32_t> NotifyRules::Find(NameView zone) const {
  const auto at = numbers_.find(zone);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

NotifyRules::Sender NotifyRules::SenderOf(uint32_t zone, ByteView client,
                                          std::optional<NameView> key) const {
  const size_t policy = zones_[zone].policy();
  if (policy >= sources_.size()) return {};
  for (const Source& source : sources_[policy]) {
    if (!Contains(source.prefix, client)) continue;
    if (source.key && (!key || !key->EqualsIgnoreCase(source.key->view()))) continue;
    return {.is_allowed = true, .primary = source.primary};
  }
  return {};
}

void NotifyDoor::Configure(const TransferSetup& setup) {
  auto rules = std::make_shared<const NotifyRules>(setup);
  absl::flat_hash_map<uint32_t, Item> dropped;  // Outlives the lock.
  MutexLock lock(mu_);
  rules_.swap(rules);
  waiting_.swap(dropped);
}

Rcode NotifyDoor::Offer(NameView zone, std::optional<uint32_t> hint, ByteView client,
                        std::optional<NameView> key, bool& is_first) {
  is_first = false;
  std::shared_ptr<const NotifyRules> rules;
  {
    MutexLock lock(mu_);
    rules = rules_;
  }
  const std::optional<uint32_t> number = rules == nullptr ? std::nullopt : rules->Find(zone);
  const NotifyRules::Sender sender =
      number ? rules->SenderOf(*number, client, key) : NotifyRules::Sender();
  if (!sender.is_allowed) {
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
  if (replaces) item = {.hint = hint, .primary = std::string(sender.primary)};
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
