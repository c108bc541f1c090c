#ifndef HITHER_BASE_LOG_FILE_H_
#define HITHER_BASE_LOG_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/file_place.h"
#include "base/log_level.h"

namespace hither {

// OpenLog() (log.h) for root: a file that it creates, or created before, is given to `owner`, who
// reopens it. Users who may write in the folder cannot lead root to another file (OpenToAppend()).
absl::Status OpenLogFor(std::optional<FileOwner> owner, LogLevel level, const std::string& file);

}  // namespace hither

#endif  // HITHER_BASE_LOG_FILE_H_
