#ifndef HITHER_ANYCAST_ANNOUNCED_H_
#define HITHER_ANYCAST_ANNOUNCED_H_

#include <optional>
#include <span>
#include <vector>

#include "anycast/route/route_backend.h"
#include "base/prefix.h"

namespace hither {

// All that is known at a tick about what routers have of ours.
struct Evidence {
  std::vector<Observation::Seen> said;  // By the backends; a dry run says nothing.
  bool is_read_back = false;            // Is a routing daemon to be asked at all?
  bool is_read_fresh = false;           // Did each of them answer lately?
  std::vector<Observation::Seen> read;
};

// Do routers have all of `prefixes` from us, this moment? A backend must have said it (a session is
// established and the UPDATE sent; the kernel has it; the command has ended well), and where a
// routing daemon is read back from, that must export it to one neighbor at least. No value:
// unknown. Pure.
std::optional<bool> IsAnnounced(std::span<const Prefix> prefixes, const Evidence& evidence);

}  // namespace hither

#endif  // HITHER_ANYCAST_ANNOUNCED_H_
