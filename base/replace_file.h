#ifndef HITHER_BASE_REPLACE_FILE_H_
#define HITHER_BASE_REPLACE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/file_place.h"

namespace hither {

// Writes everything, or sets errno.
bool WriteAll(int fd, const void* octets, size_t bytes);

// After a power cut the file is the old or the new one (kYes), or perhaps neither (kNo), for files
// that have a checksum and can be made again: does not wait for a slow disk.
enum class Durable : bool { kNo, kYes };

// Replaces `path`, or changes nothing: a reader sees the old file or the whole new one. `write`
// writes to the descriptor, and returns false, with errno, if it cannot. The new file has the
// permissions `mode`. A symbolic link is followed, by root as FindPlace() does; anything but a file
// is left alone. Errors begin with the path.
absl::Status ReplaceFile(const std::string& path, mode_t mode, Durable durable,
                         const std::function<bool(int fd)>& write);

// Where the file that becomes `place` is created: its name and ".new".
FilePlace NewPlace(const FilePlace& place);

// Creates that file, which only our user can open, and takes its write lock, so that one process at
// a time creates it; a killed process's leftovers are removed, and no other file is written to. The
// caller renames it to `place` while it is open. Without a descriptor errno says why: EBUSY if
// another process is creating it.
FileDescriptor OpenNew(const FilePlace& new_place);

}  // namespace hither

#endif  // HITHER_BASE_REPLACE_FILE_H_
