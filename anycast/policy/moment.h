#ifndef HITHER_ANYCAST_POLICY_MOMENT_H_
#define HITHER_ANYCAST_POLICY_MOMENT_H_

#include <optional>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "anycast/policy/assessment.h"
#include "anycast/policy/policy.h"

namespace hither {

// What a rule sees: one tick of one family. The memory has counted this tick already.
struct Moment {
  const AnycastConfig::Policy& policy;
  const Facts& facts;
  const FleetView& fleet;
  const Assessment& at;
  const PolicyMemory& memory;
  bool is_lost = false;  // See Facts::lost().

  bool IsDown() const { return memory.state == State::kDown; }
  // Announced, and not because of a current drain.
  bool IsServing() const { return !IsDown() && !facts.intent.drain; }
  // The state to keep if nothing changes. Without its drain, DRAIN is only SOFT.
  State Held() const { return memory.state == State::kDrain ? State::kSoft : memory.state; }
  bool AnotherAnnounces() const {
    return fleet.is_asked && fleet.is_known && fleet.others_announcing > 0;
  }
};

// What a rule decides.
struct Outcome {
  State state = State::kDown;
  std::string reason;
  bool wants_to_withdraw = false;
  bool is_last_resort = false;
  bool is_loss = false;
};

struct Rule {
  RuleWord word;
  std::optional<Outcome> (*decide)(const Moment& moment);  // No value: it does not apply.
};

// As reasons show a time: "2.5s", to the millisecond.
inline std::string Seconds(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Milliseconds(1)));
}

// In the order of evaluation. The last one always applies.
std::span<const Rule> RuleTable();

// Counts the tick, before the rules are evaluated.
void Observe(const AnycastConfig::Policy& policy, const Facts& facts, const FleetView& fleet,
             const Assessment& at, PolicyMemory& memory);

// Applies the outcome, after that.
void Enter(const AnycastConfig::Policy& policy, const Facts& facts, const Outcome& outcome,
           PolicyMemory& memory);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_MOMENT_H_
