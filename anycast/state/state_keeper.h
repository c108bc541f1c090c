#ifndef HITHER_ANYCAST_STATE_STATE_KEEPER_H_
#define HITHER_ANYCAST_STATE_STATE_KEEPER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/state/disk_work.h"
#include "anycast/state/state_file.h"

namespace hither {

// Can a file ever be written at `path` (empty: none is)? Creates a missing folder. Errors: the
// folder cannot be created, or we may not write to it. A full disk, or one that became read-only
// after a failure, is not an error: it may be repaired.
absl::Status PrepareFolderOf(absl::string_view what, const std::string& path);

// Saves the state to the disk without waiting for it. A failed write is retried once a second until
// it succeeds: a drain that is only in memory ends with a restart.
//
// Threads: the loop's, except Failure(), which any thread may call. `disk` must outlive it.
class StateKeeper {
 public:
  static constexpr absl::Duration kRetry = absl::Seconds(1);

  explicit StateKeeper(DiskWork& disk);

  // Reads what is at `path` (empty: nothing is kept). Errors: as of LoadState().
  absl::StatusOr<KeptState> Open(const std::string& path);
  // Switches to a new path. A file already there is ignored.
  void MoveTo(const std::string& path);
  // Posts a write if the state is not the one on the disk.
  void Keep(const KeptState& state, absl::Time now);
  // Why the last write failed; empty if it succeeded or is pending.
  std::string Failure() const;

 private:
  struct Outcome;

  DiskWork& disk_;
  std::string path_;
  KeptState kept_;
  bool is_written_ = false;  // Or was posted.
  absl::Time retry_at_ = absl::InfinitePast();
  std::shared_ptr<Outcome> outcome_;  // The disk's thread's, too.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_STATE_KEEPER_H_
