// Commands that ask hitherd or the sidecar.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/http_head.h"
#include "daemon/admin/status.h"
#include "tool/command.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

ToolResult Hither(const std::vector<const char*>& arguments) { return RunTool(arguments); }

// A server that answers as hitherd does, but for the zones behind it.
class WithServer : public testing::Test {
 protected:
  void SetUp() override {
    status_.version = "hitherd 0.1.0";
    for (int i = 0; i < 60; ++i) {
      status_.zones.push_back(
          {absl::StrCat("z", i, "."), "f", 1, 2, "no", absl::UnixEpoch(), "", ""});
    }
    endpoint_ = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
    admin_ = absl::StrCat("--admin=", endpoint_->address().ToText());
    const absl::Status serving = endpoint_->Serve({
        .metrics = [] { return std::string(); },
        .health = [] { return absl::OkStatus(); },
        .status = [this] { return ToJson(status_); },
        .reload =
            [this](const AdminParameters& parameters, const AdminReplier& reply) {
              asked_ = parameters;
              reply(reload_);
            },
    });
    ASSERT_TRUE(serving.ok()) << serving;
  }

  ServerStatus status_;
  AdminAnswer reload_ = {.text = "1 zone loaded, 59 unchanged\n"};
  AdminParameters asked_;  // By the last reload.
  std::unique_ptr<AdminEndpoint> endpoint_;
  std::string admin_;
};

TEST_F(WithServer, StatusShowsFiftyZones) {
  const ToolResult result = Hither({"status", admin_.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, ToText(status_, 50));
  EXPECT_THAT(result.out, HasSubstr("and 10 more"));
}

TEST_F(WithServer, StatusShowsAllZones) {
  const ToolResult result = Hither({"status", "--all", admin_.c_str()});
  EXPECT_THAT(result.out, HasSubstr("  z59. "));
  EXPECT_THAT(result.out, Not(HasSubstr("more")));
}

TEST_F(WithServer, StatusAsJsonIsTheServersOwn) {
  EXPECT_EQ(Hither({"status", admin_.c_str(), "--json"}).out, ToJson(status_));
}

// hitherd's configuration has anycast:, so that there must be a sidecar.
TEST_F(WithServer, StatusReportsASidecarThatIsGone) {
  status_.sidecar = "unix:/nonexistent/sidecar.sock";
  const ToolResult result = Hither({"status", admin_.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, ToText(status_, 50));
  EXPECT_EQ(result.err,
            "hither status: hither-anycast does not answer on unix:/nonexistent/sidecar.sock: No "
            "such file or directory; check that it runs, or give its admin address with --anycast "
            "or --config\n");
  EXPECT_EQ(Hither({"status", admin_.c_str(), "--anycast", "none"}).code, 0);
}

// Listens and never answers, as a stopped process.
TEST_F(WithServer, StatusOfASidecarThatHangsStillShowsTheServer) {
  const auto hung = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
  const std::string anycast = absl::StrCat("--anycast=", hung->address().ToText());
  const ToolResult result =
      Hither({"status", admin_.c_str(), anycast.c_str(), "--timeout", "200ms"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, ToText(status_, 50));
  EXPECT_THAT(result.err, HasSubstr("hither-anycast at 127.0.0.1:"));
  EXPECT_THAT(result.err, HasSubstr("has not answered within 200ms: it hangs"));
}

TEST_F(WithServer, StatusOfAServerThatHangsStillShowsTheSidecar) {
  auto sidecar = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
  AdminHandlers pages;
  pages.health = [] { return absl::OkStatus(); };
  pages.more.push_back({"GET", "/status.txt", [](const AdminParameters&) {
                          return AdminAnswer{.text = "the sidecar's report\n"};
                        }});
  ASSERT_TRUE(sidecar->Serve(pages).ok());
  const auto hung = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
  const std::string admin = absl::StrCat("--admin=", hung->address().ToText());
  const std::string anycast = absl::StrCat("--anycast=", sidecar->address().ToText());
  const absl::Time began = absl::Now();
  const ToolResult result = Hither({"status", admin.c_str(), anycast.c_str()});
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));  // 2 s, and a busy host.
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "the sidecar's report\n");
  EXPECT_THAT(result.err, HasSubstr("hitherd at 127.0.0.1:"));
  const ToolResult both = Hither({"status", admin_.c_str(), anycast.c_str()});
  EXPECT_EQ(both.code, 0);
  EXPECT_EQ(both.out, "the sidecar's report\n\n" + ToText(status_, 50));
}

// Its pages still answer, and the last decision is too old.
TEST_F(WithServer, StatusOfASidecarThatNoLongerDecidesFails) {
  auto sidecar = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
  AdminHandlers pages;
  pages.health = [] { return absl::UnavailableError("the last decision is 9s old"); };
  pages.more.push_back({"GET", "/status.txt", [](const AdminParameters&) {
                          return AdminAnswer{.text = "the sidecar's report\n"};
                        }});
  ASSERT_TRUE(sidecar->Serve(pages).ok());
  const std::string anycast = absl::StrCat("--anycast=", sidecar->address().ToText());
  const ToolResult result = Hither({"status", admin_.c_str(), anycast.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, StartsWith("the sidecar's report\n"));
  EXPECT_EQ(result.err, "hither status: the last decision is 9s old\n");
}

TEST_F(WithServer, FindsTheServerByItsConfiguration) {
  const std::string path = testing::TempDir() + "/tool_test.yaml";
  std::ofstream(path) << "admin: { listen: \"" << endpoint_->address().ToText() << "\" }\n"
                      << "zones: [{ name: example.org, file: a }]\n"
                      << "anycast: { admin: { listen: none } }\n";
  const ToolResult result = Hither({"status", "--anycast", "none", "--config", path.c_str()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, ToText(status_, 50));
  const ToolResult explained = Hither({"explain", "--config", path.c_str()});
  EXPECT_EQ(explained.code, 2);
  EXPECT_EQ(explained.err, absl::StrCat("hither explain: ", path, ": anycast.admin.listen: none ",
                                        "is not an endpoint; give an address\n"));
  EXPECT_EQ(Hither({"reload", "--config", "/nonexistent/hither.yaml"}).code, 2);
}

TEST_F(WithServer, FindsTheServerByTheEnvironment) {
  ASSERT_EQ(setenv("HITHER_ADMIN", endpoint_->address().ToText().c_str(), 1), 0);
  EXPECT_EQ(Hither({"status", "--anycast", "none"}).out, ToText(status_, 50));
  ASSERT_EQ(setenv("HITHER_ADMIN", "192.0.2.1", 1), 0);
  EXPECT_THAT(Hither({"status"}).err, StartsWith("hither status: HITHER_ADMIN: the admin address"));
  unsetenv("HITHER_ADMIN");
  ASSERT_EQ(setenv("HITHER_ANYCAST_ADMIN", "unix:/nonexistent/s.sock", 1), 0);
  EXPECT_THAT(Hither({"explain"}).err,
              StartsWith("hither explain: hither-anycast does not answer on "
                         "unix:/nonexistent/s.sock: "));
  unsetenv("HITHER_ANYCAST_ADMIN");
}

// The commands of the sidecar, given the address of hitherd.
TEST_F(WithServer, IsNotMistakenForASidecar) {
  const std::string anycast = absl::StrCat("--anycast=", endpoint_->address().ToText());
  for (const char* command : {"explain", "drain", "undrain"}) {
    const ToolResult result = Hither({command, anycast.c_str()});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.err, absl::StrCat("hither ", command, ": ", endpoint_->address().ToText(),
                                       " is not the admin endpoint of hither-anycast (perhaps "
                                       "hitherd's); correct --anycast\n"));
  }
}

TEST_F(WithServer, ReloadTellsHowItWent) {
  const ToolResult result = Hither({"reload", admin_.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "1 zone loaded, 59 unchanged\n");
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(WithServer, ReloadNamesTheZonesThatAreMeant) {
  EXPECT_EQ(Hither({"reload", admin_.c_str(), "a.example", "b&c.example"}).code, 0);
  EXPECT_EQ(asked_, (AdminParameters{{"zone", "a.example."}, {"zone", "b&c.example."}}));
  EXPECT_EQ(Hither({"reload", admin_.c_str(), "a..example"}).code, 2);
  const std::vector<const char*> many(HttpHead::kParametersMax + 1, "a");
  std::vector<const char*> command = {"reload", admin_.c_str()};
  command.insert(command.end(), many.begin(), many.end());
  EXPECT_EQ(Hither(command).code, 2);
}

TEST_F(WithServer, ReloadThatFailsIsAnError) {
  reload_ = {.code = 500, .text = "z3.zone:7: bad TTL; write a number\n"};
  const ToolResult result = Hither({"reload", admin_.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(result.err, "z3.zone:7: bad TTL; write a number\n");
}

TEST(OtherServer, IsNotMistakenForOurs) {
  auto endpoint = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0")).value();
  const absl::Status serving = endpoint->Serve({
      .metrics = [] { return std::string(); },
      .health = [] { return absl::OkStatus(); },
      .status = [] { return std::string("<html>"); },
      .reload = [](const AdminParameters&, const AdminReplier& reply) { reply({}); },
  });
  ASSERT_TRUE(serving.ok()) << serving;
  const std::string admin = absl::StrCat("--admin=", endpoint->address().ToText());
  const ToolResult result = Hither({"status", admin.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, StartsWith("hither status: the answer is not a server's status: "));
}

}  // namespace
}  // namespace hither
