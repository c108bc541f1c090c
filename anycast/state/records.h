#ifndef HITHER_ANYCAST_STATE_RECORDS_H_
#define HITHER_ANYCAST_STATE_RECORDS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "anycast/state/clock_offsets.h"
#include "anycast/state/disk_work.h"
#include "anycast/state/journal_file.h"
#include "anycast/state/state_keeper.h"
#include "base/clock.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What outlives a sidecar: the state that it must not forget, and the journal. A thread of its own
// writes both, so that a slow disk does not stall the loop.
//
// Threads: the loop's, except for WaitIdle() and Failure(), which any may call.
class Records {
 public:
  // Can both files be written? A disk that fails now may be mended; that is only logged.
  static absl::Status Check(const AnycastConfig& config);

  // Reads what the sidecar before this one has kept; the times in it are by the clock of WallOf().
  absl::StatusOr<KeptState> Open(const AnycastConfig& config);
  absl::Time WallOf(const KeptState& kept) const;
  absl::Status Start();
  void MoveTo(const AnycastConfig& config);

  // `now` by the wall clock as Keep() wants its times; the same as long as no clock is set.
  absl::Time WallOf(absl::Time now);
  void Keep(std::map<std::string, KeptState::Service> services, absl::Time now);
  void AppendToJournal(std::string line);
  // Since the last call: was a line lost, or has a new file begun?
  bool TakeJournalBreak();

  bool WaitIdle(absl::Duration timeout) { return disk_.WaitIdle(timeout); }
  std::string Failure() const { return keeper_.Failure(); }

 private:
  DiskWork disk_;
  std::shared_ptr<JournalFile> journal_ = std::make_shared<JournalFile>();  // disk_'s.
  std::string journal_path_;
  uint64_t journal_breaks_ = 0;   // Those that were taken.
  bool is_line_dropped_ = false;  // The disk was too slow for it.
  StateKeeper keeper_{disk_};
  ClockOffsets clocks_;
  const std::string boot_id_ = BootId();
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_RECORDS_H_
