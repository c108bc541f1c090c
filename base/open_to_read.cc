#include "base/open_to_read.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file_place.h"

namespace hither {
namespace {

constexpr int kLinksMax = 40;  // As the kernel has it (path_resolution(7)).
constexpr int kTries = 3;      // A file may be replaced between two calls.
constexpr int kRead = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

absl::Status SystemError(int error = errno) {
  return error == ENOENT ? absl::NotFoundError(std::strerror(error))
                         : absl::UnavailableError(std::strerror(error));
}

// May this thread? If unknown, yes.
bool MayReadEveryFile() {
  __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::geteuid() == 0 || ::syscall(SYS_capget, &head, data) != 0) return true;
  return (data[0].effective & (1u << CAP_DAC_READ_SEARCH | 1u << CAP_DAC_OVERRIDE)) != 0;
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// The target of a path, open (O_PATH), and its location: not a link, except those of /proc.
struct Found {
  FileDescriptor folder;
  std::string name;
  FileDescriptor object;
  bool is_in_proc = false;
};

// Links there lead to objects without a path, such as open files: only the kernel can follow them.
// /dev/stdin is one.
bool IsInProc(int folder) {
  struct statfs facts;
  return ::fstatfs(folder, &facts) == 0 && facts.f_type == PROC_SUPER_MAGIC;
}

class Walk {
 public:
  absl::StatusOr<Found> Find(int start, absl::string_view path) {
    const bool is_absolute = absl::StartsWith(path, "/");
    Found found;
    found.object.Reset(::openat(start, is_absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!found.object) return SystemError();
    std::vector<std::string> parts = absl::StrSplit(path, '/', absl::SkipEmpty());
    if (parts.empty()) parts.emplace_back(".");
    for (std::string& part : parts) {
      found.folder = std::move(found.object);
      found.name = std::move(part);
      found.is_in_proc = false;
      found.object.Reset(
          ::openat(found.folder.get(), found.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat facts;
      if (!found.object || ::fstat(found.object.get(), &facts) != 0) return SystemError();
      if (!S_ISLNK(facts.st_mode)) continue;
      if (absl::Status followed = Follow(facts.st_uid, found); !followed.ok()) return followed;
    }
    return found;
  }

 private:
  // From the link found to its target.
  absl::Status Follow(uid_t owner, Found& found) {
    const bool is_trusted = owner == 0 || owner == ::geteuid() || IsOursAlone(found.folder.get());
    if (!is_trusted && MayReadEveryFile()) return Refuse(found.name, "create the link as root");
    if (IsInProc(found.folder.get())) return FollowInProc(found);
    char text[PATH_MAX];
    const ssize_t bytes = ::readlinkat(found.object.get(), "", text, sizeof text);
    if (bytes < 0) return SystemError();
    if (++links_ > kLinksMax) return SystemError(ELOOP);
    absl::StatusOr<Found> target =
        Find(found.folder.get(), absl::string_view(text, static_cast<size_t>(bytes)));
    if (!target.ok()) return target.status();
    struct stat facts;
    if (::fstat(target->object.get(), &facts) != 0) return SystemError();
    if (!is_trusted && facts.st_uid != owner) {
      return Refuse(found.name, "give it the owner of its target");
    }
    found = *std::move(target);
    return absl::OkStatus();
  }

  static absl::Status FollowInProc(Found& found) {
    found.object.Reset(::openat(found.folder.get(), found.name.c_str(), O_PATH | O_CLOEXEC));
    found.is_in_proc = true;
    return found.object ? absl::OkStatus() : SystemError();
  }

  static absl::Status Refuse(absl::string_view name, absl::string_view advice) {
    return absl::PermissionDeniedError(absl::StrCat(
        "not opened: ", name, " is a symbolic link in a folder that others can write to; ",
        "use a path without it, or ", advice));
  }

  int links_ = 0;
};

// Like open(), but fails if there is a link in `path`, or if the kernel has no such call.
FileDescriptor OpenWithoutLinks(const std::string& path) {
  open_how how = {};
  how.flags = kRead;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return FileDescriptor(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
}

}  // namespace

absl::StatusOr<FileDescriptor> OpenToRead(const std::string& path) {
  if (FileDescriptor fd = OpenWithoutLinks(path)) return fd;
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<Found> found = Walk().Find(AT_FDCWD, path);
    if (!found.ok()) return found.status();
    const int flags = found->is_in_proc ? kRead : kRead | O_NOFOLLOW;
    FileDescriptor fd(::openat(found->folder.get(), found->name.c_str(), flags));
    if (!fd && errno != ENOENT && errno != ELOOP) return SystemError();
    struct stat opened;
    struct stat meant;
    if (fd && ::fstat(fd.get(), &opened) == 0 && ::fstat(found->object.get(), &meant) == 0 &&
        IsSame(opened, meant)) {
      return fd;
    }
  }
  return absl::UnavailableError("it is being replaced repeatedly");
}

std::string WhyNotOpened(const absl::Status& failed) {
  if (absl::IsPermissionDenied(failed)) return std::string(failed.message());
  return absl::StrCat("cannot open: ", failed.message(), "; check the path and its permissions");
}

absl::StatusOr<std::string> ResolveFolder(const std::string& folder) {
  const absl::StatusOr<Found> found = Walk().Find(AT_FDCWD, folder);
  if (!found.ok()) return found.status();
  char resolved[PATH_MAX];
  struct stat named;
  struct stat meant;
  if (::realpath(folder.c_str(), resolved) == nullptr || ::lstat(resolved, &named) != 0 ||
      ::fstat(found->object.get(), &meant) != 0) {
    return SystemError();
  }
  if (!IsSame(named, meant)) return absl::UnavailableError("its folder is being replaced");
  return resolved;
}

}  // namespace hither
