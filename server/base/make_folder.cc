#include "server/base/make_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "zones/file_place.h"

namespace hither {
namespace {

constexpr mode_t kModeAbove = 0755;  // As `install -d` has it.

absl::Status Failed(const std::string& folder, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("cannot make the folder ", folder, ": ", why,
                                                    "; make it and let this user write to it"));
}

// False if it is clear that it can only be made: the place is good, and nothing is there. What
// else is wrong is told by who opens a file in it.
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

// By descriptor: only what was made here is given away.
absl::Status GiveAway(const std::string& folder, const FilePlace& place, uid_t owner, gid_t group) {
  if (owner == static_cast<uid_t>(-1) && group == static_cast<gid_t>(-1)) return absl::OkStatus();
  const FileDescriptor fd(::openat(place.folder.get(), place.name.c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts;
  if (!fd || ::fstat(fd.get(), &facts) != 0) return Failed(folder, std::strerror(errno));
  if (facts.st_uid != ::geteuid()) return Failed(folder, "another was put in its place");
  if (::fchown(fd.get(), owner, group) != 0) return Failed(folder, std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace

std::string FolderOfFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeFolder(const std::string& folder, mode_t mode, uid_t owner, gid_t group) {
  if (IsThere(folder)) return absl::OkStatus();
  for (size_t slash = 0; slash != std::string::npos;) {
    slash = folder.find('/', slash + 1);
    const bool is_last = slash == std::string::npos;
    const std::string path = folder.substr(0, slash);
    const absl::StatusOr<FilePlace> place = FindPlace(path, LastLink::kKeep);
    if (!place.ok()) return Failed(path, place.status().message());
    const absl::StatusOr<bool> made = MakeOne(path, *place, is_last ? mode : kModeAbove);
    if (!made.ok()) return made.status();
    if (is_last && *made) return GiveAway(path, *place, owner, group);
  }
  return absl::OkStatus();
}

}  // namespace hither
