#include "server/base/admin_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <future>
#include <ostream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/admin_client.h"

namespace hither {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

AdminHandlers Handlers() {
  return {
      .metrics = [] { return std::string("up 1\n"); },
      .health = [] { return absl::OkStatus(); },
      .status = [] { return std::string("{}\n"); },
      .reload = [] { return absl::StatusOr<std::string>("2 zones loaded"); },
  };
}

AdminAddress AnyPort() { return *ParseAdmin("127.0.0.1:0"); }

AdminAddress InTempDir(const std::string& name) {
  AdminAddress address;
  address.unix_path = testing::TempDir() + name;
  std::remove(address.unix_path.c_str());
  return address;
}

int Connect(const AdminAddress& address) {
  if (address.tcp.has_value()) {
    const int fd = socket(address.tcp->family(), SOCK_STREAM, 0);
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
std::string Exchange(const AdminAddress& address, const std::string& request) {
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

struct Case {
  const char* name;
  std::string request;
  const char* first_line;
  const char* holds;  // Somewhere in the answer.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Endpoint : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    endpoint_ = AdminEndpoint::Bind(AnyPort()).value().release();
    ASSERT_TRUE(endpoint_->Serve(Handlers()).ok());
  }
  static void TearDownTestSuite() { delete endpoint_; }
  static AdminEndpoint* endpoint_;
};
AdminEndpoint* Endpoint::endpoint_ = nullptr;

TEST_P(Endpoint, Answers) {
  const std::string reply = Exchange(endpoint_->address(), GetParam().request);
  EXPECT_THAT(reply, StartsWith(absl::StrCat(GetParam().first_line, "\r\n")));
  EXPECT_THAT(reply, HasSubstr(GetParam().holds));
}

// clang-format off
const Case kCases[] = {
    {"Metrics", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK", "text/plain; version=0.0.4; charset=utf-8"},
    {"MetricsBody", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\nup 1\n"},
    {"Health", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8053\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\nok\n"},
    {"HealthHead", "HEAD /healthz HTTP/1.1\r\nHost: [::1]:8053\r\n\r\n", "HTTP/1.1 200 OK", "Content-Length: 3\r\n"},
    {"Status", "GET /status HTTP/1.1\r\nHost: LOCALHOST:8053\r\n\r\n", "HTTP/1.1 200 OK", "application/json"},
    {"Reload", "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\n2 zones loaded\n"},
    {"BodyIsNotRead", "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\nContent-Length: 5000\r\n\r\n" + std::string(5'000, 'x'), "HTTP/1.1 200 OK", "2 zones loaded"},
    {"ReloadByGet", "GET /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed", "Allow: POST\r\n"},
    {"ReloadByWebPage", "POST /reload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", "HTTP/1.1 403 Forbidden", "X-Hither"},
    {"MetricsByPost", "POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 Method Not Allowed", "Allow: GET, HEAD\r\n"},
    {"DnsRebinding", "GET /status HTTP/1.1\r\nHost: evil.example:8053\r\n\r\n", "HTTP/1.1 403 Forbidden", "Host"},
    {"HostLooksLocal", "GET /status HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "HTTP/1.1 403 Forbidden", "Host"},
    {"HostNotLoopback", "GET /status HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "HTTP/1.1 403 Forbidden", "Host"},
    {"HostMissing", "GET /status HTTP/1.1\r\n\r\n", "HTTP/1.1 403 Forbidden", "Host"},
    {"HostTwice", "GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403 Forbidden", "Host"},
    {"NoSuchPath", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 Not Found", "/metrics /healthz /status /reload"},
    {"PathIsExact", "GET /status/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 Not Found", ""},
    {"NoHttp", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request", ""},
    {"HeadTooLarge", "GET /status HTTP/1.1\r\nX: " + std::string(kAdminHeadBytesMax, 'x'), "HTTP/1.1 431 Request Header Fields Too Large", ""},
    {"ConnectionIsNotKept", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK", "Connection: close\r\n"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Endpoint, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(AdminEndpoint, FailuresHaveTheirReason) {
  AdminHandlers handlers = Handlers();
  handlers.health = [] { return absl::UnavailableError("zone example.org. is broken"); };
  handlers.reload = [] { return absl::StatusOr<std::string>(absl::InternalError("h.yaml:3: no")); };
  auto endpoint = AdminEndpoint::Bind(AnyPort()).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const absl::StatusOr<AdminReply> health = AskAdmin(endpoint->address(), "GET", "/healthz");
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_EQ(health->code, 503);
  EXPECT_EQ(health->body, "zone example.org. is broken\n");
  const absl::StatusOr<AdminReply> reload = AskAdmin(endpoint->address(), "POST", "/reload");
  ASSERT_TRUE(reload.ok()) << reload.status();
  EXPECT_EQ(reload->code, 500);
  EXPECT_EQ(reload->body, "h.yaml:3: no\n");
}

TEST(AdminEndpoint, UnixSocketServesAndIsRemoved) {
  const AdminAddress address = InTempDir("admin_test.sock");
  const mode_t umask_before = umask(0077);  // Must not narrow the socket's mode.
  auto endpoint = AdminEndpoint::Bind(address).value();
  umask(umask_before);
  struct stat facts;
  ASSERT_EQ(stat(address.unix_path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0660u);
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  const absl::StatusOr<AdminReply> reply = AskAdmin(address, "POST", "/reload");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body, "2 zones loaded\n");
  EXPECT_THAT(Exchange(address, "GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
  endpoint.reset();
  EXPECT_NE(stat(address.unix_path.c_str(), &facts), 0);
}

TEST(AdminEndpoint, StaleSocketIsReplacedALiveOneIsNot) {
  const AdminAddress address = InTempDir("admin_stale.sock");
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, address.unix_path.c_str(), sizeof name.sun_path - 1);
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  close(dead);  // The file stays, as after a crash.
  const auto first = AdminEndpoint::Bind(address);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = AdminEndpoint::Bind(address);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("a server seems to answer on it"));
}

TEST(AdminEndpoint, OtherFilesAreNeverRemoved) {
  const AdminAddress address = InTempDir("admin_file.sock");
  std::ofstream(address.unix_path) << "precious";
  EXPECT_THAT(std::string(AdminEndpoint::Bind(address).status().message()),
              HasSubstr("there is a file that is no socket"));
  EXPECT_EQ(access(address.unix_path.c_str(), F_OK), 0);
  std::remove(address.unix_path.c_str());
}

TEST(AdminEndpoint, BindErrorsSayWhatToDo) {
  const auto first = AdminEndpoint::Bind(AnyPort()).value();
  EXPECT_EQ(AdminEndpoint::Bind(first->address()).status().message(),
            absl::StrCat("admin endpoint ", first->address().ToText(),
                         ": cannot bind: Address already in use; choose another one with --admin, "
                         "or --admin none"));
  EXPECT_THAT(
      std::string(AdminEndpoint::Bind(*ParseAdmin("unix:/nonexistent/a")).status().message()),
      HasSubstr("No such file or directory"));
}

// More silent clients than threads: stopping must not wait for any of their timeouts.
TEST(AdminEndpoint, StopsUnderSilentClients) {
  auto endpoint = AdminEndpoint::Bind(AnyPort()).value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  std::vector<int> clients;
  for (int i = 0; i < 2 * kAdminThreads; ++i) {
    clients.push_back(Connect(endpoint->address()));
    EXPECT_EQ(send(clients.back(), "GET /", 5, MSG_NOSIGNAL), 5);
  }
  const absl::Time start = absl::Now();
  endpoint->Stop();
  EXPECT_LT(absl::Now() - start, AdminTimeouts().read);
  for (const int fd : clients) close(fd);
}

// Reads up to the end of the connection.
size_t Drain(int fd) {
  size_t total = 0;
  static char block[65'536];
  for (ssize_t got; (got = recv(fd, block, sizeof block, 0)) > 0;) {
    total += static_cast<size_t>(got);
  }
  return total;
}

TEST(AdminEndpoint, HalfARequestIsNotWaitedForForLong) {
  auto endpoint =
      AdminEndpoint::Bind(AnyPort(), {.read = absl::Milliseconds(20), .write = absl::Seconds(30)})
          .value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  const int fd = Connect(endpoint->address());
  EXPECT_EQ(send(fd, "GET /healthz HTTP/1.1\r\n", 23, MSG_NOSIGNAL), 23);
  EXPECT_EQ(Drain(fd), 0u);  // Closed without an answer, though the client keeps it open.
  close(fd);
}

constexpr AdminTimeouts kPatient = {.read = absl::Seconds(60), .write = absl::Seconds(60)};

TEST(AdminEndpoint, StalledClientsHoldUpNobody) {
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  std::vector<int> clients;
  for (size_t i = 0; i < kAdminWaitingMax + 16; ++i) {
    clients.push_back(Connect(endpoint->address()));
    EXPECT_EQ(send(clients.back(), "GET /me", 7, MSG_NOSIGNAL), 7);
    if (i % 16 != 15) continue;
    for (const int fd : clients) send(fd, "x", 1, MSG_NOSIGNAL);  // The first are closed by then.
    const absl::StatusOr<AdminReply> reply =
        AskAdmin(endpoint->address(), "GET", "/healthz", absl::Seconds(5));
    ASSERT_TRUE(reply.ok()) << reply.status() << " under " << i + 1 << " stalled clients";
    EXPECT_EQ(reply->code, 200);
  }
  Drain(clients[0]);  // Ends: the oldest made room.
  for (const int fd : clients) close(fd);
}

// As a connection does whose request has its answer, and who does not close.
TEST(AdminEndpoint, WhoStaysAfterTheAnswerHoldsUpNobody) {
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  const absl::Time start = absl::Now();
  std::vector<int> clients;
  for (size_t i = 0; i < 40; ++i) {
    clients.push_back(Connect(endpoint->address()));
    EXPECT_EQ(send(clients.back(), "GET /me HTTP/1.1\r\n\r\n", 20, MSG_NOSIGNAL), 20);
  }
  const absl::StatusOr<AdminReply> reply = AskAdmin(endpoint->address(), "GET", "/healthz");
  EXPECT_TRUE(reply.ok() && reply->code == 200) << reply.status();
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));  // At a second each: ten.
  for (const int fd : clients) close(fd);
}

TEST(AdminEndpoint, ReloadsHoldUpNobody) {
  std::promise<void> loaded;
  AdminHandlers handlers = Handlers();
  handlers.reload = [done = loaded.get_future().share()] {
    done.wait();
    return absl::StatusOr<std::string>("2 zones loaded");
  };
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::string request = "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\n\r\n";
  std::vector<std::future<std::string>> replies;
  for (int i = 0; i < 2 * kAdminThreads; ++i) {
    replies.push_back(
        std::async(std::launch::async, [&] { return Exchange(endpoint->address(), request); }));
  }
  const absl::StatusOr<AdminReply> health =
      AskAdmin(endpoint->address(), "GET", "/healthz", absl::Seconds(5));
  EXPECT_TRUE(health.ok() && health->code == 200) << health.status();
  loaded.set_value();
  for (std::future<std::string>& reply : replies) {
    EXPECT_THAT(reply.get(), AnyOf(StartsWith("HTTP/1.1 200 "), StartsWith("HTTP/1.1 503 ")));
  }
}

TEST(AdminEndpoint, WhoDoesNotReadIsNotWaitedForForLong) {
  constexpr size_t kAnswerBytes = 64u << 20;  // More than the kernel keeps for a connection.
  AdminHandlers handlers = Handlers();
  handlers.status = [] { return std::string(kAnswerBytes, 'x'); };
  auto endpoint =
      AdminEndpoint::Bind(AnyPort(), {.read = absl::Seconds(5), .write = absl::Milliseconds(20)})
          .value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  std::vector<int> clients;
  for (int i = 0; i < kAdminThreads; ++i) {  // All threads at once.
    clients.push_back(Connect(endpoint->address()));
    const std::string request = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    EXPECT_GT(send(clients.back(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  }
  // Answered once a thread is free again.
  EXPECT_EQ(AskAdmin(endpoint->address(), "GET", "/healthz")->code, 200);
  endpoint->Stop();
  for (const int fd : clients) {
    EXPECT_LT(Drain(fd), kAnswerBytes);
    close(fd);
  }
}

TEST(AdminClient, NobodyThere) {
  EXPECT_THAT(std::string(AskAdmin(InTempDir("nobody.sock"), "GET", "/status").status().message()),
              HasSubstr("No such file or directory; check that hitherd runs"));
  AdminAddress gone = AdminEndpoint::Bind(AnyPort()).value()->address();
  EXPECT_THAT(std::string(AskAdmin(gone, "GET", "/status").status().message()),
              HasSubstr("Connection refused; check that hitherd runs"));
}

}  // namespace
}  // namespace hither
