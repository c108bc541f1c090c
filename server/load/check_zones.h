#ifndef HITHER_SERVER_LOAD_CHECK_ZONES_H_
#define HITHER_SERVER_LOAD_CHECK_ZONES_H_

#include <ostream>

#include "absl/status/status.h"
#include "daemon/config/config.h"
#include "server/load/zone_store.h"

namespace hither {

// The limits on zones that a configuration sets, and the image cache.
LoadOptions LoadOptionsOf(const Config& config);

// Can images be kept in the configured folder? This only affects speed: zones load without.
absl::Status CheckImageCache(const Config& config);

// `hitherd --check` checks the log file's folder, the image cache and the user, and writes an error
// for each that is missing. Before there are other threads (AsUser()).
bool CheckStart(const Config& config, std::ostream& out);

// Then it loads every zone of `config`, serves none, and writes each finding, in the zones' order,
// and a summary to `out`. The current user decides which files and links are read. True if there is
// no error and everything was written. Loads in its own threads.
bool CheckZones(const Config& config, std::ostream& out);

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_CHECK_ZONES_H_
