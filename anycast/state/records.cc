#include "anycast/state/records.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/log.h"

namespace hither {

absl::Status Records::Check(const AnycastConfig& config) {
  if (auto state = PrepareFolderOf("state file", config.state_file); !state.ok()) return state;
  if (auto journal = PrepareFolderOf("journal", config.journal_file); !journal.ok()) return journal;
  JournalFile journal;  // A path that is no file never becomes one; a disk may be mended.
  const absl::Status opened = journal.Open(config.journal_file);
  if (absl::IsInvalidArgument(opened)) return opened;
  if (!opened.ok()) Log(LogLevel::kError, opened.message());
  return absl::OkStatus();
}

absl::StatusOr<KeptState> Records::Open(const AnycastConfig& config) {
  return keeper_.Open(config.state_file);
}

absl::Time Records::WallOf(const KeptState& kept) const {
  return hither::WallOf(kept, boot_id_, BootNow(), absl::Now());
}

absl::Status Records::Start() { return disk_.Start(); }

void Records::MoveTo(const AnycastConfig& config) {
  keeper_.MoveTo(config.state_file);
  journal_path_ = config.journal_file;
}

absl::Time Records::WallOf(absl::Time now) {
  clocks_.Note(now, absl::Now(), BootNow());
  return clocks_.WallOf(now);
}

void Records::Keep(std::map<std::string, KeptState::Service> services, absl::Time now) {
  KeptState state;
  state.services = std::move(services);
  state.boot = {boot_id_, clocks_.wall_ahead_of_boot()};
  keeper_.Keep(state, now);
}

void Records::AppendToJournal(std::string line) {
  if (line.empty() || journal_path_.empty()) return;
  const bool is_posted =
      disk_.Post([journal = journal_, path = journal_path_, line = std::move(line)] {
        const absl::Status noted = journal->AppendTo(path, line);
        if (!noted.ok()) Log(LogLevel::kWarning, noted.message());
      });
  if (!is_posted) is_line_dropped_ = true;
}

bool Records::TakeJournalBreak() {
  const uint64_t before = std::exchange(journal_breaks_, journal_->breaks());
  return std::exchange(is_line_dropped_, false) || before != journal_breaks_;
}

}  // namespace hither
