#ifndef HITHER_SERVER_CHECK_ZONES_H_
#define HITHER_SERVER_CHECK_ZONES_H_

#include <ostream>

#include "server/base/config.h"
#include "zones/zone_loader.h"

namespace hither {

// The limits on zones that a configuration sets.
LoadLimits LoadLimitsOf(const Config& config);

// `hitherd --check`: looks for the log file's folder and the user, loads every zone of `config`,
// serves none, and writes each finding and then a summary to `out`. True if there is no error.
bool CheckZones(const Config& config, std::ostream& out);

}  // namespace hither

#endif  // HITHER_SERVER_CHECK_ZONES_H_
