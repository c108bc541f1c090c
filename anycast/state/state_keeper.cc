#include "anycast/state/state_keeper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/make_folder.h"
#include "base/mutex.h"
#include "base/reminder.h"

namespace hither {
namespace {

// False: errno says why. A disk that became read-only after an error is retried.
bool IsWritableFolder(const std::string& folder) {
  struct stat facts;
  if (stat(folder.c_str(), &facts) != 0) return false;
  if (!S_ISDIR(facts.st_mode)) {
    errno = ENOTDIR;
    return false;
  }
  return faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 || errno == EROFS;
}

}  // namespace

struct StateKeeper::Outcome {
  Mutex mu;
  std::string failure ABSL_GUARDED_BY(mu);
  Reminder fault ABSL_GUARDED_BY(mu);

  void Set(const absl::Status& saved) {
    const absl::Time now = MonotonicNow();
    std::string note;
    {
      MutexLock lock(mu);
      failure = saved.ok() ? "" : std::string(saved.message());
      const bool tells = saved.ok() ? fault.Ended(now) : fault.Holds(failure, now);
      if (!tells) return;
      note = fault.Note(now);
    }
    if (saved.ok()) return Log(LogLevel::kInfo, "the state file can be written again");
    Log(LogLevel::kError, "state NOT kept; retrying every second: ", saved.message(), note);
  }
};

StateKeeper::StateKeeper(DiskWork& disk) : disk_(disk), outcome_(std::make_shared<Outcome>()) {}

absl::Status PrepareFolderOf(absl::string_view what, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  const std::string folder = FolderOfFile(path);
  if (auto made = MakeFolder(folder); !made.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, " ", path, ": ", made.message(), ", or set it to none"));
  }
  if (IsWritableFolder(folder)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(what, " ", path, ": its folder: ", std::strerror(errno),
                   "; let this user write to it, or set it to none"));
}

absl::StatusOr<KeptState> StateKeeper::Open(const std::string& path) {
  path_ = path;
  if (path.empty()) return KeptState{};
  absl::StatusOr<KeptState> state = LoadState(path);
  if (!state.ok()) return state;
  kept_ = *state;
  is_written_ = false;  // Whether it can be written shows now rather than at the first drain.
  return state;
}

void StateKeeper::MoveTo(const std::string& path) {
  if (path == path_) return;
  path_ = path;
  is_written_ = false;
}

void StateKeeper::Keep(const KeptState& state, absl::Time now) {
  if (path_.empty()) return;
  if (is_written_ && state == kept_) {
    if (Failure().empty() || now < retry_at_) return;
  }
  retry_at_ = now + kRetry;
  kept_ = state;
  is_written_ = disk_.Post(
      [path = path_, state, outcome = outcome_] { outcome->Set(SaveState(path, state)); });
}

std::string StateKeeper::Failure() const {
  MutexLock lock(outcome_->mu);
  return outcome_->failure;
}

}  // namespace hither
