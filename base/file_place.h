#ifndef HITHER_BASE_FILE_PLACE_H_
#define HITHER_BASE_FILE_PLACE_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace hither {

// The location of a file, existing or not: its folder, open (O_PATH), and its name there. A path
// may lead to another file a moment later; this cannot.
struct FilePlace {
  FileDescriptor folder;
  std::string name;
};

enum class LastLink : bool { kFollow, kKeep };

// Walks `path`. As root it follows a link only if nobody else may write in the link's folder:
// otherwise a service's user could lead root to any file. Other users gain nothing from a link that
// the kernel does not allow, so they follow every one.
//
// The name need not exist or be a file. An error names the obstacle, but not `path`.
absl::StatusOr<FilePlace> FindPlace(const std::string& path, LastLink last = LastLink::kFollow);

// May only we and root change the contents of this folder? A sticky bit is not enough: anybody may
// add files.
bool IsOursAlone(int folder);

// Has a process locked the file to write it (F_OFD_SETLK or F_SETLK with F_WRLCK)? Only a process
// that may write the file can do that; a read lock only needs an open file, and does not count.
// None, with errno, if the lock cannot be queried.
std::optional<bool> HasWriter(int fd);

// Takes that lock for as long as the descriptor is open. False, with errno, if that fails.
bool LockToWrite(int fd);

// Does this name still belong to that file?
bool IsAt(int fd, const FilePlace& place);

// The owner of files that root creates for a service.
struct FileOwner {
  uid_t user;
  gid_t group;
};

// Opens a file for appending, such as a log, and creates it with `mode` if it does not exist. For
// root it must have a single name (a second one may be another user's file) and belong to root or
// `owner`; a regular file is given to `owner`. Devices and pipes keep their owner. An error does
// not name `path`.
absl::StatusOr<FileDescriptor> OpenToAppend(const std::string& path, mode_t mode,
                                            std::optional<FileOwner> owner = std::nullopt);

}  // namespace hither

#endif  // HITHER_BASE_FILE_PLACE_H_
