// Mutual exclusion without a leader, in the manner of flags: publish the wish, then look, then act.
//
// An absent peer (its page does not have the family) is omitted from both W and the count: its page
// is true when it is written, and a node that gets the family after that publishes its wish later
// than X.
//
// Why no more than max_withdrawn nodes withdraw for faults that are not certain, whatever the order
// and the delay of the pages: let W be the nodes withdrawn this way, and X the one of them whose
// wish was published last (the wish on which it withdrew). X acted on pages requested after its
// wish. For each other node Y of W
//   - X had a fresh page. When it was written, Y's wish was already published. Y had not taken it
//     back, since Y withdrew on it. So the page showed either the wish, and then X did not
//     withdraw; or Y withdrawn, since a page changes both together, and then X counted Y.
//   - or X had none. Then X counted Y as withdrawn.
// So X counted all others of W, and withdrew only if W with X was within max_withdrawn. With
// max_withdrawn 1 the second of two never withdraws.
//
// Why one of several wishes succeeds: a node yields only to a lesser name, so the least of the
// wishing nodes that see each other never yields, and the others drop their wishes once they have
// seen it. The wish of a dead node expires with its page's age.
//
// Why a peer that wishes forever does not hold others back forever: a node never acts on its own
// wish once it is older than kWishMax, and rests for kYield after each wish (and at its start). So
// when X has seen Y wish for longer than kWishMax without a gap of kWishGap, Y can no longer act on
// the wish on its last page (it has expired, or Y hangs and will find it expired), or Y violates
// these rules. Y publishes its next wish at least kYield after that page was written; by then the
// page is too old to count. So ignoring such a wish in the first case above ignores no honest node.
// A peer that wishes on and off within these limits holds X back for kHeldMax; then X counts it as
// withdrawn, which is the most that a peer can do to X in any case.

#include "anycast/policy/fleet.h"

#include <algorithm>
#include <utility>

namespace hither {
namespace {

bool IsFresh(const PeerReport& report, absl::Time now) {
  return now - report.asked_at <= kPageAgeMax;
}

// A node in DRAIN is about to withdraw. A node not known to announce may reach no router, and a
// node that relied on it would be the last to leave.
bool Announces(const PeerReport& report) {
  return (report.state == State::kUp || report.state == State::kSoft) &&
         report.announced.value_or(false);
}

// Does it wish to withdraw, so that it might?
bool Wishes(const PeerReport& report, absl::Time now) {
  return IsFresh(report, now) && report.wants_to_withdraw &&
         report.asked_at - report.wishing_since <= kWishMax;
}

// Have only wishes kept us from withdrawing for too long?
bool IsHeldTooLong(const FleetWish& wish, absl::Time now) {
  return now - wish.wanted_since > kHeldMax;
}

// Adds one peer to the FleetView.
void Count(const PeerReport& report, absl::Time now, const FleetWish& wish, FleetView& view) {
  const bool is_fresh = IsFresh(report, now);
  if (is_fresh && report.is_absent) {
    ++view.others_absent;
    return;
  }
  ++view.nodes;
  const bool may_go = IsHeldTooLong(wish, now) && Wishes(report, now);
  if (is_fresh && Announces(report) && !may_go) {
    ++view.others_announcing;
    return;
  }
  ++view.others_withdrawn;
  const bool is_down = report.state == State::kDown || report.state == State::kDrain;
  if (!is_fresh || (!is_down && !report.announced.has_value())) ++view.others_unknown;
}

bool AnotherComesFirst(absl::string_view self, std::span<const PeerReport> reports,
                       absl::Time now) {
  return std::ranges::any_of(
      reports, [&](const PeerReport& report) { return Wishes(report, now) && report.name < self; });
}

bool IsSettled(std::span<const PeerReport> reports, absl::Time now, const FleetWish& wish) {
  return wish.stands() && std::ranges::all_of(reports, [&](const PeerReport& report) {
           return !IsFresh(report, now) || (report.asked_at > wish.since &&
                                            (!Wishes(report, now) || IsHeldTooLong(wish, now)));
         });
}

void LetGo(absl::Time now, FleetWish& wish) {
  wish.since = absl::InfiniteFuture();
  wish.rests_until = now + kYield;
}

}  // namespace

int MaxWithdrawn(const AnycastConfig::Peers& peers, int nodes) {
  const int wanted =
      peers.max_withdrawn > 0 ? peers.max_withdrawn : nodes * peers.max_withdrawn_percent / 100;
  return std::max(1, std::min(wanted, nodes - 1));
}

FleetView ViewFleet(const AnycastConfig::Peers& peers, absl::string_view self,
                    std::span<const PeerReport> reports, absl::Time now, FleetWish& wish) {
  if (!std::exchange(wish.has_begun, true) && !wish.stands()) wish.rests_until = now + kYield;
  if (wish.stands() && now - wish.since > kWishMax) LetGo(now, wish);
  FleetView view;
  view.is_asked = !reports.empty();
  int fresh = 0;
  for (const PeerReport& report : reports) {
    Count(report, now, wish, view);
    if (IsFresh(report, now) && !report.is_absent) ++fresh;
  }
  view.max_withdrawn = MaxWithdrawn(peers, view.nodes);
  view.is_known = view.is_asked && 2 * fresh >= view.nodes - 1;
  if (wish.stands() && !IsHeldTooLong(wish, now) && AnotherComesFirst(self, reports, now)) {
    LetGo(now, wish);
    wish.yielded_until = now + kYield;
  }
  view.yielded = wish.has_yielded(now);
  view.settled = IsSettled(reports, now, wish);
  return view;
}

void TellWish(const Verdict& verdict, absl::Time now, FleetWish& wish) {
  if (!verdict.wants_to_withdraw) {
    wish.wanted_since = absl::InfiniteFuture();
    if (wish.stands()) LetGo(now, wish);
    return;
  }
  wish.wanted_since = std::min(wish.wanted_since, now);
  if (!wish.stands() && now >= wish.rests_until) wish.since = now;
}

}  // namespace hither
