#ifndef HITHER_BASE_FILE_PLACE_H_
#define HITHER_BASE_FILE_PLACE_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace hither {

// Where a file is or will be: its folder, open (O_PATH), and its name there. A path can lead to
// another file a moment later; this cannot.
struct FilePlace {
  FileDescriptor folder;
  std::string name;
};

enum class LastLink : bool { kFollow, kKeep };

// Walks `path`. As root it follows a link only out of a folder in which nobody else may write:
// the user of a service, who may write in some, would otherwise lead root to any file. Other users
// get no further by a link than the kernel lets them, so they follow each.
//
// The name need not exist, nor be a file. An error names what is in the way, but not `path`.
absl::StatusOr<FilePlace> FindPlace(const std::string& path, LastLink last = LastLink::kFollow);

// May only we and root change what is in this folder? A sticky bit does not make it so: anybody may
// add files.
bool IsOursAlone(int folder);

// Has a process locked the file to write it (F_OFD_SETLK or F_SETLK with F_WRLCK)? Only somebody
// who may write a file can do that; a read lock takes no more than to open it, and means nothing.
// None, with errno, if it cannot be asked.
std::optional<bool> HasWriter(int fd);

// Takes that lock for as long as the descriptor is open. False, with errno, if it is not to be had.
bool LockToWrite(int fd);

// Is that the file which has this name now?
bool IsAt(int fd, const FilePlace& place);

// Whom root hands a file to that it makes for a service.
struct FileOwner {
  uid_t user;
  gid_t group;
};

// Opens what is appended to, as a log, and makes it with `mode` if it is not there. For root it
// must be of one name (a second one may be somebody else's file) and be root's or `owner`'s; a
// regular file becomes `owner`'s. Devices and pipes stay whose they are. An error does not name
// `path`.
absl::StatusOr<FileDescriptor> OpenToAppend(const std::string& path, mode_t mode,
                                            std::optional<FileOwner> owner = std::nullopt);

}  // namespace hither

#endif  // HITHER_BASE_FILE_PLACE_H_
