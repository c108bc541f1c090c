#include "tests/anycast/simulation/world.h"

#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

enum Slot : size_t { kResponder, kProbe4, kProbe6, kWorker, kOutsideIn, kZone, kSlots };

std::vector<Signal> AllOk() {
  std::vector<Signal> signals(kSlots);
  signals[kResponder] = {"responder", Scope::kLocal, Level::kOk, Families::kBoth, false, ""};
  signals[kProbe4] = {"probe4", Scope::kLocal, Level::kOk, Families::kIpv4, false, ""};
  signals[kProbe6] = {"probe6", Scope::kLocal, Level::kOk, Families::kIpv6, false, ""};
  signals[kWorker] = {"worker", Scope::kLocal, Level::kOk, Families::kBoth, false, ""};
  signals[kOutsideIn] = {"outside", Scope::kPath, Level::kOk, Families::kBoth, false, ""};
  signals[kZone] = {"zone", Scope::kShared, Level::kOk, Families::kBoth, false, ""};
  return signals;
}

const Prefix kPrefixes[] = {*Prefix::FromText("192.0.2.0/24"), *Prefix::FromText("2001:db8::/48")};

// What the clock of a host may be wrong by after a boot.
constexpr int kClockErrorHours[] = {0, 0, 24 * 21, -24 * 21, -1};

}  // namespace

World::World(uint64_t seed, const WorldOptions& options) : dice_(seed), options_(options) {
  ChoosePolicy();
  const size_t count = static_cast<size_t>(dice_.From(3, 7));
  asks_peers_ = options.only_shared || dice_.Chance(0.8);
  if (dice_.Chance(0.5)) peers_.max_withdrawn = dice_.From(1, static_cast<int>(count));
  peers_.max_withdrawn_percent = dice_.From(1, 100);
  loss_ = dice_.Chance(0.5) ? 0 : dice_.From(0, 60) / 100.0;
  trouble_every_ = absl::Seconds(dice_.From(20, 900));
  MakeNodes(count);
}

void World::ChoosePolicy() {
  constexpr int kTicks[] = {250, 500, 1000};
  policy_.tick = absl::Milliseconds(kTicks[dice_.From(0, 2)]);
  policy_.lease = 2 * policy_.tick + absl::Seconds(1);
  if (dice_.Chance(0.5)) return;  // The defaults matter most.
  policy_.fall = dice_.From(1, 6);
  policy_.rise = dice_.Seconds(1, 20);
  policy_.rise_first = dice_.Seconds(0, 5);
  policy_.warm_up = dice_.Seconds(0, 10);
  policy_.withdrawals_max = dice_.From(1, 4);
  policy_.withdrawals_window = dice_.Seconds(60, 900);
}

void World::MakeNodes(size_t count) {
  // Some lack a family of the service, or have another one.
  const bool are_alike = options_.only_shared || dice_.Chance(0.6);
  for (size_t i = 0; i < count; ++i) {
    AnycastConfig::Service config;
    config.name = "dns";
    std::array<bool, 2> has = {};
    for (size_t family = 0; family < 2; ++family) {
      has[family] = are_alike || i == 0 || dice_.Chance(0.7);
      if (has[family]) config.prefixes.push_back(kPrefixes[family]);
    }
    const std::string name(1, static_cast<char>('a' + i));
    SimulatedNode& node = nodes_.emplace_back(name, config, policy_);
    node.has = has;
    node.until.fill(absl::InfinitePast());
    AnycastConfig::Peer& peer = peers_.nodes.emplace_back();
    peer.name = name;
    peer.address = *SocketAddress::FromText(absl::StrCat("10.0.0.", i + 1), 1);
    node.facts.signals = AllOk();
    node.lease_until = absl::InfinitePast();
    node.requests.resize(count);
  }
  for (SimulatedNode& node : nodes_) Restart(node);
  cut_.assign(count, std::vector<bool>(count, false));
}

// A sidecar knows nothing of its peers when it starts. All have one list, each in it, too.
void World::Restart(SimulatedNode& node) {
  node.verdicts = {};
  node.announced = {};
  node.session_at = now_ + dice_.Seconds(0, 2);
  for (PageRequest& request : node.requests) request = {};
  AnycastConfig::Peers peers = peers_;
  TakeOwnPeers(node.name, peers);
  for (size_t family = 0; family < 2; ++family) {
    node.reports[family].clear();
    node.wishes[family].assign(peers.nodes.size(), {});
    for (const AnycastConfig::Peer& peer : peers.nodes) {
      if (asks_peers_) node.reports[family].push_back({peer.name});
    }
  }
}

// The state file may be lost; after a boot the clock may be wrong, so that what was counted is not
// to be counted on.
void World::Crash(SimulatedNode& node) {
  const absl::Time wall = now_ + absl::Hours(24 * 365 * 50);
  const KeptState::Service kept = node.service.Keep(wall, now_);
  node.service = Service(node.config, policy_);
  node.restarted = true;
  node.lost_memory = dice_.Chance(0.3);
  if (!node.lost_memory) {
    const bool has_booted = dice_.Chance(0.3);
    const int wrong = has_booted ? kClockErrorHours[dice_.From(0, 4)] : 0;
    node.service.Resume(kept, wall + absl::Hours(wrong), now_);
    node.lost_memory = wrong != 0;
  }
  Restart(node);
}

bool World::Happens(absl::Duration once_in) {
  return dice_.Chance(absl::FDivDuration(policy_.tick, once_in));
}

void World::Step() {
  now_ += policy_.tick;
  Befall();
  const size_t first = static_cast<size_t>(dice_.From(0, static_cast<int>(nodes_.size()) - 1));
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const size_t self = (first + i) % nodes_.size();
    if (asks_peers_) CarryPages(self);
    TickNode(self);
  }
}

// What goes wrong -------------------------------------------------------------------------------

void World::Befall() {
  if (Happens(absl::Minutes(options_.only_shared ? 3 : 15))) {
    shared_until_ = now_ + dice_.Seconds(1, 300);
    shared_level_ = dice_.Chance(0.3) ? Level::kSoft : Level::kHard;
  }
  BefallNetwork();
  for (SimulatedNode& node : nodes_) {
    node.restarted = false;
    if (options_.only_shared) continue;
    if (node.Has(kCrashLoop, now_) && Happens(absl::Seconds(4))) Crash(node);
    if (Happens(trouble_every_)) BefallNode(node);
    BefallOperator(node);
  }
}

void World::BefallNode(SimulatedNode& node) {
  const auto trouble = static_cast<Trouble>(dice_.From(0, kTroubles - 1));
  if (node.Has(trouble, now_)) return;
  node.until[trouble] = now_ + (dice_.Chance(0.5) ? dice_.Seconds(0, 5) : dice_.Seconds(1, 200));
  if (trouble == kRouter) node.session_at = node.until[trouble] + dice_.Seconds(0, 3);
  if (trouble == kStopped || trouble == kDryRun) Crash(node);
}

void World::BefallOperator(SimulatedNode& node) {
  const bool is_drained = node.service.IsDrainWanted();
  if (Happens(absl::Minutes(is_drained ? 2 : 60))) {
    if (is_drained) {
      node.service.Undrain(now_);
      node.forgiven_at = now_;
    } else {
      node.service.Drain(now_);
    }
  }
  if (Happens(absl::Minutes(60))) node.service.FreezeUntil(now_ + dice_.Seconds(1, 300));
  if (Happens(absl::Seconds(20))) {
    constexpr double kRates[] = {0.2, 900};
    node.facts.queries_per_second.reset();
    if (dice_.Chance(0.7)) node.facts.queries_per_second = kRates[dice_.From(0, 1)];
  }
}

void World::BefallNetwork() {
  if (now_ >= cut_until_) {
    for (auto& row : cut_) row.assign(row.size(), false);
  }
  if (!Happens(absl::Minutes(5))) return;
  cut_until_ = now_ + dice_.Seconds(1, 120);
  for (auto& row : cut_) {
    for (size_t to = 0; to < row.size(); ++to) row[to] = dice_.Chance(0.3);  // One way only, too.
  }
}

// Pages -----------------------------------------------------------------------------------------

void World::Write(const SimulatedNode& peer, PageRequest& request) const {
  request.is_written = true;
  for (size_t family = 0; family < 2; ++family) {
    PeerReport& page = request.pages[family];
    page.name = peer.name;
    page.asked_at = request.asked_at;
    const auto told = peer.service.Told(kIpFamilies[family], now_);
    page.is_absent = !told.has_value();
    if (page.is_absent) continue;
    page.state = told->state;
    page.wants_to_withdraw = told->wants_to_withdraw;
    page.announced = told->announced;
  }
}

void World::CarryPages(size_t self) {
  SimulatedNode& node = nodes_[self];
  if (!node.Runs(now_)) return;
  size_t slot = 0;
  for (size_t other = 0; other < nodes_.size(); ++other) {
    if (other == self) continue;
    PageRequest& request = node.requests[other];
    if (!request.is_open) {
      const absl::Time write_at = now_ + dice_.From(0, 3) * policy_.tick;
      request = {true, now_, write_at, write_at + dice_.From(0, 3) * policy_.tick, false, {}};
      if (cut_[self][other] || dice_.Chance(loss_)) request.write_at = absl::InfiniteFuture();
    }
    if (!request.is_written && now_ >= request.write_at) {
      if (nodes_[other].Runs(now_) && !cut_[other][self]) Write(nodes_[other], request);
      request.write_at = absl::InfiniteFuture();
    }
    if (now_ >= request.arrive_at) {
      for (size_t family = 0; family < 2; ++family) {
        if (!request.is_written) continue;
        PeerReport& report = node.reports[family][slot] = request.pages[family];
        WishRun& wish = node.wishes[family][slot];
        wish.Note(report.wants_to_withdraw, report.asked_at, now_);
        report.wishing_since = wish.since();
      }
      request.is_open = false;
    }
    ++slot;
  }
}

// A tick ----------------------------------------------------------------------------------------

void World::Feel(SimulatedNode& node) {
  const bool flaps = node.Has(kFlap, now_) && dice_.Chance(0.5);
  const auto hard = [&](Slot slot, bool is_hard) {
    node.facts.signals[slot].level = is_hard ? Level::kHard : Level::kOk;
  };
  hard(kResponder, node.Has(kDead, now_));
  node.facts.signals[kResponder].is_certain = node.Has(kDead, now_);
  hard(kProbe4, node.Has(kHard, now_) || node.Has(kHard4, now_) || flaps);
  hard(kProbe6, node.Has(kHard, now_) || node.Has(kHard6, now_) || flaps);
  hard(kOutsideIn, node.Has(kPath, now_));
  node.facts.signals[kWorker].level = node.Has(kSoftOne, now_) ? Level::kSoft : Level::kOk;
  const bool is_shared = has_shared_fault() && dice_.Chance(0.99);
  node.facts.signals[kZone].level = is_shared ? shared_level_ : Level::kOk;
  if (node.Has(kBlind, now_)) {
    node.facts.signals[kProbe4].level = node.facts.signals[kProbe6].level = Level::kUnknown;
  }
}

// The router has what it was told last, until it hears nothing for the lease.
void World::Announce(SimulatedNode& node) {
  for (size_t f = 0; f < 2; ++f) {
    const bool is_told = node.has[f] && node.HasSession(now_);
    if (is_told) node.announced[f] = node.verdicts[f].state;
    if (node.Has(kRouter, now_) || node.Has(kDryRun, now_)) node.announced[f] = State::kDown;
  }
  node.lease_until = now_ + policy_.lease;
  node.service.NoteAnnounced([&](const std::vector<Prefix>& prefixes) -> std::optional<bool> {
    if (prefixes.empty()) return false;
    return node.Announced(prefixes[0].family == IpFamily::kV6 ? 1 : 0, now_) != State::kDown;
  });
}

void World::TickNode(size_t self) {
  SimulatedNode& node = nodes_[self];
  node.ticked = node.Runs(now_);
  if (!node.ticked) return;
  Feel(node);
  // What has ended while it hung is seen only now.
  if (now_ > node.lease_until) {
    node.announced = {};
    if (node.session_at < now_) node.session_at = now_ + dice_.Seconds(0, 2);
  }
  ServiceFacts facts{.signals = node.facts.signals,
                     .queries_per_second = node.facts.queries_per_second,
                     .peers_ipv4 = node.reports[0],
                     .peers_ipv6 = node.reports[1],
                     .outlives = policy_.lease};
  std::vector<Transition> transitions;
  node.service.Tick(peers_, node.name, facts, now_, transitions);
  node.facts = node.service.facts();
  for (size_t f = 0; f < 2; ++f) node.verdicts[f] = node.service.verdict(kIpFamilies[f]);
  Announce(node);
}

}  // namespace hither
