#ifndef HITHER_ANYCAST_ROUTE_RECONCILE_H_
#define HITHER_ANYCAST_ROUTE_RECONCILE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_backend.h"
#include "base/reminder.h"

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
  std::string WithoutPrefix() const;  // From "at" on.
  std::string WantedAndSeen() const;  // "wanted UP, seen absent (why)"
};

// All that differs at this moment. Pure. Unknown is a difference only where a detail says why: a
// failed command is one, a question that was not asked yet is none. A state that cannot be told
// differs from nothing.
std::vector<Difference> Compare(const std::vector<Route>& wanted, const Observation& observed);

// Remembers differences from tick to tick: which count, because they outlast what routers need to
// follow a change, and when each was logged. One thread's; time is an argument.
class Differences {
 public:
  explicit Differences(absl::Duration grace = absl::Seconds(3)) : grace_(grace) {}

  // For each tick, with what the backends and fresh read-backs see. Returns the lines to log, as
  // Reminder has them; prefixes that say the same share a line.
  std::vector<std::string> Update(const std::vector<Route>& wanted,
                                  const std::vector<Observation>& observed, absl::Time now);

  // Those that count now.
  std::vector<Difference> Counted() const;
  // How often one began to count, since the start: for a metric.
  uint64_t total() const { return total_; }

  // Prefixes to announce again although their backend believes that they are: of differences that
  // count, each at once, after 5 s, then after twice as long up to 5 min. Asking takes note.
  std::vector<Prefix> TakeToAnnounceAgain(absl::Time now);

 private:
  using Key = std::pair<Prefix, std::string>;
  struct Known {
    Difference difference;
    bool counts = false;
    absl::Time next = absl::InfiniteFuture();  // When to announce again.
    absl::Duration pause;
  };

  void NoteChanges(const std::vector<Route>& wanted, absl::Time now);
  using Lines = std::vector<std::pair<Prefix, std::string>>;  // A prefix and what is said of it.
  // `seen`: what is known at this tick, as wanted or not.
  void Merge(std::vector<Difference> found, const std::set<Key>& seen, absl::Time now,
             Lines& lines);
  void Tell(const Key& key, Known& known, absl::Time now, Lines& lines);
  static std::vector<std::string> Grouped(const Lines& lines);

  const absl::Duration grace_;
  absl::btree_map<Prefix, std::pair<State, absl::Time>> changed_;  // When each was last wanted new.
  absl::btree_map<Key, Known> known_;
  absl::btree_map<Key, Reminder> reminders_;  // Of those that count, and for a while after.
  uint64_t total_ = 0;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_RECONCILE_H_
