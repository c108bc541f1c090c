#include "anycast/state/run_lock.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hither {

absl::StatusOr<RunLock> RunLock::Take(const std::string& state_file) {
  if (state_file.empty()) return RunLock(FileDescriptor());
  const std::string path = absl::StrCat(state_file, ".lock");
  // Only for its owner: nobody else can lock it.
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file)
    return RunLock(FileDescriptor());  // A state file that cannot be written is reported elsewhere.
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES)) {
    return RunLock(std::move(file));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": another hither-anycast uses this state file; stop it, or give this one its "
                   "own file with anycast.state_file"));
}

}  // namespace hither
