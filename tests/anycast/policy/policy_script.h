#ifndef HITHER_TESTS_ANYCAST_POLICY_POLICY_SCRIPT_H_
#define HITHER_TESTS_ANYCAST_POLICY_POLICY_SCRIPT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "anycast/policy/policy.h"

namespace hither {

// Plays signals over time to the policy, and tells what it decided, both in words:
//
//   "0 ok; 10 dead; 12 ok; 40 end"  ->  "0 DOWN start, 1 SOFT warm-up, 6 UP ok, 10 DOWN ..."
//
// A step is a time in seconds and words that hold from then on:
//   signals   ok | dead (certain) | hard | hard4 | hard6 | path | shared | soft | soft4 | stale
//             (soft, shared) | unknown | unknown-shared | silent (no signals at all)
//   operator  drain | undrain | freeze=SECONDS | busy | quiet (queries) | uncounted
//   fleet     no-peers | peers (all up, agreed) | alone (none announces) | full (as many as may be
//             are withdrawn) | unsettled | yielded | blind (too few answer)
//   time      leap=SECONDS (no tick for so long) | hung (at the next tick, what was announced has
//             ended by that) | restart (Resume) | stopped (a restart after a
//             drain that ended with the process) | end
// What is told: each change of the state or of the rule, and "?" where a withdrawal is wished.
std::string Play(const AnycastConfig::Policy& policy, IpFamily family, absl::string_view script);

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_POLICY_POLICY_SCRIPT_H_
