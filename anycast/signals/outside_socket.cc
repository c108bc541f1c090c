#include "anycast/signals/outside_socket.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// More than two seconds of beacons from 256 peers with 4 addresses.
constexpr int kReceiveBytes = 1 << 20;
constexpr int kNoReceiveBytes = 0;  // The kernel uses its minimum; the socket is never read.

void SetInt(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value, sizeof value);  // Each is optional.
}

void SetReceiveBytes(int fd, int bytes) {
  // Beyond net.core.rmem_max, if permitted.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  SetInt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

absl::Status Failed(const SocketAddress& address, int error) {
  const std::string text = absl::StrCat(address.ToText(), ": ", std::strerror(error));
  return error == EADDRNOTAVAIL ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

}  // namespace

bool AcceptsOwnSources() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/sys/net/ipv4/conf", error)) {
    if (std::ifstream(entry.path() / "accept_local").get() == '1') return true;
  }
  return bool{error};
}

absl::StatusOr<OutsideSocket> OutsideSocket::Open(const SocketAddress& address, bool is_free_bind,
                                                  int receive_bytes) {
  OutsideSocket made(FileDescriptor(
      ::socket(address.system_family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)));
  if (!made.fd_) return Failed(address, errno);
  if (address.family() == IpFamily::kV6) SetInt(made.fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (is_free_bind) SetInt(made.fd_.get(), IPPROTO_IP, IP_FREEBIND, 1);
  SetReceiveBytes(made.fd_.get(), receive_bytes);
  if (::bind(made.fd_.get(), address.get(), address.size()) != 0) return Failed(address, errno);
  return made;
}

absl::StatusOr<OutsideSocket> OutsideSocket::Listen(const SocketAddress& address) {
  return Open(address, /*is_free_bind=*/true, kReceiveBytes);
}

absl::StatusOr<OutsideSocket> OutsideSocket::From(const SocketAddress& service_address) {
  return Open(service_address.WithPort(0), /*is_free_bind=*/false, kNoReceiveBytes);
}

int OutsideSocket::Send(const SocketAddress& to, std::span<const uint8_t> octets) const {
  const ssize_t sent = ::sendto(fd_.get(), octets.data(), octets.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL, to.get(), to.size());
  return sent < 0 ? errno : 0;
}

std::optional<OutsideSocket::Datagram> OutsideSocket::Receive(std::span<uint8_t> buffer) const {
  sockaddr_storage from = {};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) return std::nullopt;
  return Datagram{SocketAddress::FromSystem(from), buffer.first(static_cast<size_t>(got))};
}

uint32_t OutsideSocket::drops() const {
  std::array<uint32_t, SK_MEMINFO_VARS> values = {};
  socklen_t size = sizeof values;
  const int got = ::getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, values.data(), &size);
  return got == 0 ? values[SK_MEMINFO_DROPS] : 0;
}

absl::StatusOr<SocketAddress> OutsideSocket::LocalAddress() const {
  sockaddr_storage bound = {};
  socklen_t size = sizeof bound;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return absl::UnavailableError(std::strerror(errno));
  }
  return SocketAddress::FromSystem(bound);
}

}  // namespace hither
