// Commands that ask hitherd or the sidecar.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
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

// An endpoint that says it is `program`.
std::unique_ptr<AdminEndpoint> EndpointOf(const std::string& program) {
  return AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0"), {.program = program}).value();
}

// A server that answers as hitherd does, but for the zones behind it.
class WithServer : public testing::Test {
 protected:
  void SetUp() override {
    status_.version = "hitherd 0.1.0";
    for (int i = 0; i < 60; ++i) {
      status_.zones.push_back(
          {absl::StrCat("z", i, "."), "f", 1, 2, "no", absl::UnixEpoch(), "", ""});
    }
    endpoint_ = EndpointOf("hitherd");
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
  auto sidecar = EndpointOf("hither-anycast");
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
  auto sidecar = EndpointOf("hither-anycast");
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
  EXPECT_EQ(explained.code, 1);  // The command line is fine.
  EXPECT_EQ(explained.err, absl::StrCat("hither explain: ", path, ": anycast.admin.listen: none ",
                                        "is not an endpoint; give an address\n"));
}

// Exit code 2 is for the command line alone: a script may retry after a 1.
TEST_F(WithServer, AFileThatIsWrongIsNoWrongCommandLine) {
  const std::string path = testing::TempDir() + "/wrong.yaml";
  std::ofstream(path) << "admn: { listen: none }\nzones: [{ folder: gone }]\n";
  for (const char* const file : {path.c_str(), "/nonexistent/hither.yaml"}) {
    for (const char* const command : {"reload", "status", "explain", "drain", "undrain"}) {
      const ToolResult result = Hither({command, "--config", file});
      EXPECT_EQ(result.code, 1) << command;
      EXPECT_THAT(result.err, StartsWith(absl::StrCat("hither ", command, ": ")));
      EXPECT_THAT(result.err, HasSubstr(file));
    }
  }
  EXPECT_EQ(Hither({"console", "--fleet", path.c_str(), "--check"}).code, 1);
  EXPECT_EQ(Hither({"sites", "--fleet", path.c_str()}).code, 1);
  EXPECT_EQ(Hither({"reload", "--admin", "none"}).code, 2);
}

TEST_F(WithServer, FindsTheServerByTheEnvironment) {
  ASSERT_EQ(setenv("HITHER_ADMIN", endpoint_->address().ToText().c_str(), 1), 0);
  EXPECT_EQ(Hither({"status", "--anycast", "none"}).out, ToText(status_, 50));
  ASSERT_EQ(setenv("HITHER_ADMIN", "192.0.2.1", 1), 0);
  EXPECT_THAT(Hither({"status"}).err, StartsWith("hither status: HITHER_ADMIN: the admin address"));
  EXPECT_EQ(Hither({"reload"}).code, 1);
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
                                       " is not the admin endpoint of hither-anycast (it is that "
                                       "of hitherd); give its address with --anycast\n"));
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
}

// As many as the help says, and in one request.
TEST_F(WithServer, ReloadTakesManyZones) {
  std::vector<const char*> command(HttpHead::kParametersMax + 2, "a");
  command[0] = "reload";
  command[1] = admin_.c_str();
  EXPECT_EQ(Hither(command).code, 0);
  EXPECT_EQ(asked_.size(), HttpHead::kParametersMax);
  EXPECT_THAT(Hither({"reload", "--help"}).out,
              HasSubstr(absl::StrCat("at most ", HttpHead::kParametersMax)));
  asked_.clear();
  command.push_back("a");
  EXPECT_EQ(Hither(command).code, 2);
  const std::string label(63, 'a');
  const std::string name = absl::StrCat(label, ".", label, ".", label, ".example");
  command.pop_back();
  std::fill(command.begin() + 2, command.end(), name.c_str());
  const ToolResult too_long = Hither(command);
  EXPECT_EQ(too_long.code, 2);
  EXPECT_THAT(too_long.err, HasSubstr("name fewer, or none to reload all"));
  EXPECT_THAT(asked_, IsEmpty());
}

// A reload may take long; that nobody is there shows at once.
TEST_F(WithServer, ReloadOfAServerThatHangsEnds) {
  const auto hung = EndpointOf("hitherd");  // Nobody serves it.
  const std::string address = hung->address().ToText();
  const std::string admin = absl::StrCat("--admin=", address);
  const ToolResult result = Hither({"reload", admin.c_str(), "--timeout", "200ms"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, absl::StrCat("hither reload: hitherd at ", address,
                                     " has not answered within 200ms: it hangs, or its host is too "
                                     "busy; check its log, and restart it if it hangs\n"));
  const std::string anycast = absl::StrCat("--anycast=", address);
  EXPECT_EQ(Hither({"reload", anycast.c_str(), "--timeout=200ms"}).code, 1);
  EXPECT_EQ(Hither({"reload", admin_.c_str(), "--timeout=never"}).code, 2);
}

// However long the result may take.
TEST_F(WithServer, ReloadWaitsTenSecondsForASignOfLife) {
  const auto hung = EndpointOf("hitherd");
  const std::string admin = absl::StrCat("--admin=", hung->address().ToText());
  const ToolResult result = Hither({"reload", admin.c_str(), "--timeout", "20s"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr(" has not answered within 10s: it hangs"));
}

TEST(Reload, ThatTakesTooLongGoesOn) {
  const auto endpoint = EndpointOf("hitherd");
  std::vector<AdminReplier> waiting;
  AdminHandlers pages;
  pages.health = [] { return absl::OkStatus(); };
  pages.reload = [&waiting](const AdminParameters&, AdminReplier reply) {
    waiting.push_back(std::move(reply));
  };
  ASSERT_TRUE(endpoint->Serve(pages).ok());
  const std::string admin = absl::StrCat("--admin=", endpoint->address().ToText());
  const ToolResult result = Hither({"reload", admin.c_str(), "--timeout=500ms"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, absl::StrCat("hither reload: the reload has begun, and hitherd at ",
                                     endpoint->address().ToText(),
                                     " has not ended it within 500ms; it goes on: see the log for "
                                     "its result, or wait longer with --timeout\n"));
  endpoint->Stop();
  for (const AdminReplier& reply : waiting) reply({});
}

// A sidecar that drains, and whose status says for ever that it is not done.
class Drain : public testing::Test {
 protected:
  void SetUp() override {
    AdminHandlers pages;
    pages.health = [] { return absl::OkStatus(); };
    pages.status = [this] {
      if (hangs_) released_.WaitForNotification();
      return std::string(R"({"services": [{"name": "dns", "drained": false}]})");
    };
    pages.more.push_back({"POST", "/drain", [](const AdminParameters&) {
                            return AdminAnswer{.text = "draining\n"};
                          }});
    ASSERT_TRUE(endpoint_->Serve(pages).ok());
  }
  void TearDown() override { released_.Notify(); }

  ToolResult WaitFor(const char* timeout, const AdminEndpoint& at) {
    const std::string anycast = absl::StrCat("--anycast=", at.address().ToText());
    const absl::Time began = absl::Now();
    ToolResult result = Hither({"drain", "--wait", "--timeout", timeout, anycast.c_str()});
    EXPECT_LT(absl::Now() - began, absl::Seconds(8));  // Less than 10 s, on a busy host.
    EXPECT_EQ(result.code, 1);
    return result;
  }

  std::atomic<bool> hangs_ = false;
  absl::Notification released_;
  std::unique_ptr<AdminEndpoint> endpoint_ = EndpointOf("hither-anycast");
};

TEST_F(Drain, WaitsAsLongAsItMay) {
  EXPECT_EQ(WaitFor("1s", *endpoint_).err,
            "hither drain: not drained within 1s; hither explain and hither status show what is "
            "still announced\n");
}

TEST_F(Drain, DoesNotWaitLongerForASidecarThatHangs) {
  const auto hung = EndpointOf("hither-anycast");
  EXPECT_EQ(WaitFor("1s", *hung).err,
            absl::StrCat("hither drain: hither-anycast at ", hung->address().ToText(),
                         " has not answered within 1s: it hangs, or its host is too busy; check "
                         "its log, and restart it if it hangs\n"));
}

TEST_F(Drain, DoesNotWaitLongerForASidecarThatHangsLater) {
  hangs_ = true;
  EXPECT_THAT(WaitFor("1s", *endpoint_).err,
              StartsWith(absl::StrCat("hither drain: not drained within 1s: hither-anycast at ",
                                      endpoint_->address().ToText(), " has not answered within ")));
}

// The page is waited for by an operator, so an address that may come later is an error.
TEST(Console, DoesNotWaitForAnAddress) {
  const std::string path = testing::TempDir() + "/fleet.yaml";
  std::ofstream(path) << "sites: [{ name: fra1, nodes: [{ name: ns1, hitherd: 127.0.0.1:1 }] }]\n";
  const ToolResult result =
      Hither({"console", "--fleet", path.c_str(), "--listen", "192.0.2.77:8080"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, StartsWith("hither console: --listen 192.0.2.77:8080: this host has no "
                                     "such address; give one that it has"));
}

TEST_F(WithServer, ReloadThatFailsIsAnError) {
  reload_ = {.code = 500, .text = "z3.zone:7: bad TTL; write a number\n"};
  const ToolResult result = Hither({"reload", admin_.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(result.err, "z3.zone:7: bad TTL; write a number\n");
}

TEST(OtherServer, IsNotMistakenForOurs) {
  auto endpoint = EndpointOf("hitherd");
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
