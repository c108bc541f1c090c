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

// What the operator wants, over what the signals say.
struct Intent {
  bool drain = false;
  absl::Time drain_since = absl::InfiniteFuture();
  absl::Time frozen_until = absl::InfinitePast();  // `hither freeze`.
  absl::Time forgiven_at = absl::InfinitePast();   // `hither undrain`; see Forgive().
  friend bool operator==(const Intent&, const Intent&) = default;
};

// What the other nodes that have this family of this service are known to do, this tick.
//
// A withdrawal that is not certain goes in two steps, so that two nodes never take the last place
// together: first a node tells in its peer page that it wants to (`wants_to_withdraw` of its
// Verdict), then it does if each peer's page, fetched after that, says that the peer does not want
// to or has yielded (of two, the one with the greater name yields). The collector of these facts
// (fleet.h) counts such peers as withdrawn.
struct FleetView {
  bool is_asked = false;      // Are peers configured?
  bool is_known = false;      // Has every peer's page come lately enough to count on? (A peer that
                              // does not answer counts as withdrawn only if most of them answer.)
  int nodes = 1;              // This one, too.
  int others_withdrawn = 0;   // Or not known to announce.
  int others_announcing = 0;  // UP or SOFT, and their routers have the route.
  bool settled = false;       // All pages are newer than our wish to withdraw, and none stands
                              // against it.
  bool yielded = false;       // Another node's wish came first; ours rests for a while.
  int max_withdrawn = 1;      // Of all nodes.
  int others_unknown = 0;     // Of those withdrawn: it is not known.
  int others_absent = 0;      // Peers without this family of this service: no nodes of this fleet.
  friend bool operator==(const FleetView&, const FleetView&) = default;
};

// All that a decision depends on, beside what was before. `now` never goes back (a monotonic clock
// in the form of a Time), but it may leap. `signals` are one service's, of both families.
struct Facts {
  absl::Time now;
  std::vector<Signal> signals;
  Intent intent;
  FleetView fleet_ipv4;
  FleetView fleet_ipv6;
  bool lost_ipv4 = false;  // The sidecar hung, and what was announced has ended by itself.
  bool lost_ipv6 = false;
  std::optional<double> queries_per_second;  // Unknown without a heartbeat.

  const FleetView& fleet(Families family) const {
    return family == Families::kIpv6 ? fleet_ipv6 : fleet_ipv4;
  }
  bool lost(Families family) const { return family == Families::kIpv6 ? lost_ipv6 : lost_ipv4; }
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

// What is remembered between the ticks of one family of one service. A value; the first tick gets
// a fresh one, or Resume()'s.
//
// How long something was good is a sum over ticks rather than "since when": over a gap nothing was
// seen, so a gap resets the sum (see kGapTicks). No value: not so at the last tick.
struct PolicyMemory {
  // Why a route that is announced is SOFT although nothing is wrong any more.
  enum class Calm : uint8_t { kWarmUp, kRecovering, kLastResort };

  absl::Time last_tick = absl::InfinitePast();
  State state = State::kDown;
  absl::Time since = absl::InfinitePast();

  int hard_ticks = 0;  // In a row, local or path.
  int shared_ticks = 0;
  int soft_ticks = 0;
  std::optional<absl::Duration> good_for;   // Nothing forbids to announce.
  std::optional<absl::Duration> calm_for;   // Nothing is even soft, since the route became SOFT.
  std::optional<absl::Duration> quiet_for;  // A draining node has next to no queries.

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

// A gap of more ticks than this between two decisions (a suspended host, a stopped sidecar) is no
// time in which anything was seen to be good.
inline constexpr int kGapTicks = 10;
inline constexpr size_t kWithdrawalsKept = 128;             // Above any sane withdrawals_max.
inline constexpr absl::Duration kQuiet = absl::Seconds(2);  // Drained: so long next to no queries.

// The decision of one tick. Pure: the same arguments give the same verdict. `family` is kIpv4 or
// kIpv6; signals of the other one do not count. To be called once each policy.tick.
Verdict Decide(const AnycastConfig::Policy& policy, Families family, const Facts& facts,
               PolicyMemory& memory);

// What a sidecar that starts again at `now` takes from what it kept: the flap budget and the
// hold-down, not the state, since its routes went with its sessions. Times that lie after `now`
// are another boot's, and nothing of them is taken.
PolicyMemory Resume(const PolicyMemory& kept, absl::Time now);

// A route ended with a sidecar that died or hung: to routers a withdrawal like any other, so it
// counts for the flap budget. It says nothing about the node, so there is no hold-down.
void CountLoss(absl::Time at, PolicyMemory& memory);

// What was withdrawn before `at` costs nothing any more: no budget, no hold-down. Decide() does so
// for Intent::forgiven_at; doing it again changes nothing.
void Forgive(absl::Time at, PolicyMemory& memory);

// How long it must be good before it is announced.
absl::Duration RiseNeeded(const AnycastConfig::Policy& policy, const PolicyMemory& memory);

// How many withdrawals lie within the window that ends at `now`.
int WithdrawalsInWindow(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now);
// When there is budget for one more; InfinitePast() if there is now.
absl::Time BudgetFreeAt(const AnycastConfig::Policy& policy, const PolicyMemory& memory,
                        absl::Time now);

// All rules in the order in which they are asked; the first that has something to say decides.
struct RuleWord {
  absl::string_view word;
  absl::string_view meaning;
};
std::span<const RuleWord> Rules();

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_POLICY_H_
