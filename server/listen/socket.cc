#include "server/listen/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/port_owner.h"

namespace hither {
namespace {

// The free port that the kernel picks for UDP may be taken for TCP: then another one is tried.
constexpr int kPortTriesMax = 16;

absl::Status Failure(absl::string_view what, SocketKind kind, const SocketAddress& address) {
  const int error = errno;
  std::string advice;
  if (error == EADDRINUSE) {
    const std::optional<PortOwner> owner = FindPortOwner(address, kind == SocketKind::kTcp);
    advice = owner.has_value() ? absl::StrCat("; ", owner->ToText())
                               : "; stop the other server or choose another address";
  }
  if (error == EACCES) advice = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  return absl::UnavailableError(absl::StrCat("listen ", address.ToText(), " ",
                                             kind == SocketKind::kUdp ? "udp" : "tcp", ": ", what,
                                             ": ", std::strerror(error), advice));
}

bool Set(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

// Answers must leave from the address that was asked, which a wildcard socket learns per datagram.
// Fragments are easy to forge and often lost, so datagrams carry DF (RFC 9715 §3.1). PROBE rather
// than DO: it sets DF, too, but takes no path MTU from ICMP, which anybody can forge.
bool SetUdpOptions(int fd, const SocketAddress& address, const SocketOptions& options) {
  // More than rmem_max is for the privileged; the others get what the system allows.
  if (options.receive_buffer_bytes > 0 &&
      !Set(fd, SOL_SOCKET, SO_RCVBUFFORCE, options.receive_buffer_bytes)) {
    Set(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
  }
  if (address.family() == IpFamily::kV4) {
    return Set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) &&
           (!address.IsWildcard() || Set(fd, IPPROTO_IP, IP_PKTINFO, 1));
  }
  return Set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE) &&
         (!address.IsWildcard() || Set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
}

bool SetTcpOptions(int fd, const SocketOptions& options) {
  // An accepted socket inherits NODELAY: answers are written whole, so that waiting gains nothing.
  if (!Set(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return false;
  if (options.tcp_fast_open_queue > 0) {  // May be off in the system; that is no error.
    Set(fd, IPPROTO_TCP, TCP_FASTOPEN, options.tcp_fast_open_queue);
  }
  return true;
}

absl::StatusOr<FileDescriptor> Open(SocketKind kind, const SocketAddress& address,
                                    const SocketOptions& options, bool shared) {
  const bool udp = kind == SocketKind::kUdp;
  FileDescriptor socket(::socket(
      address.system_family(), (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = socket.get();
  if (fd < 0) return Failure("socket", kind, address);
  const bool v6 = address.family() == IpFamily::kV6;
  // Without V6ONLY, [::] would take IPv4's port as well, and 0.0.0.0 beside it could not be bound.
  if (v6 && !Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return Failure("IPV6_V6ONLY", kind, address);
  if (!(v6 ? Set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) : Set(fd, IPPROTO_IP, IP_FREEBIND, 1))) {
    return Failure("IP_FREEBIND", kind, address);
  }
  if (shared && !Set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
    return Failure("SO_REUSEPORT", kind, address);
  }
  // For TCP alone: connections of a server that has just ended are in TIME_WAIT. For UDP it would
  // let two servers take the same address.
  if (!udp && !Set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return Failure("SO_REUSEADDR", kind, address);
  if (!(udp ? SetUdpOptions(fd, address, options) : SetTcpOptions(fd, options))) {
    return Failure("setsockopt", kind, address);
  }
  const absl::StatusOr<SocketAddress> resolved = address.Resolve();
  if (!resolved.ok()) return resolved.status();
  if (::bind(fd, resolved->get(), resolved->size()) != 0) return Failure("bind", kind, address);
  return socket;
}

// SO_REUSEPORT lets every process of the same user in, so a second server, started by mistake,
// would silently take a share of the queries. A socket without it finds the first one.
absl::Status CheckUnused(const SocketAddress& address, const SocketOptions& options) {
  if (address.port() == 0) return absl::OkStatus();
  for (const SocketKind kind : {SocketKind::kUdp, SocketKind::kTcp}) {
    const auto probe = Open(kind, address, options, /*shared=*/false);
    if (!probe.ok()) return probe.status();
  }
  return absl::OkStatus();
}

// Finds a port that is free for UDP and for TCP.
absl::Status PickPort(SocketAddress& address, const SocketOptions& options) {
  absl::Status last;
  for (int i = 0; i < kPortTriesMax; ++i) {
    const auto udp = Open(SocketKind::kUdp, address, options, /*shared=*/false);
    if (!udp.ok()) return udp.status();
    const auto bound = LocalAddressOf(udp->get());
    if (!bound.ok()) return bound.status();
    const auto tcp = Open(SocketKind::kTcp, *bound, options, /*shared=*/false);
    if (tcp.ok()) {
      address = *bound;
      return absl::OkStatus();
    }
    last = tcp.status();
  }
  return last;
}

}  // namespace

absl::StatusOr<SocketAddress> LocalAddressOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return absl::InternalError(absl::StrCat("getsockname: ", std::strerror(errno)));
  }
  return SocketAddress::FromSystem(address);
}

absl::StatusOr<FileDescriptor> OpenSocket(SocketKind kind, const SocketAddress& address,
                                          const SocketOptions& options) {
  return Open(kind, address, options, /*shared=*/true);
}

absl::StatusOr<std::vector<WorkerSockets>> OpenWorkerSockets(std::vector<SocketAddress>& addresses,
                                                             size_t workers,
                                                             const SocketOptions& options) {
  for (SocketAddress& address : addresses) {  // All before the first is ours: they may overlap.
    const absl::Status usable =
        address.port() == 0 ? PickPort(address, options) : CheckUnused(address, options);
    if (!usable.ok()) return usable;
  }
  std::vector<WorkerSockets> sockets(workers);
  for (const SocketAddress& address : addresses) {
    for (WorkerSockets& own : sockets) {
      auto udp = OpenSocket(SocketKind::kUdp, address, options);
      if (!udp.ok()) return udp.status();
      auto tcp = OpenSocket(SocketKind::kTcp, address, options);
      if (!tcp.ok()) return tcp.status();
      own.udp.push_back(*std::move(udp));
      own.tcp.push_back(*std::move(tcp));
    }
  }
  return sockets;
}

}  // namespace hither
