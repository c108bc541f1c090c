#ifndef HITHER_TESTS_DAEMON_CONFIG_CONFIG_ERRORS_H_
#define HITHER_TESTS_DAEMON_CONFIG_CONFIG_ERRORS_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "daemon/config/config.h"

namespace hither {

// A configuration and all of its errors, each as "line: what; what to do"; none: it is good.
struct ConfigErrors {
  const char* name;
  const char* text;
  std::vector<std::string> errors;
};
inline void PrintTo(const ConfigErrors& tested, std::ostream* out) { *out << tested.name; }

inline std::vector<std::string> ErrorsOfConfig(absl::string_view text) {
  const absl::StatusOr<Config> config = ParseConfig(text, "h.yaml", "/etc/hither");
  if (config.ok()) return {};
  std::vector<std::string> errors;
  for (absl::string_view line : absl::StrSplit(config.status().message(), '\n')) {
    absl::ConsumePrefix(&line, "h.yaml:");
    errors.emplace_back(line);
  }
  return errors;
}

}  // namespace hither

#endif  // HITHER_TESTS_DAEMON_CONFIG_CONFIG_ERRORS_H_
