#include "daemon/admin/admin_endpoint.h"

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
#include "daemon/admin/admin_client.h"
#include "tests/daemon/admin/admin_exchange.h"

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
      .reload = [](const AdminParameters&,
                   const AdminReplier& reply) { reply({.text = "2 zones loaded\n"}); },
  };
}

AdminAddress InTempDir(const std::string& name) {
  AdminAddress address;
  address.unix_path = testing::TempDir() + name;
  std::remove(address.unix_path.c_str());
  return address;
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
    endpoint_ = AdminEndpoint::Bind(AnyPort(), {.program = "hitherd"}).value().release();
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
    {"ReloadOfTheOtherDaemon", "POST /reload?zone=a&dry_run=1 HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\n\r\n", "HTTP/1.1 400 Bad Request", "/reload has no parameter 'dry_run'; it has: zone\n"},
    {"NamesItsProgram", "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 Not Found", "\r\nServer: hitherd\r\n"},
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
    {"Ranges", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1,0-1\r\n\r\n", "HTTP/1.1 200 OK", "Content-Length: 5\r\n"},
    {"EncodingsAreNotOffered", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br, gzip, deflate\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\nup 1\n"},
    {"NothingIsContinued", "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 200 OK", "2 zones loaded"},
    {"Chunked", "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "HTTP/1.1 200 OK", "2 zones loaded"},
    {"NextRequestIsNotRead", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\nok\n"},
    {"ConnectionIsNotKept", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK", "Connection: close\r\n"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Endpoint, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(AdminEndpoint, FailuresHaveTheirReason) {
  AdminHandlers handlers = Handlers();
  handlers.health = [] { return absl::UnavailableError("zone example.org. is broken"); };
  handlers.reload = [](const AdminParameters&, const AdminReplier& reply) {
    reply({.code = 500, .text = "h.yaml:3: no\n"});
  };
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

TEST(AdminEndpoint, HealthTellsWhatIsWrongNevertheless) {
  AdminHandlers handlers = Handlers();
  handlers.health_note = [] { return std::string("1 of 2 zones has no version"); };
  auto endpoint = AdminEndpoint::Bind(AnyPort()).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const absl::StatusOr<AdminReply> health = AskAdmin(endpoint->address(), "GET", "/healthz");
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_EQ(health->code, 200);
  EXPECT_EQ(health->body, "ok, but 1 of 2 zones has no version\n");
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
              HasSubstr("there is a file that is not a socket"));
  EXPECT_EQ(access(address.unix_path.c_str(), F_OK), 0);
  std::remove(address.unix_path.c_str());
}

TEST(AdminEndpoint, BindErrorsSayWhatToDo) {
  const auto first = AdminEndpoint::Bind(AnyPort()).value();
  const std::string taken(AdminEndpoint::Bind(first->address()).status().message());
  EXPECT_THAT(taken, StartsWith(absl::StrCat("admin.listen ", first->address().ToText(),
                                             ": cannot bind: Address already in use; ")));
  EXPECT_THAT(taken,
              HasSubstr(absl::StrCat(" (process ", getpid(), ") has ", first->address().ToText(),
                                     ": stop the program that uses it, or set admin.listen "
                                     "to another address")));
  AdminAddress metrics = first->address();
  EXPECT_THAT(
      std::string(AdminEndpoint::Bind(metrics, {.key = "metrics.listen"}).status().message()),
      HasSubstr("or set metrics.listen to another address"));
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
      AdminEndpoint::Bind(AnyPort(), {.timeouts = {.read = absl::Milliseconds(20)}}).value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  const int fd = Connect(endpoint->address());
  EXPECT_EQ(send(fd, "GET /healthz HTTP/1.1\r\n", 23, MSG_NOSIGNAL), 23);
  EXPECT_EQ(Drain(fd), 0u);  // Closed without an answer, though the client keeps it open.
  close(fd);
}

const EndpointSettings kPatient = {.timeouts = {.read = absl::Seconds(60),
                                                .stall = absl::Seconds(60),
                                                .write = absl::Seconds(60)}};

TEST(AdminEndpoint, StalledClientsHoldUpNobody) {
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(Handlers()).ok());
  std::vector<int> clients;
  for (size_t i = 0; i < kAdminOpenMax + 16; ++i) {
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

TEST(AdminEndpoint, WhoDoesNotReadIsNotWaitedForForLong) {
  constexpr size_t kAnswerBytes = 24u << 20;  // More than the kernel keeps for a connection.
  AdminHandlers handlers = Handlers();
  handlers.status = [] { return std::string(kAnswerBytes, 'x'); };
  auto endpoint =
      AdminEndpoint::Bind(AnyPort(), {.timeouts = {.stall = absl::Milliseconds(20)}}).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  std::vector<int> clients;
  for (int i = 0; i < 2 * kAdminThreads; ++i) {
    clients.push_back(Connect(endpoint->address()));
    const std::string request = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    EXPECT_GT(send(clients.back(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  }
  EXPECT_EQ(AskAdmin(endpoint->address(), "GET", "/healthz")->code, 200);
  endpoint->Stop();
  for (const int fd : clients) {
    EXPECT_LT(Drain(fd), kAnswerBytes);
    close(fd);
  }
}

// As slow.py of a hostile reader: many requests whose answers nobody reads.
std::vector<int> AskAndDoNotRead(const AdminAddress& address, int clients, const char* path) {
  std::vector<int> fds;
  for (int i = 0; i < clients; ++i) {
    fds.push_back(Connect(address));
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    EXPECT_GT(send(fds.back(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  }
  return fds;
}

// Threads that are all at work, and a queue behind them: a peer's question waits for neither.
TEST(AdminEndpoint, AReadyAnswerWaitsForNoWork) {
  std::promise<void> done;
  AdminHandlers handlers = Handlers();
  handlers.reload = nullptr;
  handlers.metrics = [wait = done.get_future().share()] {
    wait.wait();
    return std::string("up 1\n");
  };
  handlers.more.push_back({"GET", "/peer", [](const AdminParameters&) { return AdminAnswer{}; },
                           /*is_ready=*/true});
  EndpointSettings settings = kPatient;
  settings.reach = EndpointSettings::Reach::kReadOnly;
  auto endpoint = AdminEndpoint::Bind(AnyPort(), settings).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::vector<int> clients = AskAndDoNotRead(endpoint->address(), 50, "/metrics");
  const absl::StatusOr<AdminReply> reply =
      AskAdmin(endpoint->address(), "GET", "/peer", absl::Seconds(5));
  EXPECT_TRUE(reply.ok() && reply->code == 200) << reply.status();
  done.set_value();
  for (const int fd : clients) close(fd);
}

TEST(AdminEndpoint, TooManyQueuedAreToldSo) {
  std::promise<void> done;
  AdminHandlers handlers = Handlers();
  handlers.metrics = [wait = done.get_future().share()] {
    wait.wait();
    return std::string("up 1\n");
  };
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::vector<int> clients = AskAndDoNotRead(
      endpoint->address(), static_cast<int>(kAdminQueuedMax) + kAdminThreads, "/metrics");
  absl::StatusOr<AdminReply> reply;
  do {  // Until all of those have been read.
    reply = AskAdmin(endpoint->address(), "GET", "/healthz", absl::Milliseconds(100));
  } while (!reply.ok());
  EXPECT_EQ(reply->code, 503);
  done.set_value();
  for (const int fd : clients) close(fd);
}

// A slow reader who reads gets all of it, though it takes many times the stall's time.
TEST(AdminEndpoint, WhoReadsSlowlyGetsAll) {
  constexpr size_t kAnswerBytes = 4u << 20;
  AdminHandlers handlers = Handlers();
  handlers.status = [] { return std::string(kAnswerBytes, 'x'); };
  EndpointSettings settings;
  settings.timeouts.stall = absl::Seconds(1);
  auto endpoint = AdminEndpoint::Bind(AnyPort(), settings).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const int fd = AskAndDoNotRead(endpoint->address(), 1, "/status")[0];
  size_t total = 0;
  std::vector<char> block(128u << 10);
  for (ssize_t got; (got = recv(fd, block.data(), block.size(), 0)) > 0;) {
    total += static_cast<size_t>(got);
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_GT(total, kAnswerBytes);
  close(fd);
}

EndpointSettings Public() {
  EndpointSettings settings;
  settings.key = "metrics.listen";
  settings.reach = EndpointSettings::Reach::kReadOnly;
  settings.hosts = {"ns1.example.net"};
  settings.hosts_key = "metrics.hosts";
  return settings;
}

struct HostCase {
  const char* name;
  const char* fields;
  const char* first_line;
};
void PrintTo(const HostCase& tested, std::ostream* out) { *out << tested.name; }

class PublicHost : public testing::TestWithParam<HostCase> {};

TEST_P(PublicHost, MayAsk) {
  auto endpoint = AdminEndpoint::Bind(AnyPort(), Public()).value();
  AdminHandlers handlers = Handlers();
  handlers.reload = nullptr;
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::string reply = Exchange(
      endpoint->address(), absl::StrCat("GET /metrics HTTP/1.", GetParam().fields, "\r\n\r\n"));
  EXPECT_THAT(reply, StartsWith(absl::StrCat("HTTP/1.1 ", GetParam().first_line, "\r\n")));
  if (absl::StartsWith(GetParam().first_line, "403")) {
    EXPECT_THAT(reply, HasSubstr("use an address, or add the name to metrics.hosts\n"));
  }
}

constexpr HostCase kHostCases[] = {
    {"Address", "1\r\nHost: 192.0.2.1:8053", "200 OK"},
    {"Address6", "1\r\nHost: [2001:db8::1]:8053", "200 OK"},
    {"Localhost", "1\r\nHost: localhost", "200 OK"},
    {"Named", "1\r\nHost: NS1.example.net:8053", "200 OK"},
    {"Rebinding", "1\r\nHost: evil.example:8053", "403 Forbidden"},
    {"PartOfAName", "1\r\nHost: ns1.example.net.evil.example", "403 Forbidden"},
    {"Twice", "1\r\nHost: ns1.example.net\r\nHost: evil.example", "403 Forbidden"},
    {"Missing", "1", "403 Forbidden"},
    {"MissingAsFromALoadBalancer", "0", "200 OK"},
};
INSTANTIATE_TEST_SUITE_P(Each, PublicHost, testing::ValuesIn(kHostCases),
                         [](const auto& tested) { return tested.param.name; });

// A metrics page must not keep DNS from starting, and comes by itself when its port is free.
TEST(AdminEndpoint, WhatIsTakenIsTriedAgain) {
  auto first = AdminEndpoint::Bind(AnyPort()).value();
  EndpointSettings settings = Public();
  settings.retry = absl::Milliseconds(20);
  const auto second = AdminEndpoint::BindOrRetry(first->address(), settings).value();
  AdminHandlers handlers = Handlers();
  handlers.reload = nullptr;
  ASSERT_TRUE(second->Serve(handlers).ok());
  EXPECT_THAT(second->state().error, HasSubstr("set metrics.listen to another address"));
  absl::SleepFor(2 * settings.retry);
  EXPECT_THAT(second->state().error, HasSubstr("cannot "));
  first.reset();
  while (!second->state().error.empty()) absl::SleepFor(absl::Milliseconds(5));
  const absl::StatusOr<AdminReply> reply = AskAdmin(second->address(), "GET", "/healthz");
  EXPECT_TRUE(reply.ok() && reply->code == 200) << reply.status();
}

// A start that failed must not remove the socket of the server that is there.
TEST(AdminEndpoint, WhatIsTakenStaysTheOthers) {
  const AdminAddress address = InTempDir("admin_taken.sock");
  const auto first = AdminEndpoint::Bind(address).value();
  ASSERT_TRUE(first->Serve(Handlers()).ok());
  auto second = AdminEndpoint::BindOrRetry(address, {}).value();
  ASSERT_TRUE(second->Serve(Handlers()).ok());
  second.reset();
  EXPECT_EQ(AskAdmin(address, "GET", "/healthz")->code, 200);
}

TEST(AdminEndpoint, AnAddressMayComeLater) {
  for (const char* text : {"192.0.2.77:0", "[2001:db8::77]:0"}) {
    AdminAddress address;
    address.tcp = *SocketAddress::FromText(text, 0);
    const auto endpoint = AdminEndpoint::BindOrRetry(address, Public()).value();
    EXPECT_EQ(endpoint->state().error, "") << text;
    EXPECT_NE(endpoint->address().tcp->port(), 0);
  }
}

}  // namespace
}  // namespace hither
