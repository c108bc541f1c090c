#include "daemon/admin/admin_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_endpoint.h"

namespace hither {
namespace {

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
            absl::StrCat("no server answers on ", addresses[0].ToText(),
                         ": No such file or directory, nor on ", addresses[1].ToText(),
                         ": Connection refused; ", kAskHitherd));
}

TEST(AdminClient, NobodyThere) {
  EXPECT_THAT(std::string(AskAdmin(NoSocket(), "GET", "/status").status().message()),
              HasSubstr("No such file or directory; check that hitherd runs"));
  AdminAddress gone = AdminEndpoint::Bind(AnyPort()).value()->address();
  EXPECT_THAT(std::string(AskAdmin(gone, "GET", "/status").status().message()),
              HasSubstr("Connection refused; check that hitherd runs"));
}

}  // namespace
}  // namespace hither
