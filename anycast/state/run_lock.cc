#include "anycast/state/run_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hither {

absl::StatusOr<RunLock> RunLock::Take(const std::string& state_file) {
  if (state_file.empty()) return RunLock(-1);
  const std::string path = absl::StrCat(state_file, ".lock");
  // For its owner alone: nobody else can hold a lock on it.
  RunLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.fd_ < 0) return RunLock(-1);  // That the state cannot be kept is reported elsewhere.
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock.fd_, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES)) {
    return RunLock(std::exchange(lock.fd_, -1));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": another hither-anycast runs with this state file; stop it, or give "
                   "this one a file of its own with anycast.state_file"));
}

RunLock::RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace hither
