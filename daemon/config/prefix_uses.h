#ifndef HITHER_DAEMON_CONFIG_PREFIX_USES_H_
#define HITHER_DAEMON_CONFIG_PREFIX_USES_H_

#include <string>

#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

bool Overlap(const Prefix& a, const Prefix& b);  // One of the two contains the other.

// What shares addresses with it that are never routed (RFC 6890), as "127.0.0.0/8 (loopback)";
// empty if nothing. Private and documentation prefixes are not among them.
std::string Unroutable(const Prefix& prefix);
std::string Unroutable(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_PREFIX_USES_H_
