#include "daemon/admin/admin_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/admin/admin_endpoint.h"

namespace hither {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

AdminAddress AnyPort() { return *ParseAdmin("127.0.0.1:0"); }

AdminAddress NoSocket() {
  AdminAddress address;
  address.unix_path = testing::TempDir() + "nobody.sock";
  std::remove(address.unix_path.c_str());
  return address;
}

TEST(AdminClient, AsksWhereSomebodyListens) {
  auto endpoint = AdminEndpoint::Bind(AnyPort()).value();
  AdminHandlers handlers;
  handlers.health = [] { return absl::OkStatus(); };
  ASSERT_TRUE(endpoint->Serve(handlers).ok());
  const std::vector<AdminAddress> addresses = {NoSocket(), endpoint->address()};
  const absl::StatusOr<AdminReply> reply = AskAdmin(addresses, "GET", "/healthz");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->from.ToText(), endpoint->address().ToText());
  endpoint.reset();
  EXPECT_EQ(AskAdmin(addresses, "GET", "/healthz").status().message(),
            absl::StrCat("hitherd does not answer on ", addresses[0].ToText(),
                         ": No such file or directory, nor on ", addresses[1].ToText(),
                         ": Connection refused; check that it runs, or give its admin address ",
                         "with --admin or --config"));
}

TEST(AdminClient, NobodyThere) {
  EXPECT_THAT(std::string(AskAdmin(NoSocket(), "GET", "/status").status().message()),
              HasSubstr("No such file or directory; check that it runs"));
  AdminAddress gone = AdminEndpoint::Bind(AnyPort()).value()->address();
  EXPECT_THAT(std::string(AskAdmin(gone, "GET", "/status").status().message()),
              HasSubstr("Connection refused; check that it runs"));
}

// Listens and never answers, as a stopped process.
TEST(AdminClient, DoesNotWaitForAProgramThatHangs) {
  AdminAddress address = *ParseAdmin("unix:" + testing::TempDir() + "hangs.sock");
  const auto endpoint = AdminEndpoint::Bind(address).value();  // Nobody serves it.
  const absl::Time began = absl::Now();
  const absl::Status status =
      AskAdmin(std::span(&address, 1), "GET", "/status", absl::Milliseconds(200), kAskSidecar)
          .status();
  EXPECT_EQ(status.message(),
            absl::StrCat("hither-anycast at ", address.ToText(),
                         " has not answered within 200ms: it hangs, or its host is too busy; "
                         "check its log, and restart it if it hangs"));
  EXPECT_LT(absl::Now() - began, absl::Seconds(5));
}

TEST(AdminClient, NamesTheProgramAndItsFlag) {
  const AdminAddress address = NoSocket();
  EXPECT_THAT(
      std::string(AskAdmin(std::span(&address, 1), "GET", "/explain", absl::Seconds(1), kAskSidecar)
                      .status()
                      .message()),
      AllOf(HasSubstr("hither-anycast does not answer on"), HasSubstr("--anycast")));
}

}  // namespace
}  // namespace hither
