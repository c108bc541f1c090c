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
#include "daemon/config/anycast_config.h"

namespace hither {

// Least announced first.
enum class State : uint8_t { kDown, kDrain, kSoft, kUp };
absl::string_view ToText(State state);  // "DOWN", "DRAIN", "SOFT", "UP"

// What the operator wants; it overrides the signals.
struct Intent {
  bool drain = false;
  absl::Time drain_since = absl::InfiniteFuture();
  absl::Time frozen_until = absl::InfinitePast();  // `hither freeze`.
  absl::Time forgiven_at = absl::InfinitePast();   // `hither undrain`; see Forgive().
  friend bool operator==(const Intent&, const Intent&) = default;
};

// What is known at this tick of the other nodes with this family of this service.
//
// A withdrawal that is not certain has two steps, so that two nodes never withdraw the last routes
// together: first a node publishes in its peer page that it wants to (`wants_to_withdraw` of its
// Verdict); then it withdraws if each peer's page, fetched after that, says that the peer does not
// want to or has yielded (of two, the one with the greater name yields). The collector of these
// facts (fleet.h) counts such peers as withdrawn.
struct FleetView {
  bool is_asked = false;      // Are peers configured?
  bool is_known = false;      // Is every peer's page recent enough to rely on? (A peer that
                              // does not answer counts as withdrawn only if most of them answer.)
  int nodes = 1;              // This one, too.
  int others_withdrawn = 0;   // Or not known to announce.
  int others_announcing = 0;  // UP or SOFT, and their routers have the route.
  bool settled = false;       // All pages are newer than our wish to withdraw, and none is
                              // against it.
  bool yielded = false;       // Another node's wish came first; ours rests for a while.
  int max_withdrawn = 1;      // Of all nodes.
  int others_unknown = 0;     // Part of others_withdrawn: unknown.
  int others_absent = 0;      // Peers without this family of this service: not in this fleet.
  friend bool operator==(const FleetView&, const FleetView&) = default;
};

// All that a decision depends on, besides the memory. `now` never goes back (a monotonic clock as a
// Time), but it may leap. `signals` are one service's, for both families.
struct Facts {
  absl::Time now;
  std::vector<Signal> signals;
  Intent intent;
  FleetView fleet_ipv4;
  FleetView fleet_ipv6;
  bool lost_ipv4 = false;  // The sidecar hung, and its announcement has expired.
  bool lost_ipv6 = false;
  std::optional<double> queries_per_second;  // Unknown without a heartbeat.

  const FleetView& fleet(IpFamily family) const {
    return family == IpFamily::kV6 ? fleet_ipv6 : fleet_ipv4;
  }
  bool lost(IpFamily family) const { return family == IpFamily::kV6 ? lost_ipv6 : lost_ipv4; }
  friend bool operator==(const Facts&, const Facts&) = default;
};

// Of one family of one service.
struct Verdict {
  State state = State::kDown;
  std::string rule;    // Which rule fired, a fixed word of Rules(): "hard-fault", "warm-up", ...
  std::string reason;  // For an operator: the rule's, with the signals that made it.
  absl::Time since;    // When the state last changed.
  bool wants_to_withdraw = false;  // Waits for the fleet's consent.
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// The memory of one family of one service between ticks. A value; the first tick gets a fresh one,
// or Resume()'s.
//
// How long something was good is a sum over ticks, not a start time: nothing is seen during a gap,
// so a gap resets the sum (see kGapTicks). No value: not good at the last tick.
struct PolicyMemory {
  // Why an announced route is SOFT although nothing is wrong any longer.
  enum class Calm : uint8_t { kWarmUp, kRecovering, kLastResort };

  absl::Time last_tick = absl::InfinitePast();
  State state = State::kDown;
  absl::Time since = absl::InfinitePast();

  int hard_ticks = 0;  // In a row, local or path.
  int shared_ticks = 0;
  int soft_ticks = 0;
  std::optional<absl::Duration> good_for;   // Nothing forbids announcing.
  std::optional<absl::Duration> calm_for;   // Nothing is even soft, since the route became SOFT.
  std::optional<absl::Duration> quiet_for;  // A draining node has almost no queries.

  Calm calm = Calm::kWarmUp;
  absl::Duration calm_needed;  // Before SOFT becomes UP.
  absl::Duration softness;     // The last calm_needed after a fault: doubles as hold_down does.
  absl::Time softened_at = absl::InfinitePast();

  bool has_withdrawn = false;  // For a fault: from then on `rise` counts, not `rise_first`.
  absl::Duration hold_down;    // The last one.
  absl::Time hold_down_until = absl::InfinitePast();
  std::vector<absl::Time> withdrawals;  // For faults; oldest first, at most kWithdrawalsKept.

  friend bool operator==(const PolicyMemory&, const PolicyMemory&) = default;
};

absl::string_view ToText(PolicyMemory::Calm calm);  // "warm-up", "recovering", "last-resort"

// A gap of more ticks than this between two decisions (a suspended host, a stopped sidecar) does
// not count as time in which anything was good.
inline constexpr int kGapTicks = 10;
inline constexpr size_t kWithdrawalsKept = 128;             // Above any sane withdrawals_max.
inline constexpr absl::Duration kQuiet = absl::Seconds(2);  // Drained: this long almost idle.

// The decision of one tick. Pure: the same arguments give the same verdict. `family` is kIpv4 or
// kIpv6; signals of the other one do not count. Call it once per policy.tick.
Verdict Decide(const AnycastConfig::Policy& policy, IpFamily family, const Facts& facts,
               PolicyMemory& memory);

// What a sidecar that restarts at `now` takes from its kept memory: the flap budget and the
// hold-down, not the state, since its routes ended with its sessions. Times after `now` are from
// another boot and are ignored.
PolicyMemory Resume(const PolicyMemory& kept, absl::Time now);

// A route ended with a sidecar that died or hung: for routers this is a withdrawal like any other,
// so it counts towards the flap budget. It says nothing about the node, so there is no hold-down.
void CountLoss(absl::Time at, PolicyMemory& memory);

// Withdrawals before `at` no longer count: no budget, no hold-down. Decide() does this for
// Intent::forgiven_at; repeating it changes nothing.
void Forgive(absl::Time at, PolicyMemory& memory);

// How long it must be good before it is announced.
absl::Duration RiseNeeded(const AnycastConfig::Policy& policy, const PolicyMemory& memory);

// The number of withdrawals in the window that ends at `now`.
int WithdrawalsInWindow(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now);
// When there is budget for one more withdrawal; InfinitePast() if there is now.
absl::Time BudgetFreeAt(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now);

// All rules in the order of evaluation; the first that applies decides.
struct RuleWord {
  absl::string_view word;
  absl::string_view meaning;
};
std::span<const RuleWord> Rules();

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_POLICY_H_
