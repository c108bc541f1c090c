#include "daemon/admin/admin_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>

#include "absl/cleanup/cleanup.h"

namespace hither {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

// Both ends in one process.
struct Pair {
  std::unique_ptr<AdminConnection> ours;
  int client = -1;

  explicit Pair(const std::string& source) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    ours =
        std::make_unique<AdminConnection>(FileDescriptor(ends[0]), source, AdminTimeouts(), kNow);
    client = ends[1];
  }
};

TEST(AdminConnections, WhoOpensManyTakesTheRoomOfItsOwn) {
  AdminConnections open;
  std::vector<int> clients;
  const absl::Cleanup closing = [&] {
    for (const int fd : clients) close(fd);
  };
  const auto add = [&](const char* source) {
    Pair pair(source);
    clients.push_back(pair.client);
    open.Add(std::move(pair.ours));
  };
  add("peer");
  for (size_t i = 0; i < 3 * kAdminOpenMax; ++i) add("flood");
  EXPECT_EQ(open.size(), kAdminOpenMax);
  char octet = 0;
  EXPECT_EQ(recv(clients[0], &octet, 1, MSG_DONTWAIT), -1);  // Still open.
  EXPECT_EQ(recv(clients[1], &octet, 1, MSG_DONTWAIT), 0);   // The flood's oldest is not.
}

TEST(AdminConnections, WhatNobodyReadsHasALimit) {
  AdminConnections open;
  std::vector<int> clients;
  const absl::Cleanup closing = [&] {
    for (const int fd : clients) close(fd);
  };
  for (int i = 0; i < 40; ++i) {
    Pair pair("a");
    clients.push_back(pair.client);
    pair.ours->Answer(std::string(1u << 20, 'x'), kNow);
    open.Add(std::move(pair.ours));
  }
  EXPECT_LT(open.size(), 25u);  // The kernel has a part of each.
  EXPECT_GT(open.size(), 15u);
  std::vector<pollfd> polls;
  open.AddPolls(polls);
  for (const pollfd& one : polls) EXPECT_EQ(one.events, POLLOUT);
  EXPECT_EQ(open.Deadline(), kNow + AdminTimeouts().stall);
  EXPECT_TRUE(open.Step(polls.data(), open.Deadline()).empty());
  EXPECT_TRUE(open.empty());
}

}  // namespace
}  // namespace hither
