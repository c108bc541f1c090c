#ifndef HITHER_ANYCAST_JOURNAL_JOURNAL_H_
#define HITHER_ANYCAST_JOURNAL_JOURNAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"

namespace hither {

// One line of the journal: a tick of one service at which something relevant changed, or a minute
// had passed. `hither simulate` replays the ticks from the entries: between two of them the facts
// of the earlier one apply.
//
// A line has the whole entry (the first one, and one each hour), or only what differs from the
// entry of that service before it: see journal_changes.h.
struct JournalEntry {
  struct Family {
    Verdict verdict;
    std::optional<PolicyMemory> memory;  // Before the tick. Not in a line of changes.
  };
  absl::Time wall;  // By the host's clock, for people.
  std::string service;
  bool is_first = false;     // Of this run of the sidecar.
  bool follows_gap = false;  // Lines before it are missing. The reader's finding, never written.
  // Facts::now of the entry written before it, in a whole entry that is not the first.
  std::optional<absl::Time> follows = std::nullopt;
  absl::Time previous;  // Facts::now of the previous tick; the first tick has its own.
  int64_t ticks = 1;    // Since the previous entry, including this one.
  AnycastConfig::Policy policy;
  Facts facts;
  Family ipv4;
  Family ipv6;

  const Family& family(IpFamily which) const { return which == IpFamily::kV6 ? ipv6 : ipv4; }
};

inline constexpr size_t kJournalLineMax = 256 * 1024;
inline constexpr size_t kJournalSignalsMax = 1024;
inline constexpr int64_t kJournalTicksMax = 120'000;  // Two minutes of 1 ms.
inline constexpr absl::Duration kJournalEvery = absl::Seconds(60);
// A journal whose first lines are gone (it was rotated) can be replayed from the first whole entry.
inline constexpr absl::Duration kJournalWholeEvery = absl::Hours(1);

// One line of JSON with its line end. Empty if it would be longer than kJournalLineMax.
std::string ToLine(const JournalEntry& entry);

// Errors say what is wrong with the line; the caller knows its number.
absl::StatusOr<JournalEntry> ParseJournalLine(absl::string_view line);

// The memory alone, one line of JSON: for the state file, so that a restart keeps the flap budget.
std::string ToText(const PolicyMemory& memory);
absl::StatusOr<PolicyMemory> ParsePolicyMemory(absl::string_view text);

// After a line was lost, a whole entry is written so long after the last one: not each tick, since
// a full disk refuses it again.
inline constexpr absl::Duration kJournalWholeAgain = absl::Seconds(5);

// Picks the ticks of one service that are worth a line. A value that the loop keeps:
//
//   const PolicyMemory before4 = memory4, before6 = memory6;
//   ... both Decide() ...
//   line = journal.Tick(absl::Now(), "dns", policy, facts, {verdict4, before4}, {verdict6,
//   before6}); if (!line.empty()) append it
class JournalWriter {
 public:
  // Empty: nothing new. Both families' `memory` must be given.
  std::string Tick(absl::Time wall, absl::string_view service, const AnycastConfig::Policy& policy,
                   const Facts& facts, JournalEntry::Family ipv4, JournalEntry::Family ipv6);
  // A line did not reach the file, or a new file began: what is written next must not need it.
  void WriteWhole() { must_be_whole_ = true; }

 private:
  bool IsNew(const JournalEntry& entry) const;

  std::optional<JournalEntry> last_;
  absl::Time last_whole_ = absl::InfinitePast();  // By Facts::now.
  absl::Time last_tick_ = absl::InfinitePast();
  int64_t ticks_ = 0;
  bool must_be_whole_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_JOURNAL_H_
