#include "daemon/admin/admin_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/port_owner.h"

namespace hither {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kUnixSocketMode = 0660;

struct Place {
  const AdminAddress& address;
  absl::string_view key;

  absl::Status Failed(absl::string_view what, absl::string_view todo) const {
    return absl::FailedPreconditionError(absl::StrCat(key, " ", address.ToText(), ": ", what, ": ",
                                                      std::strerror(errno), "; ", todo));
  }
};

// Removes the socket file of an earlier process, on which nothing answers.
absl::Status RemoveStale(const Place& place, const sockaddr_un& name) {
  struct stat facts;
  if (lstat(name.sun_path, &facts) != 0) return absl::OkStatus();  // bind() reports it.
  if (!S_ISSOCK(facts.st_mode)) {
    errno = EEXIST;
    return place.Failed("there is a file that is not a socket", "remove it or choose another path");
  }
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool refused =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
      errno == ECONNREFUSED;
  if (!refused) {
    errno = EADDRINUSE;
    return place.Failed("a server seems to answer on it", "stop it, or choose another path");
  }
  if (unlink(name.sun_path) != 0) return place.Failed("cannot remove it", "check permissions");
  return absl::OkStatus();
}

// Not by path: a user who may write in its folder may replace it by a link to another user's file.
bool SetMode(const char* path, mode_t mode) {
  const FileDescriptor file(open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts;
  if (!file || fstat(file.get(), &facts) != 0) return false;
  errno = EEXIST;
  if (!S_ISSOCK(facts.st_mode) || facts.st_nlink != 1 || facts.st_uid != geteuid()) return false;
  return chmod(absl::StrCat("/proc/self/fd/", file.get()).c_str(), mode) == 0;
}

absl::Status BindUnix(const Place& place, int fd) {
  const std::string& path = place.address.unix_path;
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    errno = ENAMETOOLONG;
    return place.Failed("cannot use it", "choose a shorter path");
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  if (absl::Status status = RemoveStale(place, name); !status.ok()) return status;
  // Before bind(), so that the file never has more permissions (unix(7)); after it, since the
  // process's umask may have removed some.
  if (fchmod(fd, kUnixSocketMode) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      !SetMode(name.sun_path, kUnixSocketMode)) {
    return place.Failed("cannot make the socket",
                        "check that its folder exists and belongs to this user");
  }
  return absl::OkStatus();
}

bool BindFreely(const SocketAddress& address, int fd) {
  const int on = 1;
  const bool is_free = address.family() == IpFamily::kV6
                           ? setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) == 0
                           : setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) == 0;
  return is_free && bind(fd, address.get(), address.size()) == 0;
}

std::string TodoFor(int error, const Place& place) {
  const std::string choose = absl::StrCat("set ", place.key, " to another address");
  if (error == EADDRINUSE && place.address.tcp.has_value()) {
    const std::optional<PortOwner> owner = FindPortOwner(*place.address.tcp, /*is_tcp=*/true);
    return absl::StrCat(owner.has_value() ? absl::StrCat(owner->WhoHasIt(), ": ") : "",
                        "stop the program that uses it, or ", choose);
  }
  if (error == EACCES) return absl::StrCat("ports below 1024 need a privilege; ", choose);
  return choose;
}

// The search for the owner of the port changes errno.
absl::Status Unable(absl::string_view what, const Place& place, int error) {
  const std::string todo = TodoFor(error, place);
  errno = error;
  return place.Failed(what, todo);
}

absl::Status BindTcp(const Place& place, AdminSocket& made) {
  SocketAddress& tcp = *made.address.tcp;
  const int on = 1;
  // Lets a restart bind without waiting a minute.
  setsockopt(made.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const absl::StatusOr<SocketAddress> resolved = tcp.Resolve();
  if (!resolved.ok()) {
    return Unable("cannot bind", place, ENODEV);
  }
  if (bind(made.fd.get(), resolved->get(), resolved->size()) != 0) {
    made.is_ahead = errno == EADDRNOTAVAIL && BindFreely(*resolved, made.fd.get());
    if (!made.is_ahead) return Unable("cannot bind", place, errno);
  }
  if (tcp.port() != 0) return absl::OkStatus();
  sockaddr_in6 bound = {};  // Both families have their port at the same place.
  socklen_t size = sizeof bound;
  getsockname(made.fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  tcp = tcp.WithPort(ntohs(bound.sin6_port));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AdminSocket> OpenAdminSocket(const AdminAddress& address, absl::string_view key) {
  const Place place{address, key};
  const int family = address.tcp.has_value() ? address.tcp->system_family() : AF_UNIX;
  AdminSocket made{
      .fd = FileDescriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      .address = address};
  if (!made.fd) return place.Failed("cannot make a socket", "raise the limit on open files");
  const absl::Status bound =
      address.tcp.has_value() ? BindTcp(place, made) : BindUnix(place, made.fd.get());
  if (!bound.ok()) return bound;
  if (listen(made.fd.get(), kBacklog) != 0) {
    return Unable("cannot listen", place, errno);
  }
  return made;
}

std::string AdminSourceOf(const sockaddr_storage& from) {
  constexpr size_t kV6PrefixBytes = 8;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from).sin_addr;
    return {reinterpret_cast<const char*>(&v4), sizeof v4};
  }
  if (from.ss_family != AF_INET6) return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
  return {reinterpret_cast<const char*>(&v6),
          IN6_IS_ADDR_V4MAPPED(&v6) ? sizeof v6 : kV6PrefixBytes};
}

}  // namespace hither
