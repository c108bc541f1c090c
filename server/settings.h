#ifndef HITHER_SERVER_SETTINGS_H_
#define HITHER_SERVER_SETTINGS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "server/listen/socket.h"
#include "server/listen/worker.h"

namespace hither {

// The number of workers in a configuration, and the resources of each.
size_t WorkerCountOf(const Config& config);
SocketOptions SocketOptionsOf(const Config& config);
WorkerOptions WorkerOptionsOf(const Config& config, size_t workers, size_t number);

// The keys of changed settings that need a restart.
std::vector<std::string> SettingsThatNeedRestart(const Config& running, const Config& read);

}  // namespace hither

#endif  // HITHER_SERVER_SETTINGS_H_
