#ifndef HITHER_DAEMON_CONFIG_PREFIX_USES_H_
#define HITHER_DAEMON_CONFIG_PREFIX_USES_H_

#include <string>

#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

bool Overlap(const Prefix& a, const Prefix& b);  // One of the two contains the other.

// The prefix of addresses never routed (RFC 6890) that overlaps it, such as "127.0.0.0/8
// (loopback)"; empty if none. Private and documentation prefixes do not count.
std::string Unroutable(const Prefix& prefix);
std::string Unroutable(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_PREFIX_USES_H_
