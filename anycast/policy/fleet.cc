// Mutual exclusion without a leader, after the manner of flags: tell the wish, then look, then act.
//
// Why no more than max_withdrawn nodes withdraw for faults that are not certain, whatever the order
// and the delay of the pages: let W be the nodes that are withdrawn so, and X the one of them whose
// wish was told last (the wish by which it went). X acted on pages that were asked for after its
// wish. Of each other node Y of W
//   - X had a fresh page. When it was written, Y's wish had been told already. Y had not taken it
//     back, since by it Y went: so the page showed either the wish, and then X did not go; or Y
//     withdrawn, since a page changes both at once, and then X counted Y.
//   - or X had none. Then X counted Y as withdrawn.
// So X counted all others of W, and went only if W with X was within max_withdrawn. With
// max_withdrawn 1 the second of two never goes.
//
// Why one of several wishes comes through: a node yields only to a lesser name, so the least of the
// names that wish and see each other never does, and the others' wishes are gone once they have
// seen it. A wish whose node dies goes with its page's age.

#include "anycast/policy/fleet.h"

#include <algorithm>

namespace hither {
namespace {

bool IsFresh(const PeerReport& report, absl::Time now) {
  return now - report.asked_at <= kPageAgeMax;
}

// DRAIN is about to go.
bool Announces(const PeerReport& report) {
  return report.state == State::kUp || report.state == State::kSoft;
}

bool AnotherComesFirst(absl::string_view self, std::span<const PeerReport> reports,
                       absl::Time now) {
  return std::ranges::any_of(reports, [&](const PeerReport& report) {
    return IsFresh(report, now) && report.wants_to_withdraw && report.name < self;
  });
}

bool IsSettled(std::span<const PeerReport> reports, absl::Time now, const FleetWish& wish) {
  return wish.stands() && std::ranges::all_of(reports, [&](const PeerReport& report) {
           return !IsFresh(report, now) ||
                  (report.asked_at > wish.since && !report.wants_to_withdraw);
         });
}

}  // namespace

int MaxWithdrawn(const AnycastConfig::Peers& peers, int nodes) {
  const int wanted =
      peers.max_withdrawn > 0 ? peers.max_withdrawn : nodes * peers.max_withdrawn_percent / 100;
  return std::max(1, std::min(wanted, nodes - 1));
}

FleetView ViewFleet(const AnycastConfig::Peers& peers, absl::string_view self,
                    std::span<const PeerReport> reports, absl::Time now, FleetWish& wish) {
  FleetView view;
  view.is_asked = !reports.empty();
  view.nodes = static_cast<int>(reports.size()) + 1;
  view.max_withdrawn = MaxWithdrawn(peers, view.nodes);
  int fresh = 0;
  for (const PeerReport& report : reports) {
    if (IsFresh(report, now)) ++fresh;
    if (IsFresh(report, now) && Announces(report)) ++view.others_announcing;
  }
  view.others_withdrawn = view.nodes - 1 - view.others_announcing;
  view.is_known = view.is_asked && 2 * fresh >= view.nodes - 1;
  if (wish.stands() && AnotherComesFirst(self, reports, now)) {
    wish = {absl::InfiniteFuture(), now + kYield};
  }
  view.yielded = wish.has_yielded(now);
  view.settled = IsSettled(reports, now, wish);
  return view;
}

void TellWish(const Verdict& verdict, absl::Time now, FleetWish& wish) {
  if (!verdict.wants_to_withdraw) {
    wish.since = absl::InfiniteFuture();
  } else if (!wish.stands() && !wish.has_yielded(now)) {
    wish.since = now;
  }
}

}  // namespace hither
