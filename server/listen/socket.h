#ifndef HITHER_SERVER_LISTEN_SOCKET_H_
#define HITHER_SERVER_LISTEN_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"
#include "base/socket_address.h"
#include "daemon/config/config.h"

namespace hither {

// Where a socket is bound.
absl::StatusOr<SocketAddress> LocalAddressOf(int fd);

struct SocketOptions {
  // SO_RCVBUF; 0 leaves the system's. A burst must fit while a worker is busy elsewhere.
  int receive_buffer_bytes = static_cast<int>(Config::Udp().receive_buffer_bytes);
  int tcp_fast_open_queue = 256;  // Connections with data in the SYN (RFC 7413); 0: none.
};

enum class SocketKind : uint8_t { kUdp, kTcp };

// A bound, non-blocking socket for one worker: SO_REUSEPORT shares the address with the other
// workers', IP_FREEBIND binds addresses that are not on this host (yet). TCP does not listen yet.
absl::StatusOr<FileDescriptor> OpenSocket(SocketKind kind, const SocketAddress& address,
                                          const SocketOptions& options);

// What one worker listens on. One entry of each list for each address, in the same order.
struct WorkerSockets {
  std::vector<FileDescriptor> udp;
  std::vector<FileDescriptor> tcp;
};

// Binds `addresses` for each of `workers`. Fails if somebody else already serves one of them,
// which SO_REUSEPORT would hide. A port of 0 becomes one free port, the same for all workers and
// for UDP and TCP; it is written back to `addresses`.
absl::StatusOr<std::vector<WorkerSockets>> OpenWorkerSockets(std::vector<SocketAddress>& addresses,
                                                             size_t workers,
                                                             const SocketOptions& options);

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_SOCKET_H_
