#include "base/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr int kTriesMax = 10;  // Each fails because another process has just finished.

// Removes a killed process's leftovers. False, with errno, if another process is writing it, or it
// is not a file. Read locks do not count: those who may only read the file cannot block us.
bool RemoveLeftOver(const FilePlace& place) {
  const FileDescriptor old(::openat(place.folder.get(), place.name.c_str(),
                                    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!old) return errno == ENOENT;
  struct stat facts;
  if (::fstat(old.get(), &facts) != 0) return false;
  errno = EEXIST;
  if (!S_ISREG(facts.st_mode)) return false;
  if (!LockToWrite(old.get()) && HasWriter(old.get()).value_or(true)) {
    errno = EBUSY;
    return false;
  }
  if (!IsAt(old.get(), place)) return true;  // It has its final name by now.
  return ::unlinkat(place.folder.get(), place.name.c_str(), 0) == 0 || errno == ENOENT;
}

std::string WhyNot(int error) {
  if (error == EBUSY) return "another process is writing it; try again";
  return absl::StrCat(std::strerror(error), "; check the folder, its permissions and the disk");
}

// The location of the file at `path`, if there is one. A file that must be left alone is an error.
absl::StatusOr<FilePlace> FindTarget(const std::string& path) {
  absl::StatusOr<FilePlace> place = FindPlace(path);
  if (!place.ok()) return place;
  struct stat facts;
  int error = 0;
  if (::fstatat(place->folder.get(), place->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    error = ::lstat(path.c_str(), &facts) == 0 ? ENOENT : 0;  // A link that leads nowhere.
  } else if (!S_ISREG(facts.st_mode)) {
    error = S_ISDIR(facts.st_mode) ? EISDIR : EEXIST;
  }
  if (error != 0) return absl::AlreadyExistsError(WhyNot(error));
  return place;
}

// The new name is on the disk only once its folder is.
bool SyncFolder(int folder) {
  const FileDescriptor fd(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && (::fsync(fd.get()) == 0 || errno == EINVAL);  // EINVAL: it has no fsync.
}

// Renamed while it is locked, so that nobody else writes to it.
bool Rename(int fd, const FilePlace& from, const FilePlace& to) {
  errno = EBUSY;
  return IsAt(fd, from) &&
         ::renameat(from.folder.get(), from.name.c_str(), to.folder.get(), to.name.c_str()) == 0;
}

}  // namespace

FilePlace NewPlace(const FilePlace& place) {
  return {FileDescriptor(::fcntl(place.folder.get(), F_DUPFD_CLOEXEC, 0)), place.name + ".new"};
}

FileDescriptor OpenNew(const FilePlace& new_place) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    FileDescriptor fd(::openat(new_place.folder.get(), new_place.name.c_str(),
                               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd && (errno != EEXIST || !RemoveLeftOver(new_place))) return fd;
    if (!fd) continue;
    const bool is_locked = LockToWrite(fd.get());
    if (!is_locked && errno != EAGAIN && errno != EACCES) {  // A file system without locks.
      const int error = errno;
      ::unlinkat(new_place.folder.get(), new_place.name.c_str(), 0);
      errno = error;
      return FileDescriptor();
    }
    if (is_locked && IsAt(fd.get(), new_place)) return fd;
  }
  errno = EBUSY;
  return FileDescriptor();
}

bool WriteAll(int fd, const void* octets, size_t bytes) {
  const auto* at = static_cast<const char*>(octets);
  while (bytes > 0) {
    const ssize_t written = ::write(fd, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = EIO;
    if (written <= 0) return false;
    at += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

absl::Status ReplaceFile(const std::string& path, mode_t mode, Durable durable,
                         const std::function<bool(int fd)>& write) {
  const auto failed = [&](absl::string_view what, absl::string_view why) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot ", what, ": ", why));
  };
  const absl::StatusOr<FilePlace> target = FindTarget(path);
  if (!target.ok()) {
    return failed(
        absl::IsAlreadyExists(target.status()) ? "replace the existing file" : "create the file",
        target.status().message());
  }
  const FilePlace next = NewPlace(*target);
  const FileDescriptor fd = OpenNew(next);
  if (!fd) return failed("create the file", WhyNot(errno));
  // On the disk before it has the name; readable by others when it is whole.
  const bool good = write(fd.get()) && ::fchmod(fd.get(), mode) == 0 &&
                    (durable == Durable::kNo || ::fsync(fd.get()) == 0) &&
                    Rename(fd.get(), next, *target);
  if (!good) {
    const std::string why = WhyNot(errno);
    ::unlinkat(next.folder.get(), next.name.c_str(), 0);
    return failed("write the file", why);
  }
  if (durable == Durable::kYes && !SyncFolder(target->folder.get())) {
    return failed("write the file", WhyNot(errno));
  }
  return absl::OkStatus();
}

}  // namespace hither
