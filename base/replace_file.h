#ifndef HITHER_BASE_REPLACE_FILE_H_
#define HITHER_BASE_REPLACE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/file_place.h"

namespace hither {

// Writes all, or says in errno why not.
bool WriteAll(int fd, const void* octets, size_t bytes);

// After a power cut the file is the old or the new one (kYes), or perhaps neither (kNo), for what
// has a checksum and can be made again: a slow disk is not waited for.
enum class Durable : bool { kNo, kYes };

// Replaces `path`, or changes nothing: a reader sees the old file or the whole new one. `write`
// writes to the descriptor, and says false, with errno, if it cannot. The new file has the rights
// `mode`. A symbolic link is followed, by root as FindPlace() says; what is no file is left alone.
// Errors begin with the path.
absl::Status ReplaceFile(const std::string& path, mode_t mode, Durable durable,
                         const std::function<bool(int fd)>& write);

// Where a file that is to become `place` is made: its name and ".new".
FilePlace NewPlace(const FilePlace& place);

// Makes that file, for nobody but our user to open, and takes its write lock, so that one process
// at a time makes it; what a killed one left is removed, and nobody's file is written to. It is
// a caller that does so names it `place`, while it is open. Without one errno says why: EBUSY if
// another process is making it.
FileDescriptor OpenNew(const FilePlace& new_place);

}  // namespace hither

#endif  // HITHER_BASE_REPLACE_FILE_H_
