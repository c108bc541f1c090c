#ifndef HITHER_ANYCAST_SIGNALS_OUTSIDE_SOCKET_H_
#define HITHER_ANYCAST_SIGNALS_OUTSIDE_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"
#include "base/socket_address.h"

namespace hither {

// A UDP socket for beacons that never blocks; closed with its owner.
//
// Threads: the loop's.
class OutsideSocket {
 public:
  struct Datagram {
    SocketAddress from;
    std::span<const uint8_t> octets;  // Cut at the buffer's size.
  };

  // Receives beacons. The address need not be on the host yet.
  static absl::StatusOr<OutsideSocket> Listen(const SocketAddress& address);
  // Sends from a service address, so that the kernel and routers treat beacons like answers. The
  // kernel chooses the source port: port 53 is hitherd's. NotFound: the address is not on this
  // host.
  static absl::StatusOr<OutsideSocket> From(const SocketAddress& service_address);

  // 0, or the errno of a refusal.
  int Send(const SocketAddress& to, std::span<const uint8_t> octets) const;
  // No value: nothing waits.
  std::optional<Datagram> Receive(std::span<uint8_t> buffer) const;
  // Datagrams that the kernel has dropped because the queue was full.
  uint32_t drops() const;
  absl::StatusOr<SocketAddress> LocalAddress() const;

 private:
  explicit OutsideSocket(FileDescriptor fd) : fd_(std::move(fd)) {}
  static absl::StatusOr<OutsideSocket> Open(const SocketAddress& address, bool is_free_bind,
                                            int receive_bytes);
  FileDescriptor fd_;
};

// Does any interface of this host accept IPv4 packets whose source is one of the host's own
// addresses (accept_local)? Otherwise Linux drops a peer's beacons, whose source is the service
// address that this node has, too. True if the kernel does not say.
bool AcceptsOwnSources();

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_SOCKET_H_
