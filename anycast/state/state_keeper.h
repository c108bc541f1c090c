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

// Can a file ever be written at `path` (empty: none is)? A folder that is missing is made. Errors:
// it cannot be made, or is not ours to write to. A full disk, or one that is read-only since it
// failed, is none: it may be mended.
absl::Status PrepareFolderOf(absl::string_view what, const std::string& path);

// Brings what must not be forgotten to the disk without waiting for it. What could not be written
// is tried again, once a second, until it is there: a drain that only memory knows ends with a
// restart.
//
// Threads: the loop's, but for Failure(), which any may ask. `disk` must outlive it.
class StateKeeper {
 public:
  static constexpr absl::Duration kRetry = absl::Seconds(1);

  explicit StateKeeper(DiskWork& disk);

  // Reads what is at `path` (empty: nothing is kept). Errors: as of LoadState().
  absl::StatusOr<KeptState> Open(const std::string& path);
  // From now on it is kept at another place, too late for what is there to matter.
  void MoveTo(const std::string& path);
  // Posts a write if the state is not the one on the disk.
  void Keep(const KeptState& state, absl::Time now);
  // Why the last write failed; empty if it is there or on its way.
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
