#include "tests/anycast/simulation/world.h"

#include <algorithm>

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
  for (size_t i = 0; i < count; ++i) {
    SimulatedNode& node = nodes_.emplace_back();
    node.name = std::string(1, static_cast<char>('a' + i));
    node.until.fill(absl::InfinitePast());
    node.facts.signals = AllOk();
    node.lease_until = absl::InfinitePast();
    node.requests.resize(count);
  }
  for (SimulatedNode& node : nodes_) Restart(node);
  cut_.assign(count, std::vector<bool>(count, false));
}

// A sidecar knows nothing of its peers when it starts.
void World::Restart(SimulatedNode& node) {
  node.verdicts = {};
  node.wishes = {};
  node.announced = {};
  for (PageRequest& request : node.requests) request = {};
  for (auto& reports : node.reports) {
    reports.clear();
    for (const SimulatedNode& peer : nodes_) {
      if (asks_peers_ && &peer != &node) reports.push_back({peer.name});
    }
  }
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
    if (Happens(trouble_every_)) BefallNode(node);
    BefallOperator(node);
  }
}

void World::BefallNode(SimulatedNode& node) {
  const auto trouble = static_cast<Trouble>(dice_.From(0, kTroubles - 1));
  if (node.Has(trouble, now_)) return;
  node.until[trouble] = now_ + (dice_.Chance(0.5) ? dice_.Seconds(0, 5) : dice_.Seconds(1, 200));
  if (trouble != kStopped) return;
  node.restarted = true;
  node.lost_memory = dice_.Chance(0.5);
  for (PolicyMemory& memory : node.memories) {
    if (node.lost_memory) memory = {};
  }
  Restart(node);
}

void World::BefallOperator(SimulatedNode& node) {
  Intent& intent = node.facts.intent;
  if (Happens(absl::Minutes(intent.drain ? 2 : 60))) {
    intent.drain = !intent.drain;
    intent.drain_since = intent.drain ? now_ : absl::InfiniteFuture();
    if (!intent.drain) intent.forgiven_at = now_;
  }
  if (Happens(absl::Minutes(60))) intent.frozen_until = now_ + dice_.Seconds(1, 300);
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
    request.pages[family] = {peer.name, request.asked_at, peer.verdicts[family].state,
                             peer.wishes[family].stands()};
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
        if (request.is_written) node.reports[family][slot] = request.pages[family];
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

void World::TickNode(size_t self) {
  SimulatedNode& node = nodes_[self];
  node.ticked = node.Runs(now_);
  if (!node.ticked) return;
  if (node.verdicts[0].rule.empty()) {  // Its first one.
    for (PolicyMemory& memory : node.memories) memory = Resume(memory, now_);
  }
  node.facts.now = now_;
  Feel(node);
  FleetView* const views[] = {&node.facts.fleet_ipv4, &node.facts.fleet_ipv6};
  for (size_t f = 0; f < 2; ++f) {
    *views[f] = ViewFleet(peers_, node.name, node.reports[f], now_, node.wishes[f]);
    node.verdicts[f] = Decide(policy_, kBothFamilies[f], node.facts, node.memories[f]);
    TellWish(node.verdicts[f], now_, node.wishes[f]);
    if (!node.Has(kMute, now_)) node.announced[f] = node.verdicts[f].state;
  }
  node.lease_until = now_ + policy_.lease;
}

}  // namespace hither
