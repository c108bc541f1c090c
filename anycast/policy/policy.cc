#include "anycast/policy/policy.h"

#include <vector>

#include "anycast/policy/moment.h"

namespace hither {

absl::string_view ToText(State state) {
  constexpr absl::string_view kTexts[] = {"DOWN", "DRAIN", "SOFT", "UP"};
  return kTexts[static_cast<size_t>(state)];
}

absl::string_view ToText(PolicyMemory::Calm calm) {
  constexpr absl::string_view kTexts[] = {"warm-up", "recovering", "last-resort"};
  return kTexts[static_cast<size_t>(calm)];
}

Verdict Decide(const AnycastConfig::Policy& policy, IpFamily family, const Facts& facts,
               PolicyMemory& memory) {
  const FleetView& fleet = facts.fleet(family);
  const Assessment at = Assess(facts.signals, family);
  if (memory.since == absl::InfinitePast()) memory.since = facts.now;
  Observe(policy, facts, fleet, at, memory);
  const Moment moment{policy, facts, fleet, at, memory, facts.lost(family)};
  absl::string_view word;
  std::optional<Outcome> outcome;
  for (const Rule& rule : RuleTable()) {
    outcome = rule.decide(moment);
    word = rule.word.word;
    if (outcome.has_value()) break;
  }
  Enter(policy, facts, *outcome, memory);  // The last rule always applies.
  return {memory.state, std::string(word), outcome->reason, memory.since,
          outcome->wants_to_withdraw};
}

std::span<const RuleWord> Rules() {
  static const std::vector<RuleWord> kWords = [] {
    std::vector<RuleWord> words;
    for (const Rule& rule : RuleTable()) words.push_back(rule.word);
    return words;
  }();
  return kWords;
}

}  // namespace hither
