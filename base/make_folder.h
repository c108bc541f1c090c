#ifndef HITHER_BASE_MAKE_FOLDER_H_
#define HITHER_BASE_MAKE_FOLDER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "base/file_place.h"

namespace hither {

inline constexpr mode_t kFolderMode = 0750;
// As systemd's RuntimeDirectory= creates it, for files and sockets of other users.
inline constexpr mode_t kRunFolderMode = 0755;
inline constexpr FileOwner kNobodyElse = {static_cast<uid_t>(-1), static_cast<gid_t>(-1)};

// The folder of a file, without its last slash: "." for a plain name, "/" for one in the root.
std::string FolderOfFile(const std::string& path);

// Creates a missing folder and those above it, as `install -d` would. An existing one stays
// unchanged. Root follows links as FindPlace() does. `owner` and `group` (-1: ours) apply to the
// last one, if it is created.
absl::Status MakeFolder(const std::string& path_as_given, mode_t mode = kFolderMode,
                        uid_t owner = static_cast<uid_t>(-1), gid_t group = static_cast<gid_t>(-1));

}  // namespace hither

#endif  // HITHER_BASE_MAKE_FOLDER_H_
