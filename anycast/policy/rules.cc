// The rules, one function each, in the order of the table at the end.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anycast/policy/moment.h"

namespace hither {
namespace {

using MaybeOutcome = std::optional<Outcome>;

std::string Until(const Moment& m, absl::Time time) { return Seconds(time - m.facts.now); }

// Operator and certainty ----------------------------------------------------------------------

// A blackhole helps nobody, so nothing holds this back.
MaybeOutcome CertainFault(const Moment& m) {
  if (m.at.certain.empty()) return std::nullopt;
  return Outcome{State::kDown, Names(m.at.certain)};
}

// The route is gone already: DOWN records that, so that its return needs the budget.
MaybeOutcome Hung(const Moment& m) {
  if (!m.is_lost || !m.IsServing()) return std::nullopt;
  Outcome outcome{State::kDown, "the sidecar hung, and its announcement has ended"};
  outcome.is_loss = true;
  return outcome;
}

std::string WhyDrainIsOver(const Moment& m) {
  const absl::Duration drained_for = m.facts.now - m.memory.since;
  if (drained_for >= m.policy.drain_min &&
      m.memory.quiet_for.value_or(absl::ZeroDuration()) >= kQuiet) {
    return "traffic has gone";
  }
  if (drained_for >= m.policy.drain_max) return "drain_max has passed";
  return "";
}

MaybeOutcome Drained(const Moment& m) {
  if (!m.facts.intent.drain) return std::nullopt;
  if (m.IsDown()) return Outcome{State::kDown, "withdrawn until undrain; safe to stop"};
  if (m.memory.state != State::kDrain) return std::nullopt;
  const std::string why = WhyDrainIsOver(m);
  if (why.empty()) return std::nullopt;
  return Outcome{State::kDown, absl::StrCat(why, "; safe to stop")};
}

MaybeOutcome Drain(const Moment& m) {
  if (!m.facts.intent.drain) return std::nullopt;
  return Outcome{State::kDrain, "the operator is draining the node; traffic is moving away"};
}

bool IsStillCalming(const Moment& m) {
  return m.memory.calm_for.value_or(absl::ZeroDuration()) < m.memory.calm_needed;
}

// Holds an announcement, never a withdrawal: freezing must not keep a healthy node away. For the
// same reason a return that has begun continues.
MaybeOutcome Frozen(const Moment& m) {
  if (m.facts.now >= m.facts.intent.frozen_until || m.IsDown()) return std::nullopt;
  const bool comes_back = m.memory.calm != PolicyMemory::Calm::kRecovering;
  if (m.Held() == State::kSoft && comes_back && m.memory.calm_for.has_value() &&
      !IsStillCalming(m)) {
    return std::nullopt;
  }
  return Outcome{m.Held(),
                 absl::StrCat("the operator froze it for ", Until(m, m.facts.intent.frozen_until))};
}

// Faults of a node that serves ----------------------------------------------------------------

bool HardCounts(const Moment& m) {
  return !m.at.hard.empty() && m.memory.hard_ticks >= m.policy.fall;
}

bool SharedCounts(const Moment& m) {
  return !m.at.shared.empty() && m.memory.shared_ticks >= m.policy.fall;
}

// Would this node withdraw if it decided alone? A shared fault is a reason only if peers show that
// it is not everywhere.
bool WouldWithdraw(const Moment& m) {
  return m.IsServing() && (HardCounts(m) || (m.fleet.is_asked && SharedCounts(m)));
}

std::string Faults(const Moment& m) { return Names(m.at.hard.empty() ? m.at.shared : m.at.hard); }

// Only a last resort returns without budget, so it may not withdraw again without one.
MaybeOutcome FlapGuard(const Moment& m) {
  if (!WouldWithdraw(m)) return std::nullopt;
  const absl::Time free_at = BudgetFreeAt(m.policy, m.memory, m.facts.now);
  if (free_at <= m.facts.now) return std::nullopt;
  return Outcome{State::kSoft, absl::StrCat("withdrawn too often recently; ", Faults(m))};
}

MaybeOutcome FleetUnknown(const Moment& m) {
  if (!WouldWithdraw(m) || !m.fleet.is_asked || m.fleet.is_known) return std::nullopt;
  return Outcome{State::kSoft, absl::StrCat("too few peers answer; ", Faults(m))};
}

MaybeOutcome FleetGuard(const Moment& m) {
  if (!WouldWithdraw(m) || !m.fleet.is_asked) return std::nullopt;
  const FleetView& fleet = m.fleet;
  const bool may =
      fleet.others_withdrawn + 1 <= fleet.max_withdrawn && fleet.others_announcing >= 1;
  if (may) return std::nullopt;
  return Outcome{State::kSoft, absl::StrCat(fleet.others_withdrawn, " of ", fleet.nodes,
                                            " nodes are withdrawn or not announced, at most ",
                                            fleet.max_withdrawn, " may be; ", Faults(m))};
}

MaybeOutcome FleetAsked(const Moment& m) {
  if (!WouldWithdraw(m) || !m.fleet.is_asked || m.fleet.settled) return std::nullopt;
  const absl::string_view what =
      m.fleet.yielded ? "another node withdraws first; " : "waits for the peers' consent; ";
  return Outcome{State::kSoft, absl::StrCat(what, Faults(m)), /*wants_to_withdraw=*/true};
}

MaybeOutcome HardFault(const Moment& m) {
  const bool counts = m.IsDown() ? !m.at.hard.empty() : m.IsServing() && HardCounts(m);
  if (!counts) return std::nullopt;
  return Outcome{State::kDown, Names(m.at.hard)};
}

// A fault that may be at every site moves no traffic, unless a peer is seen to be without it.
MaybeOutcome SharedFault(const Moment& m) {
  if (m.IsDown() && !m.at.shared.empty() && m.AnotherAnnounces()) {
    return Outcome{State::kDown, Names(m.at.shared)};
  }
  if (!m.IsServing() || !SharedCounts(m)) return std::nullopt;
  return Outcome{m.fleet.is_asked ? State::kDown : State::kSoft, Names(m.at.shared)};
}

MaybeOutcome SoftFault(const Moment& m) {
  if (!m.IsServing() || m.at.soft.empty() || m.memory.soft_ticks < m.policy.fall)
    return std::nullopt;
  return Outcome{State::kSoft, Names(m.at.soft)};
}

MaybeOutcome Falling(const Moment& m) {
  const bool is_fault = !m.at.hard.empty() || !m.at.shared.empty() || !m.at.soft.empty();
  if (!m.IsServing() || !is_fault) return std::nullopt;
  const int ticks = std::max({m.memory.hard_ticks, m.memory.shared_ticks, m.memory.soft_ticks});
  return Outcome{
      m.Held(), absl::StrCat(Names(m.at.hard.empty() ? m.at.shared.empty() ? m.at.soft : m.at.shared
                                                     : m.at.hard),
                             "; tick ", ticks, " of ", m.policy.fall)};
}

MaybeOutcome Hold(const Moment& m) {
  if (!m.IsServing() || (m.at.unknown.empty() && m.at.ok > 0)) return std::nullopt;
  return Outcome{m.Held(), m.at.unknown.empty() ? "no signals" : Names(m.at.unknown)};
}

// The way back ---------------------------------------------------------------------------------

MaybeOutcome Unknown(const Moment& m) {
  if (!m.IsDown() || (m.at.unknown.empty() && m.at.ok > 0)) return std::nullopt;
  return Outcome{State::kDown, m.at.unknown.empty() ? "no signals" : Names(m.at.unknown)};
}

absl::Duration GoodFor(const Moment& m) { return m.memory.good_for.value_or(absl::ZeroDuration()); }

bool MayRise(const Moment& m) {
  return m.facts.now >= m.memory.hold_down_until &&
         BudgetFreeAt(m.policy, m.memory, m.facts.now) <= m.facts.now &&
         GoodFor(m) >= RiseNeeded(m.policy, m.memory);
}

MaybeOutcome LastResort(const Moment& m) {
  const bool is_alone = m.fleet.is_asked && m.fleet.is_known && m.fleet.others_announcing == 0;
  if (!m.IsDown() || !is_alone || MayRise(m) || GoodFor(m) < m.policy.rise_first) {
    return std::nullopt;
  }
  Outcome outcome{State::kSoft, "no other node announces"};
  outcome.is_last_resort = true;
  return outcome;
}

MaybeOutcome HoldDown(const Moment& m) {
  if (!m.IsDown() || m.facts.now >= m.memory.hold_down_until) return std::nullopt;
  return Outcome{State::kDown, absl::StrCat("for another ", Until(m, m.memory.hold_down_until))};
}

MaybeOutcome FlapBudget(const Moment& m) {
  const absl::Time free_at = BudgetFreeAt(m.policy, m.memory, m.facts.now);
  if (!m.IsDown() || free_at <= m.facts.now) return std::nullopt;
  return Outcome{
      State::kDown,
      absl::StrCat(WithdrawalsInWindow(m.policy, m.memory, m.facts.now), " withdrawals within ",
                   Seconds(m.policy.withdrawals_window), "; the oldest expires in ",
                   Until(m, free_at), ", or until hither undrain")};
}

MaybeOutcome StillRising(const Moment& m) {
  if (!m.IsDown() || GoodFor(m) >= RiseNeeded(m.policy, m.memory)) return std::nullopt;
  return Outcome{State::kDown, absl::StrCat("good for ", Seconds(GoodFor(m)), " of ",
                                            Seconds(RiseNeeded(m.policy, m.memory)))};
}

MaybeOutcome Start(const Moment& m) {
  return m.memory.has_withdrawn ? std::nullopt : StillRising(m);
}

MaybeOutcome Rising(const Moment& m) { return StillRising(m); }

MaybeOutcome StillCalming(const Moment& m, PolicyMemory::Calm why) {
  if (m.Held() != State::kSoft || m.memory.calm != why || !IsStillCalming(m)) return std::nullopt;
  const absl::Duration calm_for = m.memory.calm_for.value_or(absl::ZeroDuration());
  return Outcome{State::kSoft, absl::StrCat("all well for ", Seconds(calm_for), " of ",
                                            Seconds(m.memory.calm_needed))};
}

MaybeOutcome WarmUp(const Moment& m) {
  if (m.IsDown()) {
    return Outcome{State::kSoft, absl::StrCat("announced ", m.memory.has_withdrawn ? "again " : "",
                                              "after ", Seconds(GoodFor(m)), " without a fault")};
  }
  if (m.memory.state == State::kDrain) return Outcome{State::kSoft, "the drain was undone"};
  return StillCalming(m, PolicyMemory::Calm::kWarmUp);
}

MaybeOutcome LastResortWarmUp(const Moment& m) {
  return StillCalming(m, PolicyMemory::Calm::kLastResort);
}

MaybeOutcome Recovering(const Moment& m) {
  return StillCalming(m, PolicyMemory::Calm::kRecovering);
}

MaybeOutcome Ok(const Moment&) { return Outcome{State::kUp, "all signals are ok"}; }

// clang-format off
constexpr Rule kRules[] = {
    {{"certain-fault", "DOWN immediately: the responder is certainly dead"}, CertainFault},
    {{"hung",          "DOWN: the sidecar hung, and its sessions or leases ended"}, Hung},
    {{"drained",       "DOWN: the operator drained it, and traffic has gone or drain_max has passed"}, Drained},
    {{"drain",         "DRAIN: the operator is draining it; traffic is asked to leave"}, Drain},
    {{"frozen",        "unchanged: the operator froze the announcement"}, Frozen},
    {{"flap-guard",    "SOFT for a hard fault: the flap budget is spent"}, FlapGuard},
    {{"fleet-unknown", "SOFT for a hard fault: too few peers answer"}, FleetUnknown},
    {{"fleet-guard",   "SOFT for a hard fault: the allowed number of nodes is withdrawn already"}, FleetGuard},
    {{"fleet-asked",   "SOFT for a hard fault: waiting for the peers' consent"}, FleetAsked},
    {{"hard-fault",    "DOWN: a fault of this node for `fall` ticks"}, HardFault},
    {{"shared-fault",  "a fault that other sites may share: SOFT, or DOWN if peers do not have it"}, SharedFault},
    {{"soft-fault",    "SOFT: another node would do better, for `fall` ticks"}, SoftFault},
    {{"falling",       "unchanged: a fault of fewer than `fall` ticks"}, Falling},
    {{"hold",          "unchanged: unknown signals withdraw nothing"}, Hold},
    {{"unknown",       "DOWN: unknown signals announce nothing"}, Unknown},
    {{"last-resort",   "SOFT: good, and no other node announces"}, LastResort},
    {{"hold-down",     "DOWN: too soon after a withdrawal"}, HoldDown},
    {{"flap-budget",   "DOWN: withdrawn too often recently"}, FlapBudget},
    {{"start",         "DOWN: not yet good for `rise_first`"}, Start},
    {{"rising",        "DOWN: not yet good for `rise` after a withdrawal"}, Rising},
    {{"warm-up",       "SOFT: announced, all well for less than `warm_up`"}, WarmUp},
    {{"last-resort-warm-up", "SOFT: announced as the last node, all well for less than `warm_up`"}, LastResortWarmUp},
    {{"recovering",    "SOFT: all signals are ok, but not yet for long enough"}, Recovering},
    {{"ok",            "UP: all signals are ok"}, Ok},
};
// clang-format on

}  // namespace

std::span<const Rule> RuleTable() { return kRules; }

}  // namespace hither
