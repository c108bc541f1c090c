#ifndef HITHER_ANYCAST_JOURNAL_REPLAY_H_
#define HITHER_ANYCAST_JOURNAL_REPLAY_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/journal/journal.h"

namespace hither {

// Replays a journal's facts through the policy, in the order of its entries. A value.
//
// With the recorded settings each decision is the recorded one: entries have the times at which
// something changed, and the policy adds up time and ticks. With other settings, a change caused by
// time alone (a warm-up's end) may come a tick early, because the ticks between two entries are
// spread evenly, unlike the real ones.
class Replay {
 public:
  struct Transition {
    absl::Time wall;
    std::string service;
    IpFamily family = IpFamily::kV4;
    State before = State::kDown;
    Verdict verdict;
  };
  struct Difference {  // Between what was recorded and what the policy says now.
    absl::Time wall;
    std::string service;
    IpFamily family = IpFamily::kV4;
    Verdict recorded;
    Verdict now;
  };

  // `settings` as SetPolicyField() takes them, put over each entry's policy.
  explicit Replay(std::vector<std::string> settings) : settings_(std::move(settings)) {}

  // An error is about the settings, or says that the entry is older than the previous one.
  absl::Status Add(JournalEntry entry);

  const std::vector<Transition>& transitions() const { return transitions_; }
  const std::vector<Difference>& differences() const { return differences_; }
  int64_t ticks() const { return ticks_; }
  // Entries before a service's first one with a memory: a journal that was cut off at its head.
  int64_t skipped() const { return skipped_; }
  // Some were omitted: more than kKeptMax.
  bool is_cut() const { return is_cut_; }

  static constexpr size_t kKeptMax = 10'000;  // Of transitions, and of differences.
  static constexpr size_t kServicesMax = 1'000;

 private:
  struct Service {
    JournalEntry last;
    std::array<PolicyMemory, 2> memories;
  };

  void PlayBetween(Service& service, const JournalEntry& entry);
  std::array<Verdict, 2> Tick(Service& service, const JournalEntry& entry, const Facts& facts);
  void Compare(const JournalEntry& entry, const std::array<Verdict, 2>& verdicts);

  std::vector<std::string> settings_;
  absl::flat_hash_map<std::string, Service> services_;
  std::vector<Transition> transitions_;
  std::vector<Difference> differences_;
  int64_t ticks_ = 0;
  int64_t skipped_ = 0;
  bool is_cut_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_REPLAY_H_
