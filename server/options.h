#ifndef HITHER_SERVER_OPTIONS_H_
#define HITHER_SERVER_OPTIONS_H_

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/config/config.h"

namespace hither {

// hitherd's exit codes, as --help lists them.
inline constexpr int kExitFine = 0;
inline constexpr int kExitCannotServe = 1;  // Or --check found an error.
inline constexpr int kExitUsage = 2;        // The command line or the configuration is wrong.

// hitherd's command line, parsed but not yet applied to the configuration file. A value.
struct Options {
  enum class Mode : uint8_t { kServe, kCheck, kHelp, kVersion };
  Mode mode = Mode::kServe;
  std::string config_file;  // Empty: there is none.
  std::vector<std::pair<std::string, std::string>>
      flags;  // The others, in their order: name, value.
};

// `arguments` is without the program's name. Knows "--name value" and "--name=value". All errors
// are reported in one status, a line each: "--flag: what; what to do".
absl::StatusOr<Options> ParseOptions(std::span<const char* const> arguments);

// The configuration for a start and for each reload: the file, overridden by the flags, then
// FinishConfig with this host's name. Reads the file each time.
absl::StatusOr<Config> BuildConfig(const Options& options);

std::string HelpText();     // With the defaults of Config.
std::string VersionText();  // "hitherd 0.1.0"

}  // namespace hither

#endif  // HITHER_SERVER_OPTIONS_H_
