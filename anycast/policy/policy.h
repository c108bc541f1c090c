#ifndef HITHER_ANYCAST_POLICY_POLICY_H_
#define HITHER_ANYCAST_POLICY_POLICY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "server/base/anycast_config.h"

namespace hither {

// Least announced first.
enum class State : uint8_t { kDown, kDrain, kSoft, kUp };
absl::string_view ToText(State state);  // "DOWN", "DRAIN", "SOFT", "UP"

// What the operator wants, over what the signals say.
struct Intent {
  bool drain = false;
  absl::Time drain_since = absl::InfiniteFuture();
  absl::Time frozen_until = absl::InfinitePast();  // `hither freeze`.
  friend bool operator==(const Intent&, const Intent&) = default;
};

// What the other nodes are known to do, this tick.
//
// A withdrawal that is not certain goes in two steps, so that two nodes never take the last place
// together: first a node tells in its peer page that it wants to (`wants_to_withdraw` of its
// Verdict), then it does if each peer's page, fetched after that, says that the peer does not want
// to or has yielded (of two, the one with the greater name yields). The collector of these facts
// (fleet.h) counts such peers as withdrawn.
struct FleetView {
  bool is_asked = false;  // Are peers configured?
  bool is_known = false;  // Has every peer's page come lately enough to count on? (A peer that
                          // does not answer counts as withdrawn only if most of them answer.)
  int nodes = 1;          // This one, too.
  int others_withdrawn = 0;
  int others_announcing = 0;  // UP or SOFT.
  bool settled = false;       // All pages are newer than our wish to withdraw, and none stands
                              // against it.
  int max_withdrawn = 1;      // Of all nodes.
  friend bool operator==(const FleetView&, const FleetView&) = default;
};

// All that a decision depends on, beside what was before. `now` never goes back (a monotonic clock
// in the form of a Time). `signals` are one service's.
struct Facts {
  absl::Time now;
  std::vector<Signal> signals;
  Intent intent;
  FleetView fleet;
  std::optional<double> queries_per_second;  // Unknown without a heartbeat.
};

// Of one family of one service.
struct Verdict {
  State state = State::kDown;
  std::string rule;    // Which rule fired, a fixed word: "hard-fault", "hold-down", "warm-up", ...
  std::string reason;  // For an operator: the rule's, with the signals that made it.
  absl::Time since;    // When the state last changed.
  bool wants_to_withdraw = false;  // Waits for the fleet's consent.
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_POLICY_H_
