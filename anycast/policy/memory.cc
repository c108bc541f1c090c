// What a tick adds to the memory, and what a change of the state does.

#include <algorithm>

#include "anycast/policy/moment.h"

namespace hither {
namespace {

constexpr int kTicksCounted = 1'000'000;  // Three days of 250 ms; a higher count changes nothing.

using MaybeDuration = std::optional<absl::Duration>;

MaybeDuration Sum(bool holds, const MaybeDuration& before, absl::Duration since_last) {
  if (!holds) return std::nullopt;
  return before.has_value() ? *before + since_last : absl::ZeroDuration();
}

bool IsCalm(const Assessment& at) { return at.IsGood() && at.shared.empty() && at.soft.empty(); }

// An unknown signal neither adds to a row of bad ticks nor ends it.
void CountTick(const std::vector<const Signal*>& bad, const Assessment& at, int& ticks) {
  if (!bad.empty()) {
    ticks = std::min(ticks + 1, kTicksCounted);
  } else if (at.unknown.empty()) {
    ticks = 0;
  }
}

// Nothing was seen during a gap, so a row of good or bad ticks does not continue across it.
void Forget(PolicyMemory& memory) {
  memory.hard_ticks = memory.shared_ticks = memory.soft_ticks = 0;
  memory.good_for = memory.calm_for = memory.quiet_for = std::nullopt;
}

// `base` at first and after a quiet window, else twice the last one.
absl::Duration Doubled(const AnycastConfig::Policy& policy, absl::Duration base,
                       absl::Duration last, absl::Time last_at, absl::Time now) {
  const bool is_quiet = now - last_at >= policy.withdrawals_window;
  if (is_quiet || last <= absl::ZeroDuration()) return base;
  return std::min(2 * last, std::max(base, policy.hold_down_max));
}

void Keep(absl::Time withdrawn_at, PolicyMemory& memory) {
  if (memory.withdrawals.size() == kWithdrawalsKept) {
    memory.withdrawals.erase(memory.withdrawals.begin());
  }
  memory.withdrawals.push_back(withdrawn_at);
}

void CountWithdrawal(const AnycastConfig::Policy& policy, absl::Time now, PolicyMemory& memory) {
  const absl::Time last =
      memory.withdrawals.empty() ? absl::InfinitePast() : memory.withdrawals.back();
  memory.hold_down = Doubled(policy, policy.hold_down, memory.hold_down, last, now);
  memory.hold_down_until = now + memory.hold_down;
  memory.has_withdrawn = true;
  Keep(now, memory);
}

void NeedCalm(PolicyMemory::Calm why, absl::Duration needed, PolicyMemory& memory) {
  memory.calm = why;
  memory.calm_needed = needed;
  if (memory.calm_for.has_value()) memory.calm_for = absl::ZeroDuration();
}

// A change of attributes is an UPDATE at every router on the way, and route flap damping (RFC 2439)
// counts it too: so the return from SOFT takes longer each time.
void Soften(const AnycastConfig::Policy& policy, absl::Time now, PolicyMemory& memory) {
  memory.softness = Doubled(policy, policy.rise / 2, memory.softness, memory.softened_at, now);
  memory.softened_at = now;
  NeedCalm(PolicyMemory::Calm::kRecovering, memory.softness, memory);
}

}  // namespace

void Observe(const AnycastConfig::Policy& policy, const Facts& facts, const FleetView& fleet,
             const Assessment& at, PolicyMemory& memory) {
  const absl::Duration since_last = facts.now - memory.last_tick;
  memory.last_tick = facts.now;
  Forgive(facts.intent.forgiven_at, memory);
  if (since_last > kGapTicks * policy.tick) Forget(memory);
  // If another site announces, a fault that may be everywhere is no worse there.
  const bool is_better_elsewhere =
      !at.shared.empty() && fleet.is_asked && fleet.is_known && fleet.others_announcing > 0;
  const bool is_quiet = facts.queries_per_second.has_value() &&
                        *facts.queries_per_second <= policy.drained_queries_per_second;
  const bool is_draining = memory.state == State::kDrain;
  CountTick(at.hard, at, memory.hard_ticks);
  CountTick(at.shared, at, memory.shared_ticks);
  // A hard fault is also soft: a fault that alternates must not be missed by both counts.
  CountTick(at.soft.empty() ? at.hard : at.soft, at, memory.soft_ticks);
  memory.good_for = Sum(at.IsGood() && !is_better_elsewhere, memory.good_for, since_last);
  memory.calm_for = Sum(IsCalm(at), memory.calm_for, since_last);
  memory.quiet_for = Sum(is_draining && is_quiet, memory.quiet_for, since_last);
}

void Enter(const AnycastConfig::Policy& policy, const Facts& facts, const Outcome& outcome,
           PolicyMemory& memory) {
  const State before = memory.state;
  if (facts.intent.drain && outcome.state == State::kDown) memory.has_withdrawn = false;
  if (outcome.state == before) return;
  memory.state = outcome.state;
  memory.since = facts.now;
  if (outcome.state == State::kDown) {
    // The operator's withdrawal says nothing about the node, so it costs nothing.
    if (outcome.is_loss) {
      CountLoss(facts.now, memory);
    } else if (!facts.intent.drain) {
      CountWithdrawal(policy, facts.now, memory);
    }
  } else if (outcome.state == State::kSoft && before == State::kUp) {
    Soften(policy, facts.now, memory);
  } else if (outcome.state == State::kSoft) {
    NeedCalm(outcome.is_last_resort ? PolicyMemory::Calm::kLastResort : PolicyMemory::Calm::kWarmUp,
             policy.warm_up, memory);
  }
}

PolicyMemory Resume(const PolicyMemory& kept, absl::Time now) {
  PolicyMemory memory;
  if (kept.last_tick > now) return memory;  // From another boot: its clock started elsewhere.
  memory.hold_down = kept.hold_down;
  memory.hold_down_until = kept.hold_down_until;
  memory.withdrawals = kept.withdrawals;
  memory.has_withdrawn = kept.has_withdrawn && kept.state == State::kDown;
  return memory;
}

void CountLoss(absl::Time at, PolicyMemory& memory) { Keep(at, memory); }

void Forgive(absl::Time at, PolicyMemory& memory) {
  std::erase_if(memory.withdrawals, [at](absl::Time withdrawn) { return withdrawn < at; });
  if (memory.hold_down_until - memory.hold_down < at) {  // When it began.
    memory.hold_down = absl::ZeroDuration();
    memory.hold_down_until = absl::InfinitePast();
  }
  if (memory.since < at) memory.has_withdrawn = false;
}

absl::Duration RiseNeeded(const AnycastConfig::Policy& policy, const PolicyMemory& memory) {
  return memory.has_withdrawn ? std::max(policy.rise, policy.rise_first) : policy.rise_first;
}

int WithdrawalsInWindow(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now) {
  return static_cast<int>(std::ranges::count_if(
      memory.withdrawals, [&](absl::Time at) { return now - at < policy.withdrawals_window; }));
}

absl::Time BudgetFreeAt(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now) {
  const int used = WithdrawalsInWindow(policy, memory, now);
  if (used < policy.withdrawals_max) return absl::InfinitePast();
  if (policy.withdrawals_max < 1) return absl::InfiniteFuture();
  const size_t deciding = memory.withdrawals.size() - static_cast<size_t>(policy.withdrawals_max);
  return memory.withdrawals[deciding] + policy.withdrawals_window;
}

}  // namespace hither
