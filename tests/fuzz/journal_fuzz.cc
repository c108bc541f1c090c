// Any octets as a journal: each line is an entry, the changes of one, or is refused. What was read
// is written again to the same entry, and can be played. So with the memory of a state file.

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_split.h"
#include "anycast/journal/journal.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/journal/replay.h"
#include "base/check.h"

namespace {

constexpr int64_t kTicksPlayed = 1000;  // An input may ask for 120,000 a line.

void PlayLine(absl::string_view line, hither::JournalReader& reader, hither::Replay& replay) {
  auto read = reader.Read(line);
  if (!read.ok() || !read->has_value()) return;
  auto& entry = *read;
  const std::string text = hither::ToLine(*entry);
  if (text.empty()) return;  // Escapes made it too long.
  const auto again = hither::ParseJournalLine(text);
  HITHER_CHECK(again.ok());
  HITHER_CHECK(hither::ToLine(*again) == text);
  if (entry->ticks <= kTicksPlayed) (void)replay.Add(*std::move(entry));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  hither::JournalReader reader;
  hither::Replay replay({"fall=2"});
  for (const absl::string_view line : absl::StrSplit(text, '\n')) PlayLine(line, reader, replay);
  const auto memory = hither::ParsePolicyMemory(text);
  if (memory.ok()) {
    HITHER_CHECK(*hither::ParsePolicyMemory(hither::ToText(*memory)) == *memory);
  }
  return 0;
}
