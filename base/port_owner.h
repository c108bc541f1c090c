#ifndef HITHER_BASE_PORT_OWNER_H_
#define HITHER_BASE_PORT_OWNER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/socket_address.h"

namespace hither {

// The process whose socket prevents another one from having an address and port.
struct PortOwner {
  std::string program;  // As the kernel knows it, at most 15 characters; empty: not known.
  int pid = 0;          // 0: not known, for example because it belongs to another user.
  std::string address;  // Where that socket is: "127.0.0.53:53".

  // "systemd-resolve (process 612) has 127.0.0.53:53".
  std::string WhoHasIt() const;
  // The same, and what to do about it.
  std::string ToText() const;
};

// Looks for a socket on this host that conflicts with `address` for UDP or (listening) for TCP.
// Reads /proc: for errors, not for the packet path. No value: there is none, or /proc says nothing.
std::optional<PortOwner> FindPortOwner(const SocketAddress& address, bool is_tcp);

// The same in the text of /proc/net/udp, /proc/net/udp6 and so on: the inode and the address of the
// first socket that conflicts. Pure.
struct PortSocket {
  uint64_t inode = 0;
  SocketAddress address;
};
std::optional<PortSocket> FindPortSocket(absl::string_view table, const SocketAddress& address,
                                         bool is_tcp);

// Can this host send from the address? A service address without its place on `lo` cannot be asked
// here.
bool IsOnThisHost(const SocketAddress& address);

}  // namespace hither

#endif  // HITHER_BASE_PORT_OWNER_H_
