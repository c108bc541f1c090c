#ifndef HITHER_ANYCAST_BGP_BGP_RELOAD_H_
#define HITHER_ANYCAST_BGP_BGP_RELOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/config/anycast_config.h"

namespace hither {

// What a reload does to the session with one neighbor. A value.
struct NeighborChange {
  enum class Kind : uint8_t {
    kNone,   // The session continues; a description or a next hop may change.
    kReset,  // It is closed and opened again.
    kAdded,
    kRemoved,  // It is closed.
  };
  Kind kind = Kind::kNone;
  SocketAddress neighbor;
  std::vector<std::string> keys;  // Why it is reset: "hold_time".

  // "resets the session with 10.0.0.1: hold_time changed"; empty for kNone.
  std::string ToText() const;
};

// For each neighbor of `from`, then each new one of `to`. By address and port. Pure.
std::vector<NeighborChange> PlanReload(const AnycastBgp& from, const AnycastBgp& to);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_RELOAD_H_
