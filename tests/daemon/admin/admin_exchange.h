#ifndef HITHER_TESTS_DAEMON_ADMIN_ADMIN_EXCHANGE_H_
#define HITHER_TESTS_DAEMON_ADMIN_ADMIN_EXCHANGE_H_

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "daemon/admin/admin_endpoint.h"

// A client of an AdminEndpoint that writes octets as a test has them.
namespace hither {

inline AdminAddress AnyPort() { return *ParseAdmin("127.0.0.1:0"); }

inline int Connect(const AdminAddress& address) {
  if (address.tcp.has_value()) {
    const int fd = socket(address.tcp->system_family(), SOCK_STREAM, 0);
    EXPECT_EQ(connect(fd, address.tcp->get(), address.tcp->size()), 0);
    return fd;
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, address.unix_path.c_str(), sizeof name.sun_path - 1);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

// Everything that comes back, up to the end of the connection.
inline std::string Exchange(const AdminAddress& address, const std::string& request) {
  const int fd = Connect(address);
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  shutdown(fd, SHUT_WR);
  std::string reply;
  char block[4'096];
  for (ssize_t got; (got = recv(fd, block, sizeof block, 0)) > 0;) {
    reply.append(block, static_cast<size_t>(got));
  }
  close(fd);
  return reply;
}

}  // namespace hither

#endif  // HITHER_TESTS_DAEMON_ADMIN_ADMIN_EXCHANGE_H_
