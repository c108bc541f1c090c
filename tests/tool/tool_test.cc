#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "tool/command.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
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
    {"SimulateSettingOverItsMaximum", {"simulate", "j", "--set", "hold_down=2h"}, 2, "", "hither simulate: --set: policy.hold_down: '2h' is not valid; give a time from 0 to 1h with its unit, such as 500ms, 10s or 2m\n"},
    {"SimulateShareOver1", {"simulate", "j", "--set", "servfail_share_max=2"}, 2, "", "hither simulate: --set: policy.servfail_share_max: '2'; give a share from 0 to 1\n"},
    {"SimulateFallOverItsMaximum", {"simulate", "j", "--set", "fall=101"}, 2, "", "*"},
    {"SimulateSignaturesMargin", {"simulate", "j", "--set", "signatures_margin=2000h"}, 2, "", "*"},
    {"SimulateSettingWithoutValue", {"simulate", "j", "--set", "signatures_margin"}, 2, "", "hither simulate: --set: 'signatures_margin' has no value; write it as fall=5\n"},
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
    {"SitesNoFleet", {"sites", "--fleet", "/nonexistent/fleet.yaml"}, 1, "", "*"},
    {"SitesTypeAlone", {"sites", "127.0.0.1", "--type", "A"}, 2, "", "hither sites: --type without a name to ask for; add --name NAME\n"},
    {"SitesBadName", {"sites", "127.0.0.1", "--name", "a..b"}, 2, "", "hither sites: 'a..b SOA' cannot be queried; give a domain name and a type, for example --name example.org --type SOA\n"},
    {"SitesBadWatch", {"sites", "127.0.0.1", "--watch", "0"}, 2, "", "hither sites: --watch '0' is not a time from 0.1 to 86400 seconds\n"},
    {"ReloadOfBoth", {"reload", "--anycast", "127.0.0.1:1", "--admin", "127.0.0.1:2"}, 2, "", "hither reload: --admin is hitherd and --anycast the sidecar; give one of them\n"},
    {"SitesEmptyWatch", {"sites", "127.0.0.1", "--watch="}, 2, "", "hither sites: --watch has no value; give one, as in --watch value\n"},
    {"CheckWithoutFile", {"check"}, 2, "", "hither check: give a zone file, as in hither check example.org.zone\n"},
    {"CheckTwoMissingFiles", {"check", "/nonexistent/a", "/nonexistent/b"}, 1, "2 files: 2 errors, 0 warnings\n", "hither check: /nonexistent/a: No such file or directory\nhither check: /nonexistent/b: No such file or directory\n"},
    {"CheckOneOriginForTwo", {"check", "a", "b", "--origin", "."}, 2, "", "hither check: --origin names one zone; give one file with it\n"},
    {"CheckExpiresInWhat", {"check", "a", "--expires-in", "soon"}, 2, "", "hither check: --expires-in 'soon' is not a time; write it as 12h, 3d or 1w\n"},
    {"CheckExpiresInNothing", {"check", "--expires-in", "ok.test.zone"}, 2, "", "hither check: --expires-in 'ok.test.zone' is not a time; write it as 12h, 3d or 1w\n"},
    {"CheckExpiresInNoUnit", {"check", "a", "--expires-in", "3"}, 2, "", "hither check: --expires-in '3' has no unit; write it as 3h or 3d\n"},
    {"CheckExpiresInZero", {"check", "--expires-in", "0", "/nonexistent/a"}, 1, "", "hither check: /nonexistent/a: No such file or directory\n"},
    {"CheckEmptyOrigin", {"check", "a", "--origin", ""}, 2, "", "hither check: --origin has no value; give one, as in --origin value\n"},
    {"CheckEmptyOriginJoined", {"check", "a", "--origin="}, 2, "", "hither check: --origin has no value; give one, as in --origin value\n"},
    {"CheckIncludeFolderNothing", {"check", "--include-folder", "/dev/null"}, 2, "", "hither check: --include-folder: /dev/null is no folder; give the folder that the included files are below\n"},
    {"CompileEmptyIncludeFolder", {"compile", "a", "-o", "b", "--include-folder", ""}, 2, "", "hither compile: --include-folder has no value; give one, as in --include-folder value\n"},
    {"StatusEmptyAdmin", {"status", "--admin", ""}, 2, "", "hither status: --admin has no value; give one, as in --admin value\n"},
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

// A script must not take the part of a report that fits for the whole.
TEST(Print, AFullDiskIsAFailure) {
  char* text = nullptr;
  size_t bytes = 0;
  std::FILE* const err = open_memstream(&text, &bytes);
  for (const size_t size : {size_t{3}, size_t{1} << 20}) {  // Below and above what stdio buffers.
    std::FILE* const full = std::fopen("/dev/full", "we");
    ASSERT_NE(full, nullptr);
    EXPECT_EQ(PrintResult({kToolFine, std::string(size, 'x'), ""}, full, err), kToolFailed);
    std::fclose(full);
  }
  std::FILE* const out = std::fopen("/dev/null", "we");
  EXPECT_EQ(PrintResult({kToolFine, "fine\n", ""}, out, err), kToolFine);
  EXPECT_EQ(PrintResult({kToolUsage, "", "wrong\n"}, out, err), kToolUsage);
  std::fclose(out);
  std::fclose(err);
  const std::string line = "hither: the output could not be written: No space left on device\n";
  EXPECT_EQ(text, line + line + "wrong\n");
  std::free(text);
}

TEST(StatusHelp, SaysThatOfVeryManyZonesNotAllAreTold) {
  const std::string out = Hither({"status", "--help"}).out;
  EXPECT_NE(out.find("10,000 zones"), std::string::npos);
  EXPECT_EQ(out.find("it is: all zones"), std::string::npos);
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

// As in the configuration, where it would be refused.
TEST(Simulate, SettingsMustMakeSenseTogether) {
  const ToolResult result = Hither({"simulate", kJournal.c_str(), "--set", "hold_down=30m"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("hold_down_max (5m) is less than hold_down (30m)"));
  const ToolResult both =
      Hither({"simulate", kJournal.c_str(), "--set", "hold_down=30m", "--set", "hold_down_max=1h"});
  EXPECT_EQ(both.code, 0) << both.err;
}

// A key of policy: that changes a signal, which the journal has as it was.
TEST(Simulate, SaysWhatHasNoEffect) {
  const ToolResult result = Hither({"simulate", kJournal.c_str(), "--set", "signatures_margin=1h"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("0 entries whose decision differs from the recorded one"));
  EXPECT_THAT(result.err, HasSubstr("signatures_margin changes a signal"));
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

TEST(Simulate, NamesTheLineThatIsWrongAndReplaysTheOthers) {
  const std::string path = testing::TempDir() + "/wrong.journal";
  std::ifstream in(kJournal);
  std::string first;
  std::getline(in, first);
  std::ofstream(path) << first << "\n{}\n" << first << "\n";
  const ToolResult result = Hither({"simulate", path.c_str()});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, path + ":2: wall is missing; the line was skipped\n");
  EXPECT_THAT(result.out, HasSubstr("2 ticks, "));
}

TEST(Simulate, NamesTheFirstLineOfWhatIsNoJournal) {
  const std::string path = testing::TempDir() + "/no.journal";
  std::ofstream(path) << "{}\nhello\n";
  const ToolResult result = Hither({"simulate", path.c_str()});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, "hither simulate: " + path + ":1: wall is missing\n");
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
