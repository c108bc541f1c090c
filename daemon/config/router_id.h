#ifndef HITHER_DAEMON_CONFIG_ROUTER_ID_H_
#define HITHER_DAEMON_CONFIG_ROUTER_ID_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// The BGP identifier of a node that has none configured: a hash of its name, the same at every
// start and on every release, whatever addresses the host has at that moment. It has the form of a
// unicast IPv4 address, because some routers refuse others, and is never 0 (RFC 6286 §2.1). The
// chance that two of a hundred nodes share one is one in a million.
uint32_t RouterIdOf(absl::string_view node);

std::string RouterIdText(uint32_t id);  // "10.0.0.1"

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ROUTER_ID_H_
