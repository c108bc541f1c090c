#ifndef HITHER_BASE_LOG_LEVEL_H_
#define HITHER_BASE_LOG_LEVEL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error".
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view text);

}  // namespace hither

#endif  // HITHER_BASE_LOG_LEVEL_H_
