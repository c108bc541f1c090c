#include "zones/replace_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr int kTriesMax = 10;  // Each is lost to another process that has just finished.

bool IsAt(int fd, const std::string& path) {
  struct stat open_file;
  struct stat named;
  return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

// -1, with errno, if it cannot be had alone.
int OpenAlone(const std::string& path, mode_t mode) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return -1;
    bool good = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    const bool is_ours = good && IsAt(fd, path);  // Else it has its final name by now.
    good = good && (!is_ours || (::ftruncate(fd, 0) == 0 && ::fchmod(fd, mode) == 0));
    if (is_ours && good) return fd;
    const int error = errno;
    ::close(fd);
    errno = error;
    if (!good) return -1;
  }
  errno = EBUSY;
  return -1;
}

std::string WhyNot(int error) {
  if (error == EWOULDBLOCK || error == EBUSY) return "another process is writing it; try again";
  return absl::StrCat(std::strerror(error), "; check the folder, its permissions and the disk");
}

// Where the file is that `path` means, if there is one. False, with errno, if it must be left
// alone.
bool FindTarget(const std::string& path, std::string& target) {
  struct stat facts;
  target = path;
  if (::lstat(path.c_str(), &facts) != 0) return true;
  if (S_ISLNK(facts.st_mode)) {
    std::error_code error;
    target = std::filesystem::canonical(path, error).string();
    errno = error.value();
    if (error || ::stat(target.c_str(), &facts) != 0) return false;
  }
  errno = S_ISDIR(facts.st_mode) ? EISDIR : EEXIST;
  return S_ISREG(facts.st_mode);
}

// The new name is on the disk only when its folder is.
bool SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::fsync(fd) == 0 || errno == EINVAL;  // Of a file system without it.
  const int error = errno;
  ::close(fd);
  errno = error;
  return good;
}

}  // namespace

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
  const auto failed = [&](absl::string_view what, int error) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot ", what, ": ", WhyNot(error)));
  };
  std::string target;
  if (!FindTarget(path, target)) return failed("replace what is there", errno);
  const std::string next = target + ".new";
  const int fd = OpenAlone(next, mode);
  if (fd < 0) return failed("create the file", errno);
  // On the disk before it has the name.
  const bool good = write(fd) && (durable == Durable::kNo || ::fsync(fd) == 0);
  int error = good ? 0 : errno;
  // Named while it is locked, so that nobody else writes to it.
  if (error == 0 && ::rename(next.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(next.c_str());
  if (error == 0 && durable == Durable::kYes && !SyncFolderOf(target)) error = errno;
  ::close(fd);
  return error == 0 ? absl::OkStatus() : failed("write the file", error);
}

}  // namespace hither
