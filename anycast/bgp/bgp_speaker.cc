#include "anycast/bgp/bgp_speaker.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace hither {
namespace {

// How late a KEEPALIVE or the end of a lease may be; the least interval between KEEPALIVEs is 0.8
// s.
constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr absl::Duration kCloseMax = absl::Seconds(2);

ServiceAddresses AddressesOf(const std::vector<AnycastConfig::Service>& services) {
  ServiceAddresses all;
  for (const AnycastConfig::Service& each : services) {
    all.prefixes.insert(all.prefixes.end(), each.prefixes.begin(), each.prefixes.end());
    all.addresses.insert(all.addresses.end(), each.addresses.begin(), each.addresses.end());
  }
  return all;
}

const AnycastConfig::Neighbor* Find(const AnycastConfig::Bgp& bgp, const SocketAddress& address) {
  const auto found = std::ranges::find(bgp.neighbors, address, &AnycastConfig::Neighbor::address);
  return found == bgp.neighbors.end() ? nullptr : &*found;
}

}  // namespace

BgpSpeaker::BgpSpeaker(uv_loop_t* loop, const AnycastConfig& config,
                       std::unique_ptr<AddressSource> addresses)
    : loop_(loop),
      addresses_(addresses ? std::move(addresses) : std::make_unique<AddressWatch>(loop)),
      config_(*config.bgp),
      node_{config_.local_as, config_.router_id, AddressesOf(config.services), addresses_.get()},
      tick_(*loop, [this] { Tick(MonotonicNow()); }) {
  for (const AnycastConfig::Neighbor& each : config_.neighbors) Add(each);
  tick_.StartEvery(kTick);
}

void BgpSpeaker::Add(const AnycastConfig::Neighbor& config) {
  slots_.push_back({});
  slots_.back().neighbor = std::make_unique<BgpNeighbor>(loop_, node_, config, MonotonicNow());
}

void BgpSpeaker::Tick(absl::Time now) {
  addresses_->OnTick(now);
  for (Slot& slot : slots_) slot.neighbor->OnTick(now);
  if (is_closed_) return;
  for (Slot& slot : slots_) {
    const bool has_ended = slot.neighbor->IsIdle() || now - slot.closed_at > kCloseMax;
    if (!slot.IsClosing() || !has_ended || !slot.next) continue;
    slot.neighbor = std::make_unique<BgpNeighbor>(loop_, node_, *slot.next, now);
    slot.closed_at = absl::InfiniteFuture();
    slot.next.reset();
  }
  std::erase_if(slots_, [now](const Slot& slot) {
    return slot.IsClosing() && (slot.neighbor->IsIdle() || now - slot.closed_at > kCloseMax);
  });
}

void BgpSpeaker::SetConfig(const AnycastConfig& config) {
  if (is_closed_ || !config.bgp) return;
  const AnycastConfig::Bgp& to = *config.bgp;
  const std::vector<NeighborChange> plan = PlanReload(config_, to);
  node_.local_as = to.local_as;
  node_.router_id = to.router_id;
  node_.services = AddressesOf(config.services);
  for (Slot& slot : slots_) Change(slot, plan, to);
  for (const AnycastConfig::Neighbor& each : to.neighbors) {
    const bool is_there = std::ranges::any_of(
        slots_, [&](const Slot& slot) { return slot.neighbor->config().address == each.address; });
    if (!is_there) Add(each);
  }
  config_ = to;
}

void BgpSpeaker::Change(Slot& slot, const std::vector<NeighborChange>& plan,
                        const AnycastConfig::Bgp& to) {
  const SocketAddress address = slot.neighbor->config().address;
  const AnycastConfig::Neighbor* next = Find(to, address);
  const auto change = std::ranges::find_if(
      plan, [&](const NeighborChange& each) { return each.neighbor == address; });
  const bool goes_on = change != plan.end() && change->kind == NeighborChange::Kind::kNone;
  if (!slot.IsClosing() && goes_on) return slot.neighbor->SetConfig(*next);
  slot.next = next == nullptr ? std::nullopt : std::optional(*next);
  if (slot.IsClosing()) return;
  slot.closed_at = MonotonicNow();
  slot.neighbor->Close("", next == nullptr ? kPeerDeconfigured : kOtherConfigChange,
                       slot.closed_at);
}

void BgpSpeaker::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  for (Slot& slot : slots_) {
    if (!slot.IsClosing()) slot.neighbor->Announce(routes, now, until);
  }
}

void BgpSpeaker::AnnounceAgain(const std::vector<Prefix>& prefixes) {
  for (Slot& slot : slots_) slot.neighbor->AnnounceAgain(prefixes);
}

Observation BgpSpeaker::Observe() const {
  Observation observation;
  for (const Slot& slot : slots_) {
    if (!slot.IsClosing() || slot.next) slot.neighbor->Observe(observation);
  }
  return observation;
}

void BgpSpeaker::Close(absl::string_view reason) {
  const absl::Time now = MonotonicNow();
  is_closed_ = true;
  for (Slot& slot : slots_) {
    if (!slot.IsClosing()) slot.neighbor->Close(reason, kAdminShutdown, now);
  }
}

bool BgpSpeaker::IsIdle() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) { return slot.neighbor->IsIdle(); });
}

BgpSession::Counters BgpSpeaker::counters() const {
  BgpSession::Counters sum;
  for (const Slot& slot : slots_) {
    sum.resets += slot.neighbor->counters().resets;
    sum.updates_received += slot.neighbor->counters().updates_received;
    sum.malformed_updates += slot.neighbor->counters().malformed_updates;
    sum.refreshes += slot.neighbor->counters().refreshes;
  }
  return sum;
}

}  // namespace hither
