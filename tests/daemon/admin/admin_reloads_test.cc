// Answers that take a while. Many may be waited for at once.

#include <future>
#include <vector>

#include "absl/time/clock.h"
#include "base/mutex.h"
#include "daemon/admin/admin_client.h"
#include "gmock/gmock.h"
#include "tests/daemon/admin/admin_exchange.h"

namespace hither {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

AdminHandlers Handlers() {
  return {.health = [] { return absl::OkStatus(); }};
}

const EndpointSettings kPatient = {.timeouts = {.read = absl::Seconds(60),
                                                .stall = absl::Seconds(60),
                                                .write = absl::Seconds(60)}};

// Twenty at once are answered by one reload, and occupy no thread meanwhile.
TEST(AdminEndpoint, ReloadsHoldUpNobody) {
  constexpr int kAtOnce = 20;
  Mutex mu;
  std::vector<AdminReplier> waiting;
  AdminHandlers handlers = Handlers();
  handlers.reload = [&](const AdminParameters&, AdminReplier reply) {
    const MutexLock lock(mu);
    waiting.push_back(std::move(reply));
  };
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::string request = "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\n\r\n";
  std::vector<std::future<std::string>> replies;
  for (int i = 0; i < kAtOnce; ++i) {
    replies.push_back(
        std::async(std::launch::async, [&] { return Exchange(endpoint->address(), request); }));
  }
  const auto count = [&] {
    const MutexLock lock(mu);
    return waiting.size();
  };
  while (count() < kAtOnce) absl::SleepFor(absl::Milliseconds(1));
  const absl::StatusOr<AdminReply> health =
      AskAdmin(endpoint->address(), "GET", "/healthz", absl::Seconds(5));
  EXPECT_TRUE(health.ok() && health->code == 200) << health.status();
  for (const AdminReplier& reply : waiting) reply({.text = "2 zones loaded\n"});
  for (std::future<std::string>& reply : replies) {
    EXPECT_THAT(reply.get(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST(AdminEndpoint, OnlySoManyWaitForWork) {
  std::vector<AdminReplier> waiting;
  AdminHandlers handlers = Handlers();
  handlers.reload = [&](const AdminParameters&, AdminReplier reply) {
    waiting.push_back(std::move(reply));
  };
  auto endpoint = AdminEndpoint::Bind(AnyPort(), kPatient).value();
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::string request = "POST /reload HTTP/1.1\r\nHost: localhost\r\nX-Hither: 1\r\n\r\n";
  std::vector<int> clients;
  for (size_t i = 0; i < kAdminQueuedMax; ++i) {
    clients.push_back(Connect(endpoint->address()));
    EXPECT_GT(send(clients.back(), request.data(), request.size(), MSG_NOSIGNAL), 0);
    EXPECT_EQ(AskAdmin(endpoint->address(), "GET", "/healthz")->code, 200);  // It has been read.
  }
  // The work is done for the others as well, but without an answer.
  const std::string reply = Exchange(endpoint->address(), request);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr("the next reload, which has been ordered, covers it: see the log"));
  endpoint->Stop();
  EXPECT_EQ(waiting.size(), kAdminQueuedMax + 1);
  for (const AdminReplier& late : waiting) late({});  // Too late, and harmless.
  for (const int fd : clients) close(fd);
}

}  // namespace
}  // namespace hither
