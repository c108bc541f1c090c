#ifndef HITHER_ANYCAST_HOST_CHECK_H_
#define HITHER_ANYCAST_HOST_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/config/anycast_config.h"

// What a configuration expects of this host. Reads files and writes nothing: --check may run as
// another user than the sidecar.
namespace hither {

// Commands that cannot be run, a line each. A package may still bring them.
std::vector<std::string> HostWarnings(const AnycastConfig& config);

// Would a start fail because of the state file or the journal? What another user may be allowed to
// read or write is no error.
absl::Status CheckStateFiles(const AnycastConfig& config);

}  // namespace hither

#endif  // HITHER_ANYCAST_HOST_CHECK_H_
