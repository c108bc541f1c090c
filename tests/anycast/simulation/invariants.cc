#include "tests/anycast/simulation/invariants.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr int kDeadTicksMax = 2;

// What a node's own signals say, without asking the policy.
bool IsGood(const SimulatedNode& node, size_t family) {
  return std::ranges::none_of(node.facts.signals, [&](const Signal& signal) {
    const bool concerns = Has(signal.families, kIpFamilies[family]);
    const bool bad = signal.level == Level::kHard || signal.level == Level::kUnknown;
    return concerns && bad && signal.scope != Scope::kShared;
  });
}

bool IsWell(const SimulatedNode& node, absl::Time now) {
  const bool is_ok = std::ranges::all_of(
      node.facts.signals, [](const Signal& signal) { return signal.level == Level::kOk; });
  return is_ok && !node.facts.intent.drain && node.facts.intent.frozen_until <= now;
}

}  // namespace

Invariants::Invariants(const World& world) : world_(world), records_(world.nodes().size()) {
  held_at_.fill(world.now());
}

void Invariants::NoteRouters() {
  for (size_t i = 0; i < records_.size(); ++i) {
    const SimulatedNode& node = world_.nodes()[i];
    for (size_t family = 0; family < 2; ++family) {
      if (!node.has[family]) continue;
      const bool is_held = node.Announced(family, world_.now()) != State::kDown;
      if (is_held) records_[i][family].held_at = held_at_[family] = world_.now();
      if (!is_held && node.ticked && node.verdicts[family].state >= State::kSoft) {
        ++chances_.unheard;
      }
    }
  }
}

std::string Invariants::Check() {
  NoteRouters();
  for (size_t i = 0; i < records_.size(); ++i) {
    const SimulatedNode& node = world_.nodes()[i];
    for (size_t family = 0; family < 2; ++family) {
      if (!node.has[family]) continue;
      Record& record = records_[i][family];
      const std::string breach = CheckOne(node, family, record);
      if (breach.empty()) continue;
      const Verdict& verdict = node.verdicts[family];
      return absl::StrCat(node.name, " ", WordOf(kIpFamilies[family]), " ", breach, " (",
                          ToText(verdict.state), " ", verdict.rule, ": ", verdict.reason, ")");
    }
  }
  for (size_t family = 0; family < 2; ++family) {
    std::string breach = CheckFleet(family);
    if (breach.empty()) breach = CheckServed(family);
    if (!breach.empty()) return breach;
  }
  return "";
}

std::string Invariants::CheckOne(const SimulatedNode& node, size_t family, Record& record) {
  if (node.restarted) {  // Its routes went with it, and maybe its memory.
    Record fresh;
    if (!node.lost_memory) fresh.withdrawals = record.withdrawals;
    if (!node.lost_memory) fresh.had_last_resort = record.had_last_resort;
    fresh.held_at = record.held_at;
    record = fresh;
  }
  if (!node.ticked) return CheckDead(node, family, record);
  const absl::Duration passed = world_.now() - record.last_tick;
  const bool is_gap = passed > kGapTicks * world_.policy().tick;
  record.passed = is_gap ? absl::ZeroDuration() : passed;
  if (is_gap) record.good = record.well = absl::ZeroDuration();
  record.last_tick = world_.now();
  using Checker = std::string (Invariants::*)(const SimulatedNode&, size_t, Record&);
  constexpr Checker kCheckers[] = {&Invariants::CheckDead,      &Invariants::CheckDrain,
                                   &Invariants::CheckAnnounced, &Invariants::CheckLast,
                                   &Invariants::CheckWithdrawn, &Invariants::CheckWell};
  std::string breach = CheckFrozen(node, family, record);
  for (const Checker check : kCheckers) {
    if (breach.empty()) breach = (this->*check)(node, family, record);
  }
  record.before = node.verdicts[family].state;
  return breach;
}

// A dead responder is announced for no longer than a tick, or than the lease if nobody ticks.
std::string Invariants::CheckDead(const SimulatedNode& node, size_t family, Record& record) {
  const absl::Time now = world_.now();
  const bool is_announced = node.Announced(family, now) != State::kDown;
  const bool is_excused = !node.ticked || node.Has(kMute, now);
  const bool is_dead = node.facts.signals[0].is_certain && node.Has(kDead, now);
  if (is_dead && !record.was_dead) ++chances_.certain_faults;
  record.was_dead = is_dead;
  record.dead_ticks = is_dead && is_announced && !is_excused ? record.dead_ticks + 1 : 0;
  if (record.dead_ticks > kDeadTicksMax) return "is announced though certainly dead";
  if (!node.ticked && is_announced && node.lease_until < now) return "outlives its lease";
  if (node.ticked && is_dead && node.verdicts[family].state != State::kDown) {
    return "is not DOWN though certainly dead";
  }
  return "";
}

// What is announced stays as it is; what is not may come back, and then does so to the end.
std::string Invariants::CheckFrozen(const SimulatedNode& node, size_t family, Record& record) {
  const Verdict& verdict = node.verdicts[family];
  const bool is_back = record.comes_back && verdict.state == State::kUp;
  if (record.before == State::kDown || record.before == State::kDrain) record.comes_back = true;
  if (verdict.state == State::kUp) record.comes_back = false;
  const bool is_frozen = world_.now() < node.facts.intent.frozen_until;
  const bool may =
      verdict.rule == "certain-fault" || verdict.rule == "hung" || node.facts.intent.drain;
  if (!is_frozen || may || is_back || verdict.state == record.before) return "";
  const bool was_served = record.before == State::kSoft || record.before == State::kUp;
  if (was_served) return "changes though frozen";
  return verdict.state < record.before ? "falls though frozen" : "";
}

std::string Invariants::CheckDrain(const SimulatedNode& node, size_t family, Record& record) {
  const AnycastConfig::Policy& policy = world_.policy();
  const bool is_draining = node.facts.intent.drain && node.verdicts[family].state != State::kDown;
  if (is_draining && record.draining == absl::ZeroDuration()) ++chances_.drains;
  record.draining = is_draining ? record.draining + policy.tick : absl::ZeroDuration();
  if (is_draining && node.verdicts[family].state != State::kDrain) return "does not drain";
  return record.draining > policy.drain_max + 2 * policy.tick ? "drains for ever" : "";
}

// Nothing is announced that was not seen to be good, for long enough.
std::string Invariants::CheckAnnounced(const SimulatedNode& node, size_t family, Record& record) {
  const AnycastConfig::Policy& policy = world_.policy();
  const Verdict& verdict = node.verdicts[family];
  const bool is_good = IsGood(node, family);
  record.good = is_good ? record.good + record.passed : absl::ZeroDuration();
  if (record.before != State::kDown || verdict.state == State::kDown) return "";
  ++chances_.announcements;
  record.agreed = false;
  if (verdict.rule == "last-resort") {
    ++chances_.last_resorts;
    record.had_last_resort = true;
  }
  if (verdict.state != State::kSoft) return "is announced as UP at once";
  if (!is_good) return "is announced though not good";
  // Its first good tick is where it begins, so here it counts one too many.
  return record.good < policy.rise_first ? "is announced too early" : "";
}

std::string Invariants::CheckWithdrawn(const SimulatedNode& node, size_t family, Record& record) {
  const AnycastConfig::Policy& policy = world_.policy();
  const Verdict& verdict = node.verdicts[family];
  const bool is_withdrawn = record.before != State::kDown && verdict.state == State::kDown;
  if (!is_withdrawn || node.facts.intent.drain) return "";
  ++chances_.withdrawals;
  if (verdict.rule == "hung") {  // Its route had gone, and was counted.
    ++chances_.losses;
    record.well = absl::ZeroDuration();
    return "";
  }
  const bool is_certain = verdict.rule == "certain-fault";
  if (verdict.rule == "shared-fault" && !world_.asks_peers()) return "withdraws for a shared fault";
  if (!is_certain && IsGood(node, family) && verdict.rule != "shared-fault") {
    return "withdraws without a fault";
  }
  record.agreed = !is_certain && world_.asks_peers();
  if (record.agreed) ++chances_.agreed_withdrawals;
  std::erase_if(record.withdrawals, [&](absl::Time at) {
    return world_.now() - at >= policy.withdrawals_window || at < node.forgiven_at;
  });
  record.withdrawals.push_back(world_.now());
  const bool is_over = static_cast<int>(record.withdrawals.size()) > policy.withdrawals_max;
  return is_over && !(is_certain && record.had_last_resort) ? "is over its flap budget" : "";
}

// Nobody takes the last route for a fault that is not certain: another router has one, or had it
// until just now, as far as a page can tell.
std::string Invariants::CheckLast(const SimulatedNode& node, size_t family, Record& record) {
  const Verdict& verdict = node.verdicts[family];
  const bool is_withdrawn = record.before != State::kDown && verdict.state == State::kDown;
  const bool is_excused = node.facts.intent.drain || verdict.rule == "certain-fault" ||
                          verdict.rule == "hung" || !world_.asks_peers();
  if (!is_withdrawn || is_excused) return "";
  const absl::Duration old = kPageAgeMax + 2 * world_.policy().tick;
  for (size_t i = 0; i < records_.size(); ++i) {
    const bool is_other = &world_.nodes()[i] != &node;
    if (is_other && world_.now() - records_[i][family].held_at <= old) return "";
  }
  return "takes the last route away";
}

// While a node could serve and reaches a router, some router has a route.
std::string Invariants::CheckServed(size_t family) {
  const AnycastConfig::Policy& policy = world_.policy();
  // To be seen as gone, to be seen as good, to have a session.
  const absl::Duration most = policy.rise_first + kPageAgeMax + absl::Seconds(7) + 16 * policy.tick;
  const absl::Duration unserved = world_.now() - held_at_[family];
  std::string breach;
  for (size_t i = 0; i < records_.size(); ++i) {
    const SimulatedNode& node = world_.nodes()[i];
    Record& record = records_[i][family];
    const bool is_able = node.has[family] && node.ticked && IsGood(node, family) &&
                         node.HasSession(world_.now()) && !node.facts.intent.drain &&
                         (!world_.asks_peers() || node.facts.fleet(kIpFamilies[family]).is_known);
    record.able = is_able ? record.able + policy.tick : absl::ZeroDuration();
    if (!is_able || !world_.asks_peers()) continue;
    if (unserved > absl::ZeroDuration()) ++chances_.nobodys;
    if (record.able <= most || unserved <= most) continue;
    breach = absl::StrCat(node.name, " ", WordOf(kIpFamilies[family]),
                          " is able to serve, and no router has a route (",
                          ToText(node.verdicts[family].state), " ", node.verdicts[family].rule,
                          ": ", node.verdicts[family].reason, ")");
  }
  return breach;
}

// A node that is well for long enough comes back.
std::string Invariants::CheckWell(const SimulatedNode& node, size_t family, Record& record) {
  const bool is_up = node.verdicts[family].state == State::kUp;
  const bool is_well = IsWell(node, world_.now()) && !world_.has_shared_fault();
  record.well = is_well ? record.well + record.passed : absl::ZeroDuration();
  if (is_up && record.before != State::kUp) ++chances_.recoveries;
  return !is_up && record.well > WellAfter() ? "does not come back" : "";
}

absl::Duration Invariants::WellAfter() const {
  const AnycastConfig::Policy& policy = world_.policy();
  return policy.withdrawals_window + policy.hold_down_max + policy.rise + policy.warm_up +
         4 * policy.tick;
}

// Never more than may be are away for what is not certain; so, never all for a shared fault.
std::string Invariants::CheckFleet(size_t family) const {
  if (!world_.asks_peers()) return "";
  const int count = world_.NodesWith(family);
  int agreed = 0;
  for (const auto& records : records_) agreed += records[family].agreed ? 1 : 0;
  const int most = MaxWithdrawn(world_.peers(), count);
  if (agreed <= most && agreed < count) return "";
  return absl::StrCat(agreed, " of ", count, " nodes have withdrawn by consent, ", most, " may");
}

}  // namespace hither
