#ifndef HITHER_ANYCAST_ANNOUNCED_H_
#define HITHER_ANYCAST_ANNOUNCED_H_

#include <optional>
#include <span>
#include <vector>

#include "anycast/route/route_backend.h"
#include "base/prefix.h"

namespace hither {

// What is known at a tick about our routes in routers.
struct Evidence {
  std::vector<Observation::Seen> said;  // Reported by the backends; empty in a dry run.
  bool is_read_back = false;            // Is a routing daemon read back at all?
  bool is_read_fresh = false;           // Has each of them answered recently?
  std::vector<Observation::Seen> read;
};

// Do routers have all of `prefixes` from us now? A backend must report it (the session is
// established and the UPDATE was sent; the kernel has the route; the command succeeded), and a
// routing daemon that is read back must export it to at least one neighbor. No value: unknown.
// Pure.
std::optional<bool> IsAnnounced(std::span<const Prefix> prefixes, const Evidence& evidence);

}  // namespace hither

#endif  // HITHER_ANYCAST_ANNOUNCED_H_
