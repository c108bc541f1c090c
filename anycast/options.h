#ifndef HITHER_ANYCAST_OPTIONS_H_
#define HITHER_ANYCAST_OPTIONS_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/config/config.h"

namespace hither {

// The sidecar's exit codes, as listed by --help.
inline constexpr int kSidecarFine = 0;
inline constexpr int kSidecarFailed = 1;
inline constexpr int kSidecarUsage = 2;

// The command line. A value.
struct SidecarOptions {
  enum class Mode : uint8_t { kRun, kCheck, kHelp, kVersion };
  Mode mode = Mode::kRun;
  std::string config_file = "/etc/hither/hither.yaml";
  bool dry_run = false;  // Announce nothing, whatever the configuration says.
};

// `arguments` is without the program's name. Errors: "--flag: what; what to do".
absl::StatusOr<SidecarOptions> ParseSidecarOptions(std::span<const char* const> arguments);

// The configuration that a start and each reload use. An `anycast:` must be there.
absl::StatusOr<Config> BuildSidecarConfig(const SidecarOptions& options);

// What --check prints of a good one.
std::string DescribeConfig(const Config& config);
// The same, or why a start would fail on this host although the file is right.
absl::StatusOr<std::string> DescribeConfigHere(const Config& config);

std::string SidecarHelp();     // With the defaults of AnycastConfig.
std::string SidecarVersion();  // "hither-anycast 0.1.0"

}  // namespace hither

#endif  // HITHER_ANYCAST_OPTIONS_H_
