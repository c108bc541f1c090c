#ifndef HITHER_SERVER_LOAD_CHECK_ZONES_H_
#define HITHER_SERVER_LOAD_CHECK_ZONES_H_

#include <ostream>

#include "absl/status/status.h"
#include "daemon/config/config.h"
#include "server/load/zone_store.h"

namespace hither {

// The limits on zones that a configuration sets, and the image cache.
LoadOptions LoadOptionsOf(const Config& config);

// Can images be kept where the configuration says? Only a matter of speed: zones load without.
absl::Status CheckImageCache(const Config& config);

// `hitherd --check` looks for the log file's folder, the image cache's and the user, and writes an
// error for each that is missing. Before there are other threads (AsUser()).
bool CheckStart(const Config& config, std::ostream& out);

// Then it loads every zone of `config`, serves none, and writes each finding, in the zones' order,
// and a summary to `out`. Whom it runs as decides which files and links are read. True if there is
// no error and all could be written. Loads in threads of its own.
bool CheckZones(const Config& config, std::ostream& out);

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_CHECK_ZONES_H_
