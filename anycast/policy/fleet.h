#ifndef HITHER_ANYCAST_POLICY_FLEET_H_
#define HITHER_ANYCAST_POLICY_FLEET_H_

#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"

namespace hither {

// What one configured peer told last about one family of one service. A peer that does not tell of
// the service at all is kDown.
//
// `asked_at` is when the request for the page was sent, not when the answer came: a page may have
// been written at any time between, and only what was asked for after our wish was made answers it.
struct PeerReport {
  std::string name;
  absl::Time asked_at = absl::InfinitePast();  // InfinitePast(): never told.
  State state = State::kDown;
  bool wants_to_withdraw = false;
};

// Our own wish to withdraw one family of one service, as our page tells it. A value, kept by the
// loop between the ticks:
//
//   each tick:  facts.fleet_ipv4 = ViewFleet(config.peers, self, reports, now, wish);
//               verdict = Decide(policy, Families::kIpv4, facts, memory);
//               TellWish(verdict, now, wish);
//               the page tells verdict.state, wish.stands() and wish.has_yielded(now), all three
//               at once; requests for the peers' pages that are sent from now on count as "after".
struct FleetWish {
  absl::Time since = absl::InfiniteFuture();        // InfiniteFuture(): there is none.
  absl::Time yielded_until = absl::InfinitePast();  // No new one before.

  bool stands() const { return since != absl::InfiniteFuture(); }
  bool has_yielded(absl::Time now) const { return now < yielded_until; }
  friend bool operator==(const FleetWish&, const FleetWish&) = default;
};

inline constexpr absl::Duration kPageAgeMax = absl::Seconds(3);
inline constexpr absl::Duration kYield = absl::Seconds(5);

// Of a fleet of `nodes`, at least 1 and never all of them.
int MaxWithdrawn(const AnycastConfig::Peers& peers, int nodes);

// The fleet as this tick sees it. `self` is our name; one report for each configured peer, in any
// order. Takes our wish back if another's comes first.
FleetView ViewFleet(const AnycastConfig::Peers& peers, absl::string_view self,
                    std::span<const PeerReport> reports, absl::Time now, FleetWish& wish);

// Makes, keeps or takes back our wish.
void TellWish(const Verdict& verdict, absl::Time now, FleetWish& wish);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_FLEET_H_
