#ifndef HITHER_SERVER_SOCKET_H_
#define HITHER_SERVER_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/socket_address.h"

namespace hither {

// A file descriptor that is closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~FileDescriptor() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Where a socket is bound.
absl::StatusOr<SocketAddress> LocalAddressOf(int fd);

struct SocketOptions {
  // SO_RCVBUF; 0 leaves the system's. A burst must fit while a worker is busy elsewhere.
  int receive_buffer_bytes = 4 << 20;
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

#endif  // HITHER_SERVER_SOCKET_H_
