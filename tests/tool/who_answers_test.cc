// Commands at an address where another program answers: the other daemon, or somebody else's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/mutex.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/status.h"
#include "tests/tool/other_program.h"
#include "tool/command.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Words = std::vector<std::string>;

ToolResult Hither(const Words& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return RunTool(arguments);
}

const std::vector<Words> kForSidecar = {
    {"explain"},
    {"explain", "--json"},
    {"drain"},
    {"drain", "--wait"},
    {"drain", "--confirm"},
    {"undrain"},
    {"freeze", "--for", "1m"},
    {"reload"},
    {"reload", "--dry-run"},
    {"reload", "--confirm"},
    {"status", "--json"},
};
const std::vector<Words> kForServer = {
    {"reload"},
    {"reload", "example.org"},
    {"status", "--anycast=none"},
    {"status", "--json"},
};

Words At(Words words, const std::string& flag, const std::string& address) {
  words.push_back(absl::StrCat(flag, "=", address));
  return words;
}

// A daemon's endpoint. It counts the commands that it obeys.
class Daemon {
 public:
  Daemon(const std::string& program, const std::string& version) {
    endpoint_ = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0"), {.program = program}).value();
    AdminHandlers pages;
    pages.health = [] { return absl::OkStatus(); };
    pages.status = [version] {
      ServerStatus status;
      status.version = version;
      return ToJson(status);
    };
    for (const char* path : {"/drain", "/undrain", "/freeze", "/reload"}) {
      pages.more.push_back({"POST", path, [this, path](const AdminParameters& parameters) {
                              Obey(path, parameters);
                              return AdminAnswer{.text = absl::StrCat(path, " done\n")};
                            }});
    }
    EXPECT_TRUE(endpoint_->Serve(pages).ok());
  }

  std::string address() const { return endpoint_->address().ToText(); }
  std::vector<std::string> obeyed() {
    const MutexLock lock(mu_);
    return obeyed_;
  }

 private:
  void Obey(const std::string& path, const AdminParameters& parameters) {
    const MutexLock lock(mu_);
    obeyed_.push_back(path);
    for (const auto& [name, value] : parameters) absl::StrAppend(&obeyed_.back(), " ", name);
  }

  Mutex mu_;
  std::vector<std::string> obeyed_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<AdminEndpoint> endpoint_;  // The last: its threads use the others.
};

void ExpectRefused(Daemon& daemon, const std::vector<Words>& commands, const std::string& flag,
                   const std::string& why) {
  for (const Words& words : commands) {
    const ToolResult result = Hither(At(words, flag, daemon.address()));
    EXPECT_EQ(result.code, 1) << words[0];
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_EQ(result.err, absl::StrCat("hither ", words[0], ": ", daemon.address(), why, "\n"));
  }
  EXPECT_THAT(daemon.obeyed(), IsEmpty());
}

constexpr char kNotSidecar[] =
    " is not the admin endpoint of hither-anycast (it is that of hitherd); give its address with "
    "--anycast";
constexpr char kNotServer[] =
    " is not the admin endpoint of hitherd (it is that of hither-anycast); give its address with "
    "--admin";

TEST(OtherDaemon, ObeysNothing) {
  Daemon server("hitherd", "hitherd 0.1.0");
  ExpectRefused(server, kForSidecar, "--anycast", kNotSidecar);
  Daemon sidecar("hither-anycast", "hither-anycast 0.1.0");
  ExpectRefused(sidecar, kForServer, "--admin", kNotServer);
}

// Versions that do not name themselves in each answer say on their status page who they are.
TEST(OtherDaemon, ObeysNothingInAnEarlierVersion) {
  Daemon server("", "hitherd 0.1.0");
  ExpectRefused(server, kForSidecar, "--anycast", kNotSidecar);
  Daemon sidecar("", "hither-anycast 0.1.0");
  ExpectRefused(sidecar, kForServer, "--admin", kNotServer);
}

TEST(OtherDaemon, IsNotTheOneThatIsMeant) {
  for (const char* program : {"hither-anycast", ""}) {
    Daemon sidecar(program, "hither-anycast 0.1.0");
    const ToolResult drained = Hither(At({"drain"}, "--anycast", sidecar.address()));
    EXPECT_EQ(drained.code, 0) << drained.err;
    EXPECT_EQ(drained.out, "/drain done\n");
    EXPECT_EQ(Hither(At({"reload", "--dry-run"}, "--anycast", sidecar.address())).code, 0);
    EXPECT_THAT(sidecar.obeyed(), ElementsAre("/drain", "/reload dry_run"));
  }
  Daemon server("hitherd", "");
  EXPECT_EQ(Hither(At({"reload", "a.example"}, "--admin", server.address())).code, 0);
  EXPECT_THAT(server.obeyed(), ElementsAre("/reload zone"));
}

// An unset variable in `--anycast "$X"` must not mean hitherd.
TEST(OtherDaemon, IsNotMeantByAnEmptyFlag) {
  Daemon server("hitherd", "hitherd 0.1.0");
  const std::string admin = absl::StrCat("--admin=", server.address());
  EXPECT_EQ(Hither({"reload", "--anycast="}).code, 2);
  const ToolResult both = Hither({"reload", admin, "--anycast="});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.err, "hither reload: --anycast has no value; give one, as in --anycast value\n");
  EXPECT_THAT(server.obeyed(), IsEmpty());
}

// `reload --anycast default` looks where `explain` does.
TEST(Sidecar, IsFoundByVariableAndConfiguration) {
  Daemon sidecar("hither-anycast", "hither-anycast 0.1.0");
  ASSERT_EQ(setenv("HITHER_ANYCAST_ADMIN", sidecar.address().c_str(), 1), 0);
  const ToolResult by_variable = Hither({"reload", "--anycast", "default", "--dry-run"});
  EXPECT_EQ(by_variable.code, 0) << by_variable.err;
  ASSERT_EQ(setenv("HITHER_ANYCAST_ADMIN", "unix:/nonexistent/s.sock", 1), 0);
  const std::string path = testing::TempDir() + "/who_answers.yaml";
  std::ofstream(path) << "admin: { listen: none }\nzones: [{ name: example.org, file: a }]\n"
                      << "anycast: { admin: { listen: \"" << sidecar.address() << "\" } }\n";
  const ToolResult by_file = Hither({"reload", "--anycast", "default", "--config", path});
  EXPECT_EQ(by_file.code, 0) << by_file.err;
  unsetenv("HITHER_ANYCAST_ADMIN");
  EXPECT_THAT(sidecar.obeyed(), ElementsAre("/reload dry_run", "/reload"));
}

struct Case {
  const char* name;
  std::string answer;
  const char* holds;  // In the error.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Somebody : public testing::TestWithParam<Case> {};

TEST_P(Somebody, IsAnError) {
  const OtherProgram other(GetParam().answer);
  const auto expect_error = [&](const Words& words) {
    const std::string command = absl::StrJoin(words, " ");
    const ToolResult result = Hither(words);
    EXPECT_EQ(result.code, 1) << command;
    EXPECT_THAT(result.out, IsEmpty()) << command;
    EXPECT_THAT(result.err, HasSubstr(other.address())) << command;
    EXPECT_THAT(result.err, HasSubstr(GetParam().holds)) << command;
    EXPECT_EQ(std::count_if(result.err.begin(), result.err.end(), absl::ascii_iscntrl), 1)
        << command << ": " << result.err;
  };
  for (const Words& words : kForSidecar) expect_error(At(words, "--anycast", other.address()));
  for (const Words& words : kForServer) expect_error(At(words, "--admin", other.address()));
  EXPECT_THAT(other.asked(), Not(HasSubstr("POST")));
}

constexpr char kNotOurs[] = " (another program answers, with HTTP code ";

// clang-format off
const Case kCases[] = {
    {"Object",        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "200); give its address with --a"},
    {"Null",          "HTTP/1.1 200 OK\r\n\r\nnull", kNotOurs},
    {"NoText",        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", kNotOurs},
    {"WebPage",       "HTTP/1.1 200 OK\r\nServer: nginx\x1b[31m\r\n\r\n\x1b[31m<html>", kNotOurs},
    {"OtherVersion",  "HTTP/1.1 200 OK\r\n\r\n{\"version\": \"\x1b[31mprometheus 2\"}", kNotOurs},
    {"Redirection",   "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "302); give its address"},
    {"Failure",       "HTTP/1.1 500 Error\r\n\r\n\x1b]0;title\afailed\n", "500); give its address"},
    {"NotFound",      "HTTP/1.1 404 Not Found\r\n\r\nnot found\n", "404); give its address"},
    {"Nothing",       "", "gave no complete answer (not an HTTP response)"},
    {"NoHttp",        "SSH-2.0-OpenSSH\r\n", "gave no complete answer (not an HTTP response)"},
    {"BadCode",       "HTTP/1.1 \x1b[1\r\n\r\n", "HTTP status "},
    {"LengthTooLong", "HTTP/1.1 200 OK\r\nServer: hitherd\r\nContent-Length: 99999999999999999999\r\n\r\n", "its Content-Length is not valid"},
    {"LengthBelow0",  "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok", "its Content-Length is not valid"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Somebody, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

// One that says it is ours: its text controls no terminal, and an error has some.
TEST(OurAnswer, IsPrintable) {
  const OtherProgram sidecar("HTTP/1.1 200 OK\r\nServer: hither-anycast\r\n\r\na\x1b[31m\tb\n");
  EXPECT_EQ(Hither(At({"explain"}, "--anycast", sidecar.address())).out, "a?[31m\tb\n");
  EXPECT_EQ(Hither(At({"drain"}, "--anycast", sidecar.address())).out, "a?[31m\tb\n");
  const OtherProgram busy("HTTP/1.1 409 No\r\nServer: hither-anycast\r\n\r\na\x1b[31m\n");
  EXPECT_EQ(Hither(At({"drain"}, "--anycast", busy.address())).err, "hither drain: a?[31m\n");
  const OtherProgram fine("HTTP/1.1 200 OK\r\nServer: hitherd\r\n\r\na\x1b[31m\tb\n");
  EXPECT_EQ(Hither(At({"reload"}, "--admin", fine.address())).out, "a?[31m\tb\n");
  EXPECT_EQ(Hither(At({"status", "--json", "--anycast=none"}, "--admin", fine.address())).out,
            "a?[31m\tb\n");
  const OtherProgram server("HTTP/1.1 500 No\r\nServer: hitherd\r\n\r\nf:1: \x1b[31m\n");
  EXPECT_EQ(Hither(At({"reload"}, "--admin", server.address())).err, "f:1: ?[31m\n");
  const OtherProgram empty("HTTP/1.1 302 No\r\nServer: hitherd\r\n\r\n");
  EXPECT_EQ(Hither(At({"reload"}, "--admin", empty.address())).err,
            absl::StrCat("hither reload: ", empty.address(),
                         " answers with HTTP code 302 and no text\n"));
  const OtherProgram lost("HTTP/1.1 404 No\r\nServer: hitherd\r\n\r\nnot found\n");
  EXPECT_EQ(
      Hither(At({"reload"}, "--admin", lost.address())).err,
      absl::StrCat("hither reload: ", lost.address(), " answers with HTTP code 404: not found\n"));
}

}  // namespace
}  // namespace hither
