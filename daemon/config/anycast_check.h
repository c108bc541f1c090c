#ifndef HITHER_DAEMON_CONFIG_ANYCAST_CHECK_H_
#define HITHER_DAEMON_CONFIG_ANYCAST_CHECK_H_

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace hither {

// Errors in values that are each in range but make no sense together.
struct AnycastFindings {
  std::vector<std::string> errors;    // Certainly wrong: "anycast: what; what to do".
  std::vector<std::string> warnings;  // Most likely a mistake, but possibly intended.
};

// For a configuration whose defaults FinishAnycast() has filled. Pure.
AnycastFindings CheckAnycast(const Config& config);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ANYCAST_CHECK_H_
