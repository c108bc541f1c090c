// hither check and hither compile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "tool/command.h"
#include "zones/check/zone_check.h"

namespace hither {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ToolResult Hither(const std::vector<const char*>& arguments) { return RunTool(arguments); }

class ZoneFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "zone_commands_test";
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

TEST_F(ZoneFiles, FilesOfTheIncludeFolderAreRead) {
  std::filesystem::create_directories(folder_ / "zones");
  std::filesystem::create_directories(folder_ / "shared");
  Write("shared/ns", "@ 60 NS ns\nns 60 A 192.0.2.1\n");
  const std::string path =
      Write("zones/example.org.zone", "@ 60 SOA ns a 1 2 3 4 5\n$INCLUDE ../shared/ns\n");
  EXPECT_THAT(Hither({"check", path.c_str()}).out, HasSubstr("the zone file's folder; move"));
  const std::string folder = (folder_ / "shared").string();
  EXPECT_EQ(Hither({"check", "--include-folder", folder.c_str(), path.c_str()}).code, 0);
  const std::string image = (folder_ / "image").string();
  EXPECT_EQ(
      Hither({"compile", "--include-folder", folder.c_str(), path.c_str(), "-o", image.c_str()})
          .code,
      0);
  const ToolResult none = Hither({"check", "--include-folder", "/nonexistent", path.c_str()});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err,
            "hither check: --include-folder: /nonexistent is no folder: No such file or directory; "
            "give the folder that the included files are below\n");
}

// FILE:LINE stays one line, for programs that read it.
TEST_F(ZoneFiles, ANewlineInAFileNameIsNoneInTheOutput) {
  const std::string bad = Write("a\nb\033.zone", std::string(kRelative) + "w 60 A x\n");
  const ToolResult result = Hither({"check", bad.c_str(), "--origin", "example.org"});
  EXPECT_THAT(result.out, HasSubstr("/a?b?.zone:4: error: 'x' is not"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  const ToolResult json = Hither({"check", "--json", bad.c_str(), "--origin", "example.org"});
  EXPECT_THAT(json.out, HasSubstr("/a\\nb")) << "programs get the name itself";
  const ToolResult unknown = Hither({"check", Write("a\nb", kRelative).c_str()});
  EXPECT_THAT(unknown.err, HasSubstr("/a?b does not give the zone's name"));
  const ToolResult none = Hither({"check", "/nonexistent/a\nb"});
  EXPECT_EQ(none.err, "hither check: /nonexistent/a?b: No such file or directory\n");
  const std::string path = Write("example.org.zone", kRelative);
  const std::string image = (folder_ / "i\nj").string();
  EXPECT_THAT(Hither({"compile", path.c_str(), "-o", image.c_str()}).out, HasSubstr("/i?j: "));
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

TEST(CheckHelp, NamesEveryCheckWithItsSeverity) {
  for (const ZoneCheck& check : ZoneChecks()) {
    const std::string severity = absl::StrCat(SeverityText(check.severity), " ");
    EXPECT_THAT(std::string(CheckHelp()), testing::HasSubstr(absl::StrCat(" ", check.name, " ")));
    const size_t at = CheckHelp().find(absl::StrCat(" ", check.name, " "));
    const size_t line = CheckHelp().rfind('\n', at);
    EXPECT_EQ(CheckHelp().substr(line + 3, severity.size()), severity) << check.name;
  }
}

}  // namespace
}  // namespace hither
