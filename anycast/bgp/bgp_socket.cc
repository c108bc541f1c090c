#include "anycast/bgp/bgp_socket.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

#ifndef IPV6_MINHOPCOUNT
constexpr int IPV6_MINHOPCOUNT = 73;  // From linux/in6.h, which conflicts with netinet/in.h.
#endif

constexpr int kGtsmTtl = 255;          // RFC 5082 §3
constexpr int kClassSelector6 = 0xc0;  // As a TOS octet.

absl::Status Failed(const BgpTransport::Options& options, absl::string_view what) {
  return absl::UnavailableError(
      absl::StrCat(options.neighbor.AddressText(), ": ", what, ": ", std::strerror(errno)));
}

bool SetInt(int socket, int level, int name, int value) {
  return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

absl::Status SetKey(int socket, const BgpTransport::Options& options) {
  if (options.password.empty()) return absl::OkStatus();
  tcp_md5sig key = {};
  if (options.password.size() > sizeof key.tcpm_key) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.neighbor.AddressText(), ": the password has more than ", sizeof key.tcpm_key,
        " octets, the limit of TCP MD5; shorten it on both sides"));
  }
  std::memcpy(&key.tcpm_addr, options.neighbor.get(), options.neighbor.size());
  key.tcpm_keylen = static_cast<uint16_t>(options.password.size());
  std::memcpy(key.tcpm_key, options.password.data(), options.password.size());
  if (setsockopt(socket, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof key) == 0) return absl::OkStatus();
  return Failed(options, "the kernel rejects the TCP MD5 password");
}

absl::Status SetHops(int socket, const BgpTransport::Options& options) {
  const bool v6 = options.neighbor.family() == IpFamily::kV6;
  const int level = v6 ? static_cast<int>(IPPROTO_IPV6) : static_cast<int>(IPPROTO_IP);
  const int ttl = options.ttl_security ? kGtsmTtl : options.ttl;
  if (!SetInt(socket, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, ttl)) {
    return Failed(options, "cannot set the TTL");
  }
  if (!options.ttl_security) return absl::OkStatus();
  if (!SetInt(socket, level, v6 ? IPV6_MINHOPCOUNT : IP_MINTTL, kGtsmTtl)) {
    return Failed(options, "cannot set the minimum TTL (ttl_security)");
  }
  return absl::OkStatus();
}

bool BindToDevice(int socket, const std::string& device) {
  return device.empty() || setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                                      static_cast<socklen_t>(device.size())) == 0;
}

absl::Status SetDevice(int socket, const BgpTransport::Options& options) {
  if (BindToDevice(socket, options.device)) return absl::OkStatus();
  const absl::string_view remedy = errno == ENODEV  ? "; create it, or correct device:"
                                   : errno == EPERM ? "; give hither-anycast CAP_NET_RAW"
                                                    : "";
  absl::Status failed = Failed(options, absl::StrCat("cannot bind to device ", options.device));
  return absl::UnavailableError(absl::StrCat(failed.message(), remedy));
}

absl::Status SetLocal(int socket, const BgpTransport::Options& options) {
  if (!options.local) return absl::OkStatus();
  if (options.local->family() != options.neighbor.family()) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.neighbor.AddressText(), ": local_address ", options.local->AddressText(),
        " is of the other address family; give one of the neighbor's family"));
  }
  const absl::StatusOr<SocketAddress> local = options.local->Resolve();
  if (!local.ok()) return local.status();
  const SocketAddress any_port = local->WithPort(0);
  if (bind(socket, any_port.get(), any_port.size()) == 0) return absl::OkStatus();
  return Failed(options, absl::StrCat("cannot bind to local_address ", any_port.AddressText()));
}

// Optional: a kernel without one of these still has sessions.
void SetConveniences(int socket, const BgpTransport::Options& options) {
  SetInt(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  SetInt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
         static_cast<int>(absl::ToInt64Milliseconds(options.user_timeout)));
  if (options.neighbor.family() == IpFamily::kV6) {
    SetInt(socket, IPPROTO_IPV6, IPV6_TCLASS, kClassSelector6);
  } else {
    SetInt(socket, IPPROTO_IP, IP_TOS, kClassSelector6);
  }
}

}  // namespace

std::optional<SocketAddress> SourceTowards(const SocketAddress& neighbor,
                                           const std::string& device) {
  const absl::StatusOr<SocketAddress> to = neighbor.Resolve();
  const FileDescriptor socket(::socket(neighbor.system_family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::nullopt;
  sockaddr_storage local = {};
  socklen_t size = sizeof local;
  // For UDP this looks up the route and sends nothing.
  const bool found = to.ok() && BindToDevice(socket.get(), device) &&
                     connect(socket.get(), to->get(), to->size()) == 0 &&
                     getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &size) == 0;
  if (!found) return std::nullopt;
  return SocketAddress::FromSystem(local).WithPort(0);
}

absl::StatusOr<FileDescriptor> OpenBgpSocket(const BgpTransport::Options& options) {
  FileDescriptor socket(
      ::socket(options.neighbor.system_family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Failed(options, "cannot create a socket");
  SetConveniences(socket.get(), options);
  for (const auto set : {SetDevice, SetKey, SetHops, SetLocal}) {
    if (absl::Status status = set(socket.get(), options); !status.ok()) return status;
  }
  return socket;
}

}  // namespace hither
