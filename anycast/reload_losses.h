#ifndef HITHER_ANYCAST_RELOAD_LOSSES_H_
#define HITHER_ANYCAST_RELOAD_LOSSES_H_

#include <span>
#include <string>
#include <vector>

#include "anycast/service.h"
#include "daemon/config/config.h"

namespace hither {

// What a reload would remove, determined before it does. Services match by name: a renamed one
// starts without the earlier state.
struct ReloadLosses {
  std::vector<std::string> lines;  // For the operator.
  bool withdraws_all = false;      // Of what is announced now, which is not nothing.
  bool withdraws_family = false;   // The same of one address family, and of the other not.
  bool forgets_drain = false;      // A drained node would return to service.
};

ReloadLosses LossesBy(const AnycastConfig& current, const AnycastConfig& next,
                      std::span<const Service> services);

// Gives `next` the settings of `current` that a running sidecar cannot change, and returns the keys
// of those that differ.
std::vector<std::string> KeepUntilRestart(const Config& current, Config& next);

}  // namespace hither

#endif  // HITHER_ANYCAST_RELOAD_LOSSES_H_
