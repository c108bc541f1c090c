#ifndef HITHER_ZONES_REPLACE_FILE_H_
#define HITHER_ZONES_REPLACE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace hither {

// Writes all, or says in errno why not.
bool WriteAll(int fd, const void* octets, size_t bytes);

// After a power cut the file is the old or the new one (kYes), or perhaps neither (kNo), for what
// has a checksum and can be made again: a slow disk is not waited for.
enum class Durable : bool { kNo, kYes };

// Writes `path` anew, or changes nothing: a reader sees the old file or the whole new one. `write`
// writes to the descriptor, and says false, with errno, if it cannot. The new file has the rights
// `mode`. A symbolic link is followed; what is no file is left alone.
//
// Until it is whole the new file is PATH.new. Whoever writes has it locked, so that what a killed
// process left is used again. Errors begin with the path.
absl::Status ReplaceFile(const std::string& path, mode_t mode, Durable durable,
                         const std::function<bool(int fd)>& write);

}  // namespace hither

#endif  // HITHER_ZONES_REPLACE_FILE_H_
