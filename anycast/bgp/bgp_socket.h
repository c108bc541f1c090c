#ifndef HITHER_ANYCAST_BGP_BGP_SOCKET_H_
#define HITHER_ANYCAST_BGP_BGP_SOCKET_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anycast/bgp/bgp_transport.h"
#include "base/file_descriptor.h"

namespace hither {

// A TCP socket for one neighbor, not connected yet: non-blocking, close-on-exec, with its key (RFC
// 2385), TTL (RFC 5082), DSCP CS6 (RFC 4594 §3.2: routing protocols) and source address.
absl::StatusOr<FileDescriptor> OpenBgpSocket(const BgpTransport::Options& options);

// The address that the kernel would connect from, through `device` unless it is empty. Empty: there
// is no route, or no such interface.
std::optional<SocketAddress> SourceTowards(const SocketAddress& neighbor,
                                           const std::string& device);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_SOCKET_H_
