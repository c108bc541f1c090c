#ifndef HITHER_SERVER_BASE_LOG_FILE_H_
#define HITHER_SERVER_BASE_LOG_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "server/base/log_level.h"
#include "zones/file_place.h"

namespace hither {

// OpenLog() (log.h) for root: a file that it makes, or has made before, becomes `owner`'s, who is
// to open it again. Root is led to no other file by whoever may write in the folder
// (OpenToAppend()).
absl::Status OpenLogFor(std::optional<FileOwner> owner, LogLevel level, const std::string& file);

}  // namespace hither

#endif  // HITHER_SERVER_BASE_LOG_FILE_H_
