#ifndef HITHER_SERVER_SETTINGS_H_
#define HITHER_SERVER_SETTINGS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "dns/tsig/tsig_key.h"
#include "server/listen/socket.h"
#include "server/listen/worker.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// The number of workers in a configuration, and the resources of each.
size_t WorkerCountOf(const Config& config);
SocketOptions SocketOptionsOf(const Config& config);
WorkerOptions WorkerOptionsOf(const Config& config, size_t workers, size_t number);

// The TSIG keys, whose secrets were read.
std::shared_ptr<const TsigKeyRing> KeyRingOf(const Config& config);

// What transfers need. `keys`: of KeyRingOf(); `state_dir`: the one that is in use.
TransferSetup TransferSetupOf(const Config& config, std::shared_ptr<const TsigKeyRing> keys,
                              const std::string& state_dir);

// The keys of changed settings that need a restart.
std::vector<std::string> SettingsThatNeedRestart(const Config& running, const Config& read);

}  // namespace hither

#endif  // HITHER_SERVER_SETTINGS_H_
