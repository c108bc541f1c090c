#ifndef HITHER_ANYCAST_JOURNAL_PLAY_JOURNAL_H_
#define HITHER_ANYCAST_JOURNAL_PLAY_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/journal/replay.h"

namespace hither {

// What a power loss or a full disk has left in a journal. One torn line must not hide the others:
// each service is replayed from its next whole entry on.
struct JournalDamage {
  static constexpr int64_t kShownMax = 10;

  int64_t lines = 0;  // Skipped, without an unfinished last one.
  std::string text;   // "journal:74: not JSON; the line was skipped", a line each, up to kShownMax.
};

// Replays the lines of `in`, which is the file at `path`. Errors: no line can be read, the file
// cannot be read to its end, or the first error of `check`, which sees each entry before it is
// replayed; null: there is none.
using JournalCheck = std::function<absl::Status(const JournalEntry&)>;
absl::Status PlayJournal(std::istream& in, absl::string_view path, JournalReader& reader,
                         Replay& replay, JournalDamage& damage,
                         const JournalCheck& check = nullptr);

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_PLAY_JOURNAL_H_
