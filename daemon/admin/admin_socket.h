#ifndef HITHER_DAEMON_ADMIN_ADMIN_SOCKET_H_
#define HITHER_DAEMON_ADMIN_ADMIN_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"
#include "daemon/config/config.h"

namespace hither {

// What AdminEndpoint listens on. `key` is the setting that an operator can change: "admin.listen".
struct AdminSocket {
  FileDescriptor fd = {};  // Non-blocking.
  AdminAddress address;    // With the port that the kernel chose.
  bool is_ahead = false;   // The address is not on this host yet (IP_FREEBIND).
};

// A socket file without a listener is replaced; any other file there is an error.
absl::StatusOr<AdminSocket> OpenAdminSocket(const AdminAddress& address, absl::string_view key);

// A client's network: its IPv4 address or IPv6 /64. Empty: this host, over a UNIX socket. `from` is
// from accept().
std::string AdminSourceOf(const sockaddr_storage& from);

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_SOCKET_H_
