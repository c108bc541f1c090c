#include "base/file_place.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr int kLinksMax = 40;  // The kernel's limit (path_resolution(7)).

absl::Status SystemError() {
  const char* const text = std::strerror(errno);
  return errno == ENOENT ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

bool IsRoot() { return ::geteuid() == 0; }

// Removes the first component and the slashes around it.
std::string TakePart(std::string& rest) {
  const size_t begin = std::min(rest.find_first_not_of('/'), rest.size());
  const size_t end = std::min(rest.find('/', begin), rest.size());
  const std::string part = rest.substr(begin, end - begin);
  const size_t next = std::min(rest.find_first_not_of('/', end), rest.size());
  rest.erase(0, next);
  return part.empty() ? "." : part;
}

FileDescriptor OpenStart(const std::string& path) {
  const bool is_absolute = !path.empty() && path[0] == '/';
  return FileDescriptor(::open(is_absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool IsLink(int fd) {
  struct stat facts;
  return ::fstat(fd, &facts) == 0 && S_ISLNK(facts.st_mode);
}

// Why root must not use an open file that somebody else may have placed there, or "".
std::string WhyNotFor(const struct stat& facts, const std::optional<FileOwner>& owner) {
  if (facts.st_nlink != 1) {
    return "it has more than one name (hard links), so it may be another user's file; remove it";
  }
  const bool is_owned = facts.st_uid == 0 || (owner.has_value() && facts.st_uid == owner->user);
  if (is_owned || !S_ISREG(facts.st_mode)) return "";
  return absl::StrCat("it belongs to user ", facts.st_uid, "; change its owner or remove it");
}

// A pipe without a reader is an error rather than a wait.
constexpr int kAppend = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

FileDescriptor OpenAsRoot(const FilePlace& place, mode_t mode) {
  const char* name = place.name.c_str();
  FileDescriptor fd(
      ::openat(place.folder.get(), name, kAppend | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  if (fd || errno != EEXIST) return fd;
  return FileDescriptor(::openat(place.folder.get(), name, kAppend | O_NOFOLLOW));
}

absl::Status CheckAndHandOver(int fd, const std::optional<FileOwner>& owner) {
  struct stat facts;
  if (::fstat(fd, &facts) != 0) return SystemError();
  if (const std::string why = WhyNotFor(facts, owner); !why.empty()) {
    return absl::FailedPreconditionError(why);
  }
  if (!owner.has_value() || !S_ISREG(facts.st_mode)) return absl::OkStatus();
  if (facts.st_uid == owner->user && facts.st_gid == owner->group) return absl::OkStatus();
  return ::fchown(fd, owner->user, owner->group) == 0 ? absl::OkStatus() : SystemError();
}

// These are links to the process's open files, which only the kernel can follow.
bool IsOurOutput(const std::string& path) { return path == "/dev/stdout" || path == "/dev/stderr"; }

}  // namespace

bool IsOursAlone(int folder) {
  struct stat facts;
  if (::fstat(folder, &facts) != 0) return false;
  return (facts.st_uid == 0 || facts.st_uid == ::geteuid()) &&
         (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

absl::StatusOr<FilePlace> FindPlace(const std::string& path, LastLink last) {
  FilePlace place{OpenStart(path), ""};
  std::string rest = path;
  for (int links = 0; place.folder;) {
    place.name = TakePart(rest);
    FileDescriptor next(
        ::openat(place.folder.get(), place.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next && rest.empty() && errno == ENOENT) return place;
    if (!next) return SystemError();
    const bool is_link = IsLink(next.get()) && !(rest.empty() && last == LastLink::kKeep);
    if (!is_link && rest.empty()) return place;
    if (!is_link) {
      place.folder = std::move(next);
      continue;
    }
    if (IsRoot() && !IsOursAlone(place.folder.get())) {
      return absl::PermissionDeniedError(absl::StrCat(
          place.name, " is a symbolic link in a folder that not only root can write to; ",
          "use a path without the link, or let only root write to that folder"));
    }
    char text[PATH_MAX];
    const ssize_t bytes = ::readlinkat(next.get(), "", text, sizeof text);
    if (++links > kLinksMax) errno = ELOOP;
    if (bytes < 0 || links > kLinksMax) return SystemError();
    const std::string target(text, static_cast<size_t>(bytes));
    if (!target.empty() && target[0] == '/') place.folder = OpenStart(target);
    rest = rest.empty() ? target : absl::StrCat(target, "/", rest);
  }
  return SystemError();
}

std::optional<bool> HasWriter(int fd) {
  struct flock lock = {};
  lock.l_type = F_RDLCK;  // Conflicts only with a write lock.
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_GETLK, &lock) != 0) return std::nullopt;
  return lock.l_type == F_WRLCK;
}

bool LockToWrite(int fd) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool IsAt(int fd, const FilePlace& place) {
  struct stat held;
  struct stat named;
  return ::fstat(fd, &held) == 0 &&
         ::fstatat(place.folder.get(), place.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

absl::StatusOr<FileDescriptor> OpenToAppend(const std::string& path, mode_t mode,
                                            std::optional<FileOwner> owner) {
  FileDescriptor fd;
  if (!IsRoot() || IsOurOutput(path)) {
    fd.Reset(::open(path.c_str(), kAppend | O_CREAT, mode));
  } else {
    const absl::StatusOr<FilePlace> place = FindPlace(path);
    if (!place.ok()) return place.status();
    fd = OpenAsRoot(*place, mode);
  }
  if (!fd) return SystemError();
  if (IsRoot() && !IsOurOutput(path)) {
    const absl::Status ours = CheckAndHandOver(fd.get(), owner);
    if (!ours.ok()) return ours;
  }
  ::fcntl(fd.get(), F_SETFL, O_APPEND);  // From here on, writes wait for a slow reader of a pipe.
  return fd;
}

}  // namespace hither
