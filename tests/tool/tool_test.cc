#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/json_reader.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/http_head.h"
#include "daemon/admin/status.h"
#include "tool/command.h"
#include "zones/check/zone_check.h"

namespace hither {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

ToolResult Hither(const std::vector<const char*>& arguments) { return RunTool(arguments); }

struct Case {
  const char* name;
  std::vector<const char*> arguments;
  int code;
  const char* out_begins;
  const char* err;  // The whole of it, or "*": anything.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class CommandLine : public testing::TestWithParam<Case> {};

TEST_P(CommandLine, IsUnderstood) {
  const ToolResult result = RunTool(GetParam().arguments);
  EXPECT_EQ(result.code, GetParam().code);
  EXPECT_THAT(result.out, StartsWith(GetParam().out_begins));
  if (GetParam().err != std::string("*")) {
    EXPECT_EQ(result.err, GetParam().err);
  }
}

// clang-format off
const Case kCases[] = {
    {"Nothing", {}, 2, "", "*"},
    {"Help", {"--help"}, 0, "hither - control Hither", ""},
    {"HelpAsCommand", {"help"}, 0, "hither - control Hither", ""},
    {"HelpOfCheck", {"help", "check"}, 0, "hither check - ", ""},
    {"HelpOfStatus", {"status", "--help"}, 0, "hither status - ", ""},
    {"HelpOfReload", {"reload", "-h"}, 0, "hither reload - ", ""},
    {"HelpOfDrain", {"drain", "--help"}, 0, "hither drain - ", ""},
    {"HelpOfExplain", {"help", "explain"}, 0, "hither explain - ", ""},
    {"HelpOfFreeze", {"freeze", "-h"}, 0, "hither freeze - ", ""},
    {"HelpOfUndrain", {"help", "undrain"}, 0, "hither undrain - ", ""},
    {"FreezeWithoutTime", {"freeze"}, 2, "", "hither freeze: --for is missing or no time from 0s to 24h in whole seconds; write --for 10m\n"},
    {"FreezeTooLong", {"freeze", "--for", "25h"}, 2, "", "hither freeze: --for is missing or no time from 0s to 24h in whole seconds; write --for 10m\n"},
    {"FreezeOfHalves", {"freeze", "--for", "500ms"}, 2, "", "hither freeze: --for is missing or no time from 0s to 24h in whole seconds; write --for 10m\n"},
    {"DrainTimeout", {"drain", "--wait", "--timeout", "soon"}, 2, "", "hither drain: --timeout is not a time; write it as 90s or 2m\n"},
    {"DrainTwo", {"drain", "a", "b"}, 2, "", "hither drain: unexpected argument 'b'; see hither drain --help\n"},
    {"ExplainNobody", {"explain", "--anycast", "none"}, 2, "", "hither explain: --anycast: none is not an endpoint; give an address\n"},
    {"ConfirmIsTheSidecars", {"reload", "--confirm"}, 2, "", "hither reload: --confirm and --dry-run are the sidecar's; add --anycast ADDRESS\n"},
    {"HelpOfTypo", {"help", "chekc"}, 2, "", "hither: unknown command 'chekc'; did you mean 'check'?\n"},
    {"Version", {"--version"}, 0, "hither " HITHER_VERSION "\n", ""},
    {"Typo", {"realod"}, 2, "", "hither: unknown command 'realod'; did you mean 'reload'?\n"},
    {"FarFromAll", {"42"}, 2, "", "hither: unknown command '42'; choose from: check, compile, status, reload, explain, drain, undrain, freeze, simulate, sites, console, help\n"},
    {"HelpOfSimulate", {"simulate", "--help"}, 0, "hither simulate - ", ""},
    {"SimulateWithoutJournal", {"simulate"}, 2, "", "hither simulate: give one journal, as in hither simulate anycast.journal\n"},
    {"SimulateUnknownSetting", {"simulate", "j", "--set", "fal=5"}, 2, "", "hither simulate: --set: unknown policy setting 'fal'; did you mean 'fall'?\n"},
    {"SimulateBadSetting", {"simulate", "j", "--set=rise=fast"}, 2, "", "hither simulate: --set: rise must be a duration, such as 500ms or 10s, not 'fast'\n"},
    {"SimulateNoJournal", {"simulate", "/nonexistent/journal"}, 1, "", "hither simulate: /nonexistent/journal: cannot be opened; is it a file that you may read?\n"},
    {"HelpOfSites", {"sites", "--help"}, 0, "hither sites - ", ""},
    {"SitesNobody", {"sites"}, 2, "", "hither sites: give an address, as in hither sites 192.0.2.53\n"},
    {"SitesBadAddress", {"sites", "ns1.example"}, 2, "", "*"},
    {"SitesPortZero", {"sites", "127.0.0.1:0"}, 2, "", "*"},
    {"SitesBadPort", {"sites", "127.0.0.1", "--port", "65536"}, 2, "", "hither sites: --port '65536' is not a number from 1 to 65535\n"},
    {"SitesBadTimeout", {"sites", "127.0.0.1", "--timeout=2"}, 2, "", "hither sites: --timeout is not a time from 1ms to 1m; write it as 500ms or 2s\n"},
    {"SitesBadTemplate", {"sites", "127.0.0.1", "--nsid", "{node}.dns.example.net"}, 2, "", "hither sites: --nsid '{node}.dns.example.net' has no {node} or no {site}; write it as identity: { nsid: } of the nodes\n"},
    {"SitesTemplateTypo", {"sites", "127.0.0.1", "--nsid", "{nod}"}, 2, "", "*"},
    {"SitesTwoNamings", {"sites", "127.0.0.1", "--nsid", "{node}.{site}", "--fleet", "f"}, 2, "", "hither sites: --nsid and --fleet exclude each other; give one\n"},
    {"SitesNoFleet", {"sites", "--fleet", "/nonexistent/fleet.yaml"}, 2, "", "*"},
    {"SitesTypeAlone", {"sites", "127.0.0.1", "--type", "A"}, 2, "", "hither sites: --type without a name to ask for; add --name NAME\n"},
    {"SitesBadName", {"sites", "127.0.0.1", "--name", "a..b"}, 2, "", "hither sites: 'a..b SOA' cannot be queried; give a domain name and a type, for example --name example.org --type SOA\n"},
    {"SitesBadWatch", {"sites", "127.0.0.1", "--watch", "0"}, 2, "", "hither sites: --watch '0' is not a time from 0.1 to 86400 seconds\n"},
    {"SitesEmptyWatch", {"sites", "127.0.0.1", "--watch="}, 2, "", "hither sites: --watch '' is not a time from 0.1 to 86400 seconds\n"},
    {"CheckWithoutFile", {"check"}, 2, "", "hither check: give a zone file, as in hither check example.org.zone\n"},
    {"CheckTwoMissingFiles", {"check", "/nonexistent/a", "/nonexistent/b"}, 1, "2 files: 2 errors, 0 warnings\n", "hither check: /nonexistent/a: No such file or directory\nhither check: /nonexistent/b: No such file or directory\n"},
    {"CheckOneOriginForTwo", {"check", "a", "b", "--origin", "."}, 2, "", "hither check: --origin names one zone; give one file with it\n"},
    {"CheckExpiresInWhat", {"check", "a", "--expires-in", "soon"}, 2, "", "hither check: --expires-in is not a time; write it as 12h, 3d or 1w\n"},
    {"CheckFolder", {"check", "/"}, 1, "", "hither check: /: is a folder; give zone files, as in zones/*.zone\n"},
    {"CompileTwoFiles", {"compile", "a", "b", "-o", "c"}, 2, "", "hither compile: give one zone file, as in hither compile example.org.zone\n"},
    {"CompileOfPipe", {"compile", "/dev/null", "-o", "c"}, 1, "", "hither compile: /dev/null: is not a regular file; give a zone file\n"},
    {"CheckFlagTypo", {"check", "--orign", "."}, 2, "", "hither check: unknown flag --orign; did you mean '--origin'?\n"},
    {"CheckFlagWithoutValue", {"check", "a", "--origin"}, 2, "", "hither check: --origin has no value; give one, as in --origin value\n"},
    {"CheckBadOrigin", {"check", "/dev/null", "--origin", "a..b"}, 2, "", "*"},
    {"CheckNoOrigin", {"check", "/dev/null"}, 2, "", "hither check: /dev/null does not give the zone's name; give --origin NAME\n"},
    {"CheckMissingFile", {"check", "/nonexistent/a.zone"}, 1, "", "hither check: /nonexistent/a.zone: No such file or directory\n"},
    {"CompileWhereTo", {"compile", "a.zone"}, 2, "", "hither compile: no output file; give -o IMAGE, as in -o example.org.image\n"},
    {"CompileToNoFile", {"compile", "a.zone", "-o", "-"}, 2, "", "hither compile: no output file; give -o IMAGE, as in -o example.org.image\n"},
    {"CompileWithoutFile", {"compile", "-o", "a"}, 2, "", "hither compile: give one zone file, as in hither compile example.org.zone\n"},
    {"DashesEndFlags", {"check", "--", "--origin"}, 1, "", "hither check: --origin: No such file or directory\n"},
    {"StatusTooMuch", {"status", "now"}, 2, "", "hither status: unexpected argument 'now'; see hither status --help\n"},
    {"StatusSwitchWithValue", {"status", "--json=yes"}, 2, "", "hither status: --json takes no value; write --json alone\n"},
    {"StatusNobodyToAsk", {"status", "--admin", "none"}, 2, "", "hither status: --admin: none is not an endpoint; give an address\n"},
    {"StatusBadTimeout", {"status", "--timeout", "soon"}, 2, "", "hither status: --timeout is not a time up to 10m; write it as 500ms or 5s\n"},
    {"StatusForeignHost", {"status", "--admin=192.0.2.1:80"}, 2, "", "*"},
    {"StatusNoServer", {"status", "--admin", "unix:/nonexistent/a.sock"}, 1, "", "hither status: hitherd does not answer on unix:/nonexistent/a.sock: No such file or directory; check that it runs, or give its admin address with --admin or --config\n"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, CommandLine, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(StatusHelp, SaysThatOfVeryManyZonesNotAllAreTold) {
  const std::string out = Hither({"status", "--help"}).out;
  EXPECT_NE(out.find("10,000 zones"), std::string::npos);
  EXPECT_EQ(out.find("it is: all zones"), std::string::npos);
}

class ZoneFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "tool_test";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

constexpr char kRelative[] = "@ 60 SOA ns a 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
constexpr char kAbsolute[] =
    "example.com. 60 SOA ns.example.com. a. 9 2 3 4 5\nexample.com. 60 NS ns.example.com.\n"
    "ns.example.com. 60 A 192.0.2.1\n";

TEST_F(ZoneFiles, OriginFromTheFileName) {
  const ToolResult result = Hither({"check", Write("example.org.zone", kRelative).c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out,
            "example.org: serial 1, 3 records, 2 names, not signed; 0 errors, 0 warnings\n");
}

TEST_F(ZoneFiles, OriginFromTheSoaBeforeTheFileName) {
  const ToolResult result = Hither({"check", Write("other.zone", kAbsolute).c_str()});
  EXPECT_EQ(result.out,
            "example.com: serial 9, 3 records, 2 names, not signed; 0 errors, 0 warnings\n");
}

TEST_F(ZoneFiles, OriginFromTheCommandLineBeforeAll) {
  const std::string path = Write("other.zone", kRelative);
  const ToolResult result = Hither({"check", path.c_str(), "--origin", "."});
  EXPECT_THAT(result.out, StartsWith(".: serial 1, 3 records, "));
}

TEST_F(ZoneFiles, OriginUnknown) {
  const std::string path = Write("example", kRelative);
  const ToolResult result = Hither({"check", path.c_str()});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, absl::StrCat("hither check: ", path,
                                     " does not give the zone's name; give --origin NAME\n"));
}

TEST_F(ZoneFiles, OriginFromEveryUsualFileName) {
  const std::pair<const char*, const char*> names[] = {
      {"example.org.zone", "example.org: "},
      {"example.org.db", "example.org: "},
      {"db.example.org", "example.org: "},
      {"db.192.0.2", "2.0.192.in-addr.arpa: "},
      {"2.0.192.in-addr.arpa.db", "2.0.192.in-addr.arpa: "}};
  for (const auto& [file, zone] : names) {
    const ToolResult result = Hither({"check", Write(file, kRelative).c_str()});
    EXPECT_EQ(result.code, 0) << file;
    EXPECT_THAT(result.out, StartsWith(absl::StrCat(zone, "serial 1, "))) << file;
  }
  for (const char* file : {"db.", ".zone", ".db", "db.256"}) {
    const ToolResult result = Hither({"check", Write(file, kRelative).c_str()});
    EXPECT_EQ(result.code, std::string(file) == "db.256" ? 0 : 2) << file;
  }
}

TEST_F(ZoneFiles, SeveralAreCheckedAndCounted) {
  const std::string good = Write("example.org.zone", kRelative);
  const std::string bad = Write("example.net.zone", std::string(kRelative) + "w 60 A x\n");
  const std::string unknown = Write("example", kRelative);
  const ToolResult two = Hither({"check", good.c_str(), bad.c_str()});
  EXPECT_EQ(two.code, 1);
  EXPECT_THAT(two.out, HasSubstr("example.org: serial 1, "));
  EXPECT_THAT(two.out, HasSubstr(bad + ":4: error: "));
  EXPECT_THAT(two.out, EndsWith("\n2 files: 1 error, 0 warnings\n"));
  // The others are checked all the same.
  const ToolResult three = Hither({"check", unknown.c_str(), bad.c_str(), good.c_str()});
  EXPECT_EQ(three.code, 2);
  EXPECT_THAT(three.out, HasSubstr("example.org: serial 1, "));
  EXPECT_THAT(three.err, HasSubstr("give --origin NAME"));
}

TEST_F(ZoneFiles, StrictFailsOnAWarning) {
  const std::string clean = Write("example.org.zone", kRelative);
  EXPECT_EQ(Hither({"check", "--strict", clean.c_str()}).code, 0);
  const std::string path = Write("example.net.zone", std::string(kRelative) + "@ 60 MX 1 m\n");
  EXPECT_EQ(Hither({"check", path.c_str()}).code, 0);
  const ToolResult strict = Hither({"check", "--strict", path.c_str(), clean.c_str()});
  EXPECT_EQ(strict.code, 1);
  EXPECT_THAT(strict.out, HasSubstr("example.net: serial 1, 4 records, 2 names, not signed; "
                                    "0 errors, 1 warning\n"));
}

// A shell's <(command) is such a path, and /dev/stdin.
TEST_F(ZoneFiles, PipesAreRead) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string text = absl::StrCat(kAbsolute, "example.com. 60 MX 1 m.example.com.\n");
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  const std::string path = absl::StrCat("/dev/fd/", ends[0]);
  const ToolResult result = Hither({"check", path.c_str()});
  close(ends[0]);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith(absl::StrCat(path, ":4: warning: ")));
  EXPECT_THAT(result.out, EndsWith("example.com: serial 9, 4 records, 2 names, not signed; "
                                   "0 errors, 1 warning\n"));
}

TEST_F(ZoneFiles, JsonListsFilesAndFindings) {
  const std::string good = Write("example.org.zone", kRelative);
  const std::string bad =
      Write("example.net.zone", "@ 60 SOA ns a 1 2 3 4 5\nw 60 TXT \"x\\\"\"\n");
  const ToolResult result = Hither({"check", "--json", good.c_str(), bad.c_str(), "/nonexistent"});
  EXPECT_EQ(result.code, 1);
  const absl::StatusOr<JsonDocument> read = JsonDocument::Parse(result.out);
  ASSERT_TRUE(read.ok()) << read.status() << result.out;
  EXPECT_THAT(result.out, HasSubstr("\"check\": \"apex-ns\""));
  EXPECT_THAT(result.out, HasSubstr("\"can_be_served\": true"));
  EXPECT_THAT(result.out, HasSubstr("\"error\": \"/nonexistent: No such file or directory\""));
  EXPECT_THAT(result.out, EndsWith("\"errors\": 2,\n  \"warnings\": 0\n}\n"));
}

// Its signatures expired in 2021.
TEST_F(ZoneFiles, SignaturesAreChecked) {
  const std::string path = absl::StrCat(HITHER_SOURCE_DIR, "/tests/zones/data/uri.arpa.zone");
  const ToolResult result = Hither({"check", "--verify", path.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr(" has expired; sign the zone again (RFC 4035 §5.3.1)"));
  EXPECT_THAT(result.out, HasSubstr(" signatures verified, the first expired at 2021-"));
  const ToolResult json = Hither({"check", "--json", path.c_str()});
  EXPECT_THAT(json.out, HasSubstr("\"first_expiration\": \"2021-"));
  EXPECT_THAT(json.out, HasSubstr("\"check\": \"signature-expired\""));
}

TEST_F(ZoneFiles, ExpiryIsReportedAheadOfTime) {
  const std::string path = absl::StrCat(HITHER_SOURCE_DIR, "/tests/zones/data/signed.zone");
  EXPECT_EQ(Hither({"check", "--strict", path.c_str()}).code, 0);
  const ToolResult early = Hither({"check", "--strict", "--expires-in", "3000w", path.c_str()});
  EXPECT_EQ(early.code, 1);
  EXPECT_THAT(early.out, HasSubstr(", valid until 20300101000000, expires soon (--expires-in)"));
}

TEST_F(ZoneFiles, EveryErrorIsToldWithItsLine) {
  const std::string path =
      Write("example.org.zone", std::string(kRelative) + "www 60 A 192.0.2.256\nw2 60 AAAA x\n");
  const ToolResult result = Hither({"check", path.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(path + ":4: error: "));
  EXPECT_THAT(result.out, HasSubstr(path + ":5: error: "));
  EXPECT_THAT(result.out, EndsWith("\nexample.org: cannot be served; 2 errors, 0 warnings\n"));
}

TEST_F(ZoneFiles, CompileWritesAnImage) {
  const std::string path = Write("example.org.zone", kRelative);
  const std::string image = folder_ / "image";
  const ToolResult result = Hither({"compile", path.c_str(), "-o", image.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, StartsWith("example.org: serial 1, 3 records, 2 names, not signed; 0 "
                                     "errors, 0 warnings\n" +
                                     image + ": "));
  EXPECT_TRUE(std::filesystem::exists(image));
}

TEST_F(ZoneFiles, CompileMakesNoImageOfABadZone) {
  const std::string path = Write("example.org.zone", std::string(kRelative) + "www 60 A x\n");
  const std::string image = folder_ / "image";
  const ToolResult result = Hither({"compile", path.c_str(), "--output", image.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(path + ":4: error: "));
  EXPECT_FALSE(std::filesystem::exists(image));
}

TEST_F(ZoneFiles, CompileTellsWhereItCannotWrite) {
  const std::string path = Write("example.org.zone", kRelative);
  const ToolResult result = Hither({"compile", path.c_str(), "-o", "/nonexistent/image"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, StartsWith("hither compile: /nonexistent/image: cannot create the "
                                     "file: No such file or directory"));
}

TEST_F(ZoneFiles, CompileLeavesItsSourceAlone) {
  const std::string path = Write("example.org.zone", kRelative);
  const ToolResult result = Hither({"compile", path.c_str(), "-o", path.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err,
            absl::StrCat("hither compile: ", path,
                         " is a file that the zone is read from; give the image another name\n"));
  EXPECT_EQ(Hither({"check", path.c_str()}).code, 0);
}

// The server that serves it has limits of its own.
TEST_F(ZoneFiles, CompileTakesWhatAServerMayAllow) {
  std::string text = kRelative;
  for (int i = 0; i < 1'500; ++i)
    absl::StrAppend(&text, "a 60 A 10.0.", i / 250, ".", i % 250, "\n");
  const std::string path = Write("example.org.zone", text);
  const std::string image = folder_ / "image";
  EXPECT_EQ(Hither({"compile", path.c_str(), "-o", image.c_str()}).code, 0);
  EXPECT_EQ(Hither({"check", path.c_str()}).code, 1);
}

TEST_F(ZoneFiles, ExamplesAreWithoutFault) {
  for (const char* name : {"example.org.zone", "example.net.zone"}) {
    const std::string path = absl::StrCat(HITHER_SOURCE_DIR, "/examples/", name);
    const ToolResult result = Hither({"check", path.c_str()});
    EXPECT_EQ(result.code, 0);
    EXPECT_THAT(result.out, EndsWith("; 0 errors, 0 warnings\n"));
  }
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

TEST(CheckHelp, NamesEveryCheckWithItsSeverity) {
  for (const ZoneCheck& check : ZoneChecks()) {
    const std::string severity = absl::StrCat(SeverityText(check.severity), " ");
    EXPECT_THAT(std::string(CheckHelp()), testing::HasSubstr(absl::StrCat(" ", check.name, " ")));
    const size_t at = CheckHelp().find(absl::StrCat(" ", check.name, " "));
    const size_t line = CheckHelp().rfind('\n', at);
    EXPECT_EQ(CheckHelp().substr(line + 3, severity.size()), severity) << check.name;
  }
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

// A journal of one outage, as a sidecar wrote it.
const std::string kJournal = std::string(HITHER_SOURCE_DIR) + "/tests/fuzz/corpus/journal/outage";

TEST(Simulate, TellsEachChangeOfState) {
  const ToolResult result = Hither({"simulate", kJournal.c_str()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("DOWN -> SOFT   warm-up"));
  EXPECT_THAT(result.out, HasSubstr("UP -> DOWN     hard-fault     probe: 1ms"));
  EXPECT_THAT(result.out, HasSubstr("0 entries whose decision differs from the recorded one"));
}

TEST(Simulate, WithAnotherSettingADifferenceIsNoFailure) {
  const ToolResult result = Hither({"simulate", kJournal.c_str(), "--set", "fall=20"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("hard-fault")));
  EXPECT_THAT(result.out, Not(HasSubstr("0 entries whose decision differs")));
}

TEST(Simulate, FailsIfThePolicyDecidesOtherwiseThanRecorded) {
  const std::string path = testing::TempDir() + "/otherwise.journal";
  std::ifstream in(kJournal);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.replace(text.find("\"hard-fault\""), 12, "\"soft-fault\"");
  std::ofstream(path) << text;
  const ToolResult result = Hither({"simulate", path.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("was DOWN soft-fault and would be DOWN hard-fault"));
}

TEST(Simulate, NamesTheLineThatIsWrong) {
  const std::string path = testing::TempDir() + "/wrong.journal";
  std::ifstream in(kJournal);
  std::string first;
  std::getline(in, first);
  std::ofstream(path) << first << "\n{}\n" << first << "\n";
  const ToolResult result = Hither({"simulate", path.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, "hither simulate: " + path + ":2: wall is missing\n");
}

TEST(Simulate, AnEndThatIsNotWholeIsLetGo) {
  const std::string path = testing::TempDir() + "/half.journal";
  std::ifstream in(kJournal);
  std::string first;
  std::getline(in, first);
  std::ofstream(path) << first << "\n" << first.substr(0, 100);
  const ToolResult result = Hither({"simulate", path.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("the last line is incomplete and was ignored"));
}

}  // namespace
}  // namespace hither
