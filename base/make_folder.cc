#include "base/make_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file_place.h"

namespace hither {
namespace {

constexpr mode_t kModeAbove = 0755;  // As with `install -d`.

absl::Status Failed(const std::string& folder, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("cannot create the folder ", folder, ": ", why,
                                                    "; create it and let this user write to it"));
}

// False if the place is good and nothing is there, so that it can only be created. Other faults are
// reported when a file in it is opened.
bool IsThere(const std::string& folder) {
  const absl::StatusOr<FilePlace> place = FindPlace(folder, LastLink::kKeep);
  if (!place.ok()) return !absl::IsNotFound(place.status());
  struct stat facts;
  return ::fstatat(place->folder.get(), place->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 ||
         errno != ENOENT;
}

// True if it is new, false if it was there.
absl::StatusOr<bool> MakeOne(const std::string& folder, const FilePlace& place, mode_t mode) {
  if (::mkdirat(place.folder.get(), place.name.c_str(), mode) == 0) return true;
  if (errno == EEXIST) return false;
  return Failed(folder, std::strerror(errno));
}

// Can only root and we replace the folder that we created by another of our folders? Not if others
// own a folder above it, or may rename in one.
bool StaysInPlace(int above) {
  struct stat facts;
  if (IsOursAlone(above)) return true;
  const bool is_ours =
      ::fstat(above, &facts) == 0 && (facts.st_uid == 0 || facts.st_uid == ::geteuid());
  return is_ours && (facts.st_mode & S_ISVTX) != 0;
}

// Sets its mode, whatever the umask, and its owner. Leaves another user's folder unchanged.
absl::Status Finish(const std::string& folder, const FilePlace& place, mode_t mode,
                    const FileOwner& owner) {
  if (!StaysInPlace(place.folder.get())) return absl::OkStatus();
  const FileDescriptor fd(::openat(place.folder.get(), place.name.c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts;
  if (!fd || ::fstat(fd.get(), &facts) != 0) return Failed(folder, std::strerror(errno));
  if (facts.st_uid != ::geteuid()) return Failed(folder, "another folder was put in its place");
  if (::fchmod(fd.get(), mode) != 0) return Failed(folder, std::strerror(errno));
  const bool is_given = owner.user != kNobodyElse.user || owner.group != kNobodyElse.group;
  if (is_given && ::fchown(fd.get(), owner.user, owner.group) != 0) {
    return Failed(folder, std::strerror(errno));
  }
  return absl::OkStatus();
}

// "a//b/" names what "a/b" does.
std::string WithoutEmptyParts(absl::string_view path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/', absl::SkipEmpty());
  return absl::StrCat(absl::StartsWith(path, "/") ? "/" : "", absl::StrJoin(parts, "/"));
}

}  // namespace

std::string FolderOfFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeFolder(const std::string& path_as_given, mode_t mode, uid_t owner, gid_t group) {
  const std::string folder = WithoutEmptyParts(path_as_given);
  if (folder.empty() || IsThere(folder)) return absl::OkStatus();
  for (size_t slash = 0; slash != std::string::npos;) {
    slash = folder.find('/', slash + 1);
    const bool is_last = slash == std::string::npos;
    const std::string path = folder.substr(0, slash);
    const absl::StatusOr<FilePlace> place = FindPlace(path, LastLink::kKeep);
    if (!place.ok()) return Failed(path, place.status().message());
    const absl::StatusOr<bool> made = MakeOne(path, *place, is_last ? mode : kModeAbove);
    if (!made.ok()) return made.status();
    if (!*made) continue;
    const absl::Status finished = is_last ? Finish(path, *place, mode, {owner, group})
                                          : Finish(path, *place, kModeAbove, kNobodyElse);
    if (!finished.ok()) return finished;
  }
  return absl::OkStatus();
}

}  // namespace hither
