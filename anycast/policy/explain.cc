#include "anycast/policy/explain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "anycast/policy/assessment.h"
#include "anycast/policy/moment.h"
#include "base/printable.h"

namespace hither {
namespace {

std::string MeaningOf(const Signal& signal) {
  const bool is_shared = signal.scope == Scope::kShared;
  if (signal.level == Level::kHard && signal.is_certain) return "certain";
  if (signal.level == Level::kUnknown && is_shared) return "unknown, ignored";
  const absl::string_view level = ToText(signal.level);
  const bool has_scope = signal.level == Level::kHard || signal.level == Level::kSoft;
  return absl::StrCat(level, has_scope ? ", " : "", has_scope ? ToText(signal.scope) : "");
}

std::vector<Explanation::SignalLine> SignalLines(const Facts& facts, IpFamily family) {
  std::vector<const Signal*> signals;
  for (const Signal& signal : facts.signals) {
    if (Concerns(signal, family)) signals.push_back(&signal);
  }
  const auto badness = [](const Signal* signal) {
    return std::pair(signal->level == Level::kHard && signal->is_certain, signal->level);
  };
  std::ranges::stable_sort(signals, std::greater(), badness);
  std::vector<Explanation::SignalLine> lines;
  for (const Signal* signal : signals) {
    lines.push_back({signal->name, MeaningOf(*signal), signal->detail});
  }
  return lines;
}

// Of rules with the same word, only the first is listed.
std::vector<Explanation::RuleLine> RuleLines(const Verdict& verdict) {
  std::vector<Explanation::RuleLine> lines;
  for (const RuleWord& rule : Rules()) {
    const bool is_known =
        std::ranges::any_of(lines, [&](const auto& l) { return l.word == rule.word; });
    if (is_known) continue;
    lines.push_back({std::string(rule.word), std::string(rule.meaning), rule.word == verdict.rule});
  }
  return lines;
}

using Lines = std::vector<std::string>;

void TellBudget(const AnycastConfig::Policy& policy, const PolicyMemory& memory, absl::Time now,
                Lines& lines) {
  const absl::Time free_at = BudgetFreeAt(policy, memory, now);
  const int used = WithdrawalsInWindow(policy, memory, now);
  const std::string window = Seconds(policy.withdrawals_window);
  const std::string spent =
      used <= policy.withdrawals_max
          ? absl::StrCat(used, " of ", policy.withdrawals_max, " withdrawals within ", window,
                         " spent")
          : absl::StrCat(used, " withdrawals within ", window, ", more than the ",
                         policy.withdrawals_max, " allowed");
  lines.push_back(
      absl::StrCat("flap budget: ", spent,
                   free_at > now ? absl::StrCat("; one is free in ", Seconds(free_at - now)) : ""));
}

void TellRise(const AnycastConfig::Policy& policy, const PolicyMemory& memory, absl::Time now,
              Lines& lines) {
  const absl::Duration needed = RiseNeeded(policy, memory);
  const absl::Duration good_for = memory.good_for.value_or(absl::ZeroDuration());
  if (memory.hold_down_until > now) {
    lines.push_back(absl::StrCat("hold-down ends in ", Seconds(memory.hold_down_until - now)));
  }
  lines.push_back(absl::StrCat("good for ", Seconds(good_for), " of ", Seconds(needed)));
}

void TellCalm(const PolicyMemory& memory, Lines& lines) {
  const absl::Duration calm_for = memory.calm_for.value_or(absl::ZeroDuration());
  const absl::Duration left = std::max(memory.calm_needed - calm_for, absl::ZeroDuration());
  lines.push_back(
      absl::StrCat(ToText(memory.calm), ": UP after ", Seconds(left), " more without a fault"));
}

void TellDrain(const AnycastConfig::Policy& policy, const Facts& facts, const PolicyMemory& memory,
               Lines& lines) {
  const absl::Duration left = memory.since + policy.drain_max - facts.now;
  lines.push_back(absl::StrCat("withdrawn in ", Seconds(left), " at the latest"));
  lines.push_back(facts.queries_per_second.has_value()
                      ? absl::StrFormat("%.1f queries a second; gone at %g",
                                        *facts.queries_per_second,
                                        policy.drained_queries_per_second)
                      : "queries are not counted, so drain_max decides");
}

void TellFalling(const AnycastConfig::Policy& policy, const PolicyMemory& memory, Lines& lines) {
  const std::pair<absl::string_view, int> rows[] = {
      {"hard", memory.hard_ticks}, {"shared", memory.shared_ticks}, {"soft", memory.soft_ticks}};
  for (const auto& [what, ticks] : rows) {
    if (ticks == 0 || ticks >= policy.fall) continue;
    lines.push_back(absl::StrCat(what, " fault for ", ticks, " of ", policy.fall, " ticks"));
  }
}

void TellFleet(const FleetView& fleet, Lines& lines) {
  if (!fleet.is_asked) return;
  lines.push_back(absl::StrCat("fleet: ", fleet.others_announcing, " others announce, ",
                               fleet.others_withdrawn, " do not; at most ", fleet.max_withdrawn,
                               " of ", fleet.nodes, " may be withdrawn",
                               fleet.is_known ? "" : "; too few answer"));
}

Lines Outlook(const AnycastConfig::Policy& policy, IpFamily family, const Facts& facts,
              const PolicyMemory& memory) {
  Lines lines;
  if (facts.intent.frozen_until > facts.now) {
    lines.push_back(absl::StrCat("frozen for ", Seconds(facts.intent.frozen_until - facts.now)));
  }
  if (memory.state == State::kDown) TellRise(policy, memory, facts.now, lines);
  if (memory.state == State::kSoft) TellCalm(memory, lines);
  if (memory.state == State::kDrain) TellDrain(policy, facts, memory, lines);
  if (memory.state != State::kDown) TellFalling(policy, memory, lines);
  TellBudget(policy, memory, facts.now, lines);
  TellFleet(facts.fleet(family), lines);
  return lines;
}

}  // namespace

Explanation Explain(const AnycastConfig::Policy& policy, absl::string_view service, IpFamily family,
                    const Facts& facts, const Verdict& verdict, const PolicyMemory& memory) {
  return {std::string(service),
          std::string(WordOf(family)),
          std::string(ToText(verdict.state)),
          verdict.rule,
          verdict.reason,
          facts.now - verdict.since,
          SignalLines(facts, family),
          RuleLines(verdict),
          Outlook(policy, family, facts, memory)};
}

std::string ToText(const Explanation& e) {
  std::string text = absl::StrCat(e.service, " ", e.family, ": ", e.state, " for ",
                                  Seconds(e.since), " (", e.rule, ")\n");
  if (!e.reason.empty()) absl::StrAppend(&text, "  because: ", Printable(e.reason), "\n");
  for (const Explanation::RuleLine& rule : e.rules) {
    if (rule.fired) absl::StrAppend(&text, "  rule:    ", rule.word, " - ", rule.meaning, "\n");
  }
  for (const std::string& line : e.outlook) absl::StrAppend(&text, "  next:    ", line, "\n");
  for (const Explanation::SignalLine& signal : e.signals) {
    absl::StrAppendFormat(&text, "  signal:  %-14s %s%s%s\n", signal.meaning, signal.name,
                          signal.detail.empty() ? "" : ": ", Printable(signal.detail));
  }
  return text;
}

}  // namespace hither
