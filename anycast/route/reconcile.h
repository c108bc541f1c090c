#ifndef HITHER_ANYCAST_ROUTE_RECONCILE_H_
#define HITHER_ANYCAST_ROUTE_RECONCILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_speaker.h"

namespace hither {

// A prefix that is not announced as it should be, somewhere. A value.
struct Difference {
  Prefix prefix;
  std::string where;  // As in Observation::Seen.
  State wanted = State::kDown;
  Observation::Kind seen = Observation::Kind::kUnknown;
  std::optional<State> seen_state;
  std::string detail;
  absl::Time since = absl::InfinitePast();  // When it was first seen.

  // "192.0.2.0/24 at bird uplink: wanted UP, seen absent (the session is not up)"
  std::string ToText() const;
};

// All that differs at this moment. Pure. Unknown is a difference only where a detail says why: a
// failed command is one, a question that was not asked yet is none. A state that cannot be told
// differs from nothing.
std::vector<Difference> Compare(const std::vector<Route>& wanted, const Observation& observed);

// Remembers differences from tick to tick: which count, because they outlast what routers need to
// follow a change, and which were told. One thread's; time is an argument.
class Differences {
 public:
  explicit Differences(absl::Duration grace = absl::Seconds(3)) : grace_(grace) {}

  // For each tick, with what the speakers and fresh read-backs see. Returns the lines to log: one
  // when a difference begins to count, one when it becomes another, one when it has gone.
  std::vector<std::string> Update(const std::vector<Route>& wanted,
                                  const std::vector<Observation>& observed, absl::Time now);

  // Those that count now.
  std::vector<Difference> Counted() const;
  // How often one began to count, since the start: for a metric.
  uint64_t total() const { return total_; }

  // Prefixes to announce again although their speaker believes that they are: of differences that
  // count, each at once, after 5 s, then after twice as long up to 5 min. Asking takes note.
  std::vector<Prefix> TakeToAnnounceAgain(absl::Time now);

 private:
  using Key = std::pair<Prefix, std::string>;
  struct Known {
    Difference difference;
    std::string told;                          // Empty: does not count yet.
    absl::Time next = absl::InfiniteFuture();  // When to announce again.
    absl::Duration pause;
  };

  void NoteChanges(const std::vector<Route>& wanted, absl::Time now);
  void Merge(std::vector<Difference> found, absl::Time now, std::vector<std::string>& lines);
  void Tell(Known& known, absl::Time now, std::vector<std::string>& lines);

  const absl::Duration grace_;
  absl::btree_map<Prefix, std::pair<State, absl::Time>> changed_;  // When each was last wanted new.
  absl::btree_map<Key, Known> known_;
  uint64_t total_ = 0;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_RECONCILE_H_
