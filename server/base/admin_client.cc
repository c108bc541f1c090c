#include "server/base/admin_client.h"

#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// httplib 0.11 cannot connect to a UNIX socket, but lets a subclass bring its own socket.
class LocalClient : public httplib::ClientImpl {
 public:
  explicit LocalClient(const AdminAddress& address) : ClientImpl("localhost"), address_(address) {}

  int connect_errno() const { return connect_errno_; }

 private:
  bool create_and_connect_socket(Socket& to, httplib::Error& error) override {
    const int family = address_.tcp.has_value() ? address_.tcp->family() : AF_UNIX;
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !Connect(fd)) {
      connect_errno_ = errno;
      if (fd >= 0) ::close(fd);
      error = httplib::Error::Connection;
      return false;
    }
    to.sock = fd;
    return true;
  }

  bool Connect(int fd) const {
    if (address_.tcp.has_value()) {
      const absl::StatusOr<SocketAddress> resolved = address_.tcp->Resolve();
      if (!resolved.ok()) errno = ENODEV;
      return resolved.ok() && ::connect(fd, resolved->get(), resolved->size()) == 0;
    }
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    const size_t bytes = std::min(address_.unix_path.size(), sizeof name.sun_path - 1);
    std::memcpy(name.sun_path, address_.unix_path.data(), bytes);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  }

  const AdminAddress address_;
  int connect_errno_ = 0;
};

}  // namespace

absl::StatusOr<AdminReply> AskAdmin(const AdminAddress& address, absl::string_view method,
                                    const std::string& path, absl::Duration timeout) {
  if (address.IsOff()) return absl::InvalidArgumentError("there is no admin address to ask");
  LocalClient client(address);
  client.set_read_timeout(absl::ToInt64Seconds(timeout));
  const httplib::Headers headers = {{"X-Hither", "1"}};
  const httplib::Result result = method == "POST"
                                     ? client.Post(path.c_str(), headers, "", "text/plain")
                                     : client.Get(path.c_str(), headers);
  if (result) return AdminReply{result->status, result->body};
  if (client.connect_errno() != 0) {
    return absl::UnavailableError(absl::StrCat(
        "no server answers on ", address.ToText(), ": ", std::strerror(client.connect_errno()),
        "; check that hitherd runs, and give its admin address with --admin"));
  }
  return absl::UnavailableError(
      absl::StrCat(address.ToText(), " gave no answer: ", httplib::to_string(result.error()),
                   "; check the server's log"));
}

}  // namespace hither
