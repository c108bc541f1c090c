#ifndef HITHER_ANYCAST_POLICY_EXPLAIN_H_
#define HITHER_ANYCAST_POLICY_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"

namespace hither {

// Why one family of one service is in its state: what `hither explain` shows. Plain members, so
// that an admin endpoint can write them as JSON.
struct Explanation {
  struct SignalLine {
    std::string name;
    std::string meaning;  // "ok", "soft", "hard, shared", "certain", "unknown", "unknown, ignored"
    std::string detail;
  };
  struct RuleLine {
    std::string word;
    std::string meaning;
    bool fired = false;
  };
  std::string service;
  std::string family;  // "ipv4"
  std::string state;
  std::string rule;
  std::string reason;
  absl::Duration since;              // How long ago.
  std::vector<SignalLine> signals;   // Worst first.
  std::vector<RuleLine> rules;       // All, in the order of evaluation.
  std::vector<std::string> outlook;  // "hold-down ends in 7s", "flap budget: 1 of 2 spent", ...
};

// For use right after Decide() in the same tick: `memory` is its result.
Explanation Explain(const AnycastConfig::Policy& policy, absl::string_view service, IpFamily family,
                    const Facts& facts, const Verdict& verdict, const PolicyMemory& memory);

// For a terminal; rules that did not fire are omitted.
std::string ToText(const Explanation& explanation);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_EXPLAIN_H_
