#ifndef HITHER_ANYCAST_JOURNAL_JOURNAL_CHANGES_H_
#define HITHER_ANYCAST_JOURNAL_JOURNAL_CHANGES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anycast/journal/journal.h"

namespace hither {

// What differs between `entry` and `base`, the entry of the same service written before it, as one
// line of JSON. Its member "base" is the time of that entry: a line whose base is missing can be
// recognized. Empty if a whole entry is needed: other signals than before, or too many changes.
//
// The detail of a signal that is ok is not a change: no decision and no reason depends on it.
std::string ToChangeLine(const JournalEntry& entry, const JournalEntry& base);

// Reads the lines of a journal in their order, and gives each entry whole. A value. Journals of
// older versions have only whole entries.
class JournalReader {
 public:
  // No value: the line changes an entry that this journal does not have. Such lines are skipped
  // until the next whole entry. Errors say what is wrong with the line; the caller knows its
  // number, and may continue with the next line: what depends on this one is skipped.
  absl::StatusOr<std::optional<JournalEntry>> Read(absl::string_view line);

  int64_t skipped() const { return skipped_; }

  static constexpr size_t kServicesMax = 1'000;

 private:
  struct Known {
    std::optional<JournalEntry> last;  // No value: the entry before the next line is unknown.
    bool is_sure = true;               // False: a damaged line since then may be of this service.
  };
  absl::StatusOr<std::optional<JournalEntry>> ReadGood(absl::string_view line);
  absl::StatusOr<std::optional<JournalEntry>> ReadWhole(absl::string_view line);

  absl::flat_hash_map<std::string, Known> last_;
  int64_t skipped_ = 0;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_JOURNAL_CHANGES_H_
