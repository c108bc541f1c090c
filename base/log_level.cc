#include "base/log_level.h"

#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/nearest.h"

namespace hither {
namespace {

constexpr absl::string_view kLogLevels[] = {"debug", "info", "warning", "error"};

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view text) {
  for (size_t level = 0; level < std::size(kLogLevels); ++level) {
    if (text == kLogLevels[level]) return static_cast<LogLevel>(level);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown log level '", text, "'", SuggestWord(text, kLogLevels)));
}

}  // namespace hither
