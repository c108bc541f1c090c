#include "anycast/journal/play_journal.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/printable.h"

namespace hither {
namespace {

// getline() would keep a line of any length before it could be refused.
bool ReadLine(std::istream& in, std::string& line) {
  line.clear();
  for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
    if (c == '\n') return true;
    if (line.size() <= kJournalLineMax) line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

absl::Status AddLine(absl::string_view line, JournalReader& reader, Replay& replay,
                     const JournalCheck& check, absl::Status& refused) {
  absl::StatusOr<std::optional<JournalEntry>> entry = reader.Read(line);
  if (!entry.ok()) return entry.status();
  if (!entry->has_value()) return absl::OkStatus();  // The reader counts it.
  if (check != nullptr) refused = check(**entry);
  if (!refused.ok()) return refused;
  return replay.Add(**std::move(entry));
}

}  // namespace

absl::Status PlayJournal(std::istream& in, absl::string_view path, JournalReader& reader,
                         Replay& replay, JournalDamage& damage, const JournalCheck& check) {
  std::string line;
  std::string first;  // Damage.
  int64_t good = 0;
  for (int64_t number = 1; ReadLine(in, line); ++number) {
    if (line.empty()) continue;  // See JournalFile::IsEnded().
    absl::Status refused;
    const absl::Status added = AddLine(line, reader, replay, check, refused);
    if (!refused.ok()) return refused;
    if (added.ok()) {
      ++good;
      continue;
    }
    const std::string what = Printable(absl::StrCat(path, ":", number, ": ", added.message()));
    if (absl::IsResourceExhausted(added)) return absl::ResourceExhaustedError(what);
    if (in.eof()) {
      absl::StrAppend(&damage.text, what, "; the last line is incomplete and was ignored\n");
      break;
    }
    if (damage.lines++ == 0) first = what;
    if (damage.lines > JournalDamage::kShownMax) continue;
    absl::StrAppend(&damage.text, what, "; the line was skipped\n");
  }
  if (in.bad()) return absl::InternalError(absl::StrCat(path, ": cannot be read to its end"));
  if (good == 0 && damage.lines > 0) return absl::InvalidArgumentError(first);
  if (damage.lines > JournalDamage::kShownMax) {
    absl::StrAppend(&damage.text, path, ": ", damage.lines - JournalDamage::kShownMax,
                    " more damaged lines were skipped\n");
  }
  return absl::OkStatus();
}

}  // namespace hither
