#include "server/base/make_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr mode_t kModeAbove = 0755;  // As `install -d` has it.

absl::Status Failed(const std::string& folder) {
  return absl::FailedPreconditionError(absl::StrCat("cannot make the folder ", folder, ": ",
                                                    std::strerror(errno),
                                                    "; make it and let this user write to it"));
}

}  // namespace

std::string FolderOfFile(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeFolder(const std::string& folder, mode_t mode, uid_t owner, gid_t group) {
  struct stat facts;
  if (stat(folder.c_str(), &facts) == 0 || errno != ENOENT) return absl::OkStatus();
  for (size_t slash = folder.find('/', 1); slash != std::string::npos;
       slash = folder.find('/', slash + 1)) {
    const std::string above = folder.substr(0, slash);
    if (mkdir(above.c_str(), kModeAbove) != 0 && errno != EEXIST) return Failed(above);
  }
  if (mkdir(folder.c_str(), mode) != 0) {
    return errno == EEXIST ? absl::OkStatus() : Failed(folder);  // Another was faster.
  }
  if (owner == static_cast<uid_t>(-1) && group == static_cast<gid_t>(-1)) return absl::OkStatus();
  // By descriptor: only what was made here is given away.
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const bool is_given = fd >= 0 && fchown(fd, owner, group) == 0;
  const absl::Status status = is_given ? absl::OkStatus() : Failed(folder);
  if (fd >= 0) close(fd);
  return status;
}

}  // namespace hither
