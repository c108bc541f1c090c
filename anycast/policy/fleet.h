#ifndef HITHER_ANYCAST_POLICY_FLEET_H_
#define HITHER_ANYCAST_POLICY_FLEET_H_

#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"

namespace hither {

// The last report of one configured peer about one family of one service.
//
// Unknown, absent and withdrawn are three things. A peer whose page is too old is unknown: it may
// be withdrawn, so it counts as withdrawn. One whose page does not have the family of the service
// is absent: it is not in that family's fleet. One that has it announces only while its routers
// have the route (`announced`), whatever its verdict: a session may be down, or it may be a dry
// run.
//
// `asked_at` is when the request for the page was sent, not when the answer came: a page may have
// been written at any time in between, and only a page requested after our wish answers it.
struct PeerReport {
  std::string name;
  absl::Time asked_at = absl::InfinitePast();  // InfinitePast(): never.
  State state = State::kDown;
  bool wants_to_withdraw = false;
  // No value: it does not know, or runs an older version.
  std::optional<bool> announced = std::nullopt;
  bool is_absent = false;
  // Since when its pages have shown a wish without interruption; see WishRun.
  absl::Time wishing_since = absl::InfiniteFuture();
};

inline constexpr absl::Duration kPageAgeMax = absl::Seconds(3);
inline constexpr absl::Duration kYield = absl::Seconds(5);
// The longest life of a wish: pages arrive within a second, or are too old to count after
// kPageAgeMax.
inline constexpr absl::Duration kWishMax = absl::Seconds(8);
// Less than kYield by more than a page may take: two honest wishes are further apart.
inline constexpr absl::Duration kWishGap = absl::Seconds(4);
// A node held back by others' wishes for this long counts them as withdrawn instead.
inline constexpr absl::Duration kHeldMax = absl::Seconds(30);

// Tracks across pages how long a peer has wished. A node drops each wish after kWishMax, and rests
// for kYield after each. So a node that is seen to wish for longer without a gap of kWishGap is not
// honest, or hangs, and no longer holds others back. A value.
class WishRun {
 public:
  // A page that was requested and arrived at these times.
  void Note(bool wants_to_withdraw, absl::Time asked_at, absl::Time arrived_at) {
    if (!wants_to_withdraw) return;
    if (asked_at - last_asked_at_ >= kWishGap) since_ = arrived_at;
    last_asked_at_ = asked_at;
  }
  absl::Time since() const { return since_; }
  bool IsOver(absl::Time now) const { return now - last_asked_at_ >= kWishGap; }

 private:
  absl::Time since_ = absl::InfiniteFuture();
  absl::Time last_asked_at_ = absl::InfinitePast();
};

// Our own wish to withdraw one family of one service, as on our page. A value that the loop keeps
// between ticks:
//
//   each tick:  facts.fleet_ipv4 = ViewFleet(config.peers, self, reports, now, wish);
//               verdict = Decide(policy, IpFamily::kV4, facts, memory);
//               TellWish(verdict, now, wish);
//               the page shows verdict.state, wish.stands() and wish.has_yielded(now), all three
//               together; requests for peers' pages sent from now on count as "after".
struct FleetWish {
  absl::Time since = absl::InfiniteFuture();         // InfiniteFuture(): there is none.
  absl::Time yielded_until = absl::InfinitePast();   // No new one before.
  absl::Time rests_until = absl::InfinitePast();     // Nor before this: set after each wish.
  absl::Time wanted_since = absl::InfiniteFuture();  // Wants to withdraw, whether it yields or not.
  bool has_begun = false;                            // A node that starts rests first.

  bool stands() const { return since != absl::InfiniteFuture(); }
  bool has_yielded(absl::Time now) const { return now < yielded_until; }
  friend bool operator==(const FleetWish&, const FleetWish&) = default;
};

// Of a fleet of `nodes`, at least 1 and never all of them.
int MaxWithdrawn(const AnycastConfig::Peers& peers, int nodes);

// The fleet as this tick sees it. `self` is our name; one report for each configured peer, in any
// order. Takes our wish back if another's comes first, or if it is too old to act on.
FleetView ViewFleet(const AnycastConfig::Peers& peers, absl::string_view self,
                    std::span<const PeerReport> reports, absl::Time now, FleetWish& wish);

// Makes, keeps or takes back our wish.
void TellWish(const Verdict& verdict, absl::Time now, FleetWish& wish);

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_FLEET_H_
