// $INCLUDE, with real files in a folder of the test's own.

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

// Owners with the file and line of each record.
class Owners : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    owners.push_back(
        absl::StrCat(record.owner.ToText(), "@", record.location.file, ":", record.location.line));
  }
  std::vector<std::string> owners;
};

class Include : public testing::Test {
 protected:
  Include() {
    std::string folder = testing::TempDir() + "/includeXXXXXX";
    folder_ = fs::canonical(mkdtemp(folder.data()));
    fs::create_directories(folder_ / "zones" / "sub");
  }
  ~Include() override { fs::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    std::ofstream(folder_ / path) << text;
  }

  // Owners, and errors with the test's folder as "~".
  std::string Read(const std::string& path, const ZoneFileLimits& limits = {}) {
    Owners sink;
    const auto result = ReadZoneFile(folder_ / path, *Name::FromText("example."), sink, limits);
    std::vector<std::string> drawn = sink.owners;
    for (const Finding& finding : result.findings) {
      drawn.push_back(absl::StrReplaceAll(ToText(finding), {{folder_.string(), "~"}}));
    }
    files_ = result.files;
    EXPECT_EQ(result.ok, std::ranges::none_of(result.findings, [](const Finding& finding) {
                return finding.severity == Severity::kError;
              }));
    return absl::StrJoin(drawn, " | ");
  }

  fs::path folder_;
  std::vector<std::string> files_;
};

// Several zones share what lies beside their folders, or behind a link.
TEST_F(Include, MayReadBelowAFolderOfTheOperatorsChoice) {
  fs::create_directories(folder_ / "shared");
  fs::create_directories(folder_ / "elsewhere");
  Write("zones/a", "$TTL 60\n$INCLUDE ../shared/b\n$INCLUDE ../shared/link\n");
  Write("shared/b", "b NS .\n");
  Write("elsewhere/c", "c NS .\n");
  fs::create_symlink(folder_ / "elsewhere/c", folder_ / "shared/link");
  EXPECT_THAT(Read("zones/a"), testing::HasSubstr("is outside of ~/zones, the zone file's folder"));
  ZoneFileLimits limits;
  limits.include_folder = std::make_shared<const std::string>((folder_ / "shared").string());
  EXPECT_EQ(Read("zones/a", limits), "b.example.@1:1 | c.example.@2:1");
  Write("zones/a", "$INCLUDE ../shared/../elsewhere/c\n");
  EXPECT_THAT(Read("zones/a", limits),
              testing::HasSubstr("is outside of ~/shared (limits.include_folder); move"));
  limits.include_folder = std::make_shared<const std::string>((folder_ / "").string());
  EXPECT_THAT(Read("zones/a", limits), testing::HasSubstr("no TTL")) << "it is read";
}

TEST_F(Include, AFileThatEndsWithinALineIsAWarning) {
  Write("zones/a", "$TTL 60\n$INCLUDE sub/b\na NS .\n");
  Write("zones/sub/b", "b NS .");
  Owners sink;
  const auto result = ReadZoneFile(folder_ / "zones/a", *Name::FromText("example."), sink);
  EXPECT_TRUE(result.ok && result.ends_in_line);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_THAT(ToText(result.findings[0]),
              testing::HasSubstr("sub/b:1: warning: the file does not end with a line feed; it"));
}

TEST_F(Include, ReadsTheOtherFile) {
  Write("zones/a", "$TTL 60\na NS .\n$INCLUDE sub/b\nd NS .\n");
  Write("zones/sub/b", "b NS .\n$INCLUDE c\n");
  Write("zones/sub/c", "c NS .\n");
  EXPECT_EQ(Read("zones/a"), "a.example.@0:2 | b.example.@1:1 | c.example.@2:1 | d.example.@0:4");
  ASSERT_EQ(files_.size(), 3u);
  EXPECT_EQ(files_[0], folder_ / "zones/a");
  EXPECT_EQ(files_[1], folder_ / "zones/sub/b");
  EXPECT_EQ(files_[2], folder_ / "zones/sub/c");
}

TEST_F(Include, RestoresOriginAndOwner) {  // RFC 1035 §5.1
  Write("zones/a", "$TTL 60\na NS .\n$INCLUDE sub/b in\n NS .\na NS .\n");
  Write("zones/sub/b", "@ NS .\n$ORIGIN x\ny NS .\n");
  EXPECT_EQ(Read("zones/a"),
            "a.example.@0:2 | in.example.@1:1 | y.x.in.example.@1:3 | a.example.@0:4 | "
            "a.example.@0:5");
}

// BIND agrees on each of these.
TEST_F(Include, GeneratedNamesOwnNothingAroundIt) {
  Write("zones/a", "$TTL 60\na NS .\n$GENERATE 1-1 m$ NS .\n$INCLUDE b\n NS .\n");
  Write("zones/b", " NS .\n$GENERATE 2-2 m$ NS .\n NS .\nq NS .\n$GENERATE 3-3 m$ NS .\n NS .\n");
  EXPECT_EQ(Read("zones/a"),
            "a.example.@0:2 | m1.example.@0:3 | a.example.@1:1 | m2.example.@1:2 | "
            "a.example.@1:3 | q.example.@1:4 | m3.example.@1:5 | q.example.@1:6 | "
            "a.example.@0:5");
}

TEST_F(Include, OwnerIsTakenOver) {
  Write("zones/a", "a 60 NS .\n$INCLUDE b\n");
  Write("zones/b", " 60 NS .\n");
  EXPECT_EQ(Read("zones/a"), "a.example.@0:1 | a.example.@1:1");
}

TEST_F(Include, TtlGoesOn) {  // As in BIND.
  Write("zones/a", "$INCLUDE b\na NS .\n");
  Write("zones/b", "$TTL 60\n");
  EXPECT_EQ(Read("zones/a"), "a.example.@0:2");
}

TEST_F(Include, QuotedAndEscapedPath) {
  Write("zones/a", "$INCLUDE \"b c\"\n$INCLUDE b\\032c\n$INCLUDE \"b\\032c\" in\n");
  Write("zones/b c", "@ 60 NS .\n");
  EXPECT_EQ(Read("zones/a"), "example.@1:1 | example.@2:1 | in.example.@3:1");
}

TEST_F(Include, SameFileTwice) {
  Write("zones/a", "$INCLUDE b x\n$INCLUDE b y\n");
  Write("zones/b", "@ 60 NS .\n");
  EXPECT_EQ(Read("zones/a"), "x.example.@1:1 | y.example.@2:1");
}

TEST_F(Include, ErrorsNameTheirFile) {
  Write("zones/a", "$INCLUDE b\na 60 A y\n");
  Write("zones/b", "\nb 60 A x\n");
  EXPECT_EQ(Read("zones/a"),
            "~/zones/b:2: error: 'x' is not an IPv4 address; write A address (RFC 1035 §3.4.1) | "
            "~/zones/a:2: error: 'y' is not an IPv4 address; write A address (RFC 1035 §3.4.1)");
}

TEST_F(Include, StaysBelowTheFirstFilesFolder) {
  Write("secret", "@ 60 NS .\n");
  Write("zones/a", "$INCLUDE ../secret\n$INCLUDE sub/../../secret\n$INCLUDE link\nb 60 NS .\n");
  Write("zones/b", absl::StrCat("$INCLUDE ", (folder_ / "secret").string(), "\n"));
  fs::create_symlink(folder_ / "secret", folder_ / "zones/link");
  const std::string why = "' is outside of ~/zones, the zone file's folder; move the file below it";
  EXPECT_EQ(Read("zones/a"),
            absl::StrCat("b.example.@0:4 | ~/zones/a:1: error: $INCLUDE: '~/zones/../secret", why,
                         " | ~/zones/a:2: error: $INCLUDE: '~/zones/sub/../../secret", why,
                         " | ~/zones/a:3: error: $INCLUDE: '~/zones/link", why));
  EXPECT_EQ(Read("zones/b"), absl::StrCat("~/zones/b:1: error: $INCLUDE: '~/secret", why));
}

TEST_F(Include, FolderWithTheSameBeginningIsOutside) {
  fs::create_directories(folder_ / "zones2");
  Write("zones2/b", "@ 60 NS .\n");
  Write("zones/a", "$INCLUDE ../zones2/b\n");
  EXPECT_NE(Read("zones/a").find("is outside of"), std::string::npos);
}

TEST_F(Include, LinkInsideTheFolder) {
  Write("zones/sub/b", "@ 60 NS .\n");
  Write("zones/a", "$INCLUDE link\n");
  fs::create_symlink("sub/b", folder_ / "zones/link");
  EXPECT_EQ(Read("zones/a"), "example.@1:1");
}

TEST_F(Include, LoopsAreRefused) {
  Write("zones/a", "$INCLUDE a\n$INCLUDE b\nx 60 NS .\n");
  Write("zones/b", "$INCLUDE sub/../a\n");
  EXPECT_EQ(
      Read("zones/a"),
      "x.example.@0:3 | "
      "~/zones/a:1: error: $INCLUDE: '~/zones/a' includes itself; remove this $INCLUDE "
      "(RFC 1035 §5.1) | "
      "~/zones/b:1: error: $INCLUDE: '~/zones/sub/../a' includes itself; remove this $INCLUDE "
      "(RFC 1035 §5.1)");
}

TEST_F(Include, DepthIsLimited) {
  Write("zones/0", "$INCLUDE 1\n");
  Write("zones/1", "$INCLUDE 2\n");
  Write("zones/2", "$INCLUDE 3\n");
  Write("zones/3", "@ 60 NS .\n");
  EXPECT_EQ(Read("zones/0", {.include_depth_max = 3}), "example.@3:1");
  EXPECT_EQ(Read("zones/0", {.include_depth_max = 2}),
            "~/zones/2:1: error: $INCLUDE over 2 files deep; include from fewer levels");
}

TEST_F(Include, NumberOfFilesIsLimited) {
  Write("zones/a", "$INCLUDE b x\n$INCLUDE b y\n");
  Write("zones/b", "@ 60 NS .\n");
  EXPECT_EQ(Read("zones/a", {.files_max = 3}), "x.example.@1:1 | y.example.@2:1");
  EXPECT_EQ(Read("zones/a", {.files_max = 2}),
            "x.example.@1:1 | ~/zones/a:2: error: $INCLUDE of more than 2 files in one zone; join "
            "some of them");
}

// Ten files from each of eight levels would be 111,111,111.
TEST_F(Include, FanOutEndsSoon) {
  for (int level = 0; level < 9; ++level) {
    std::string text;
    for (int i = 0; i < 10 && level < 8; ++i) absl::StrAppend(&text, "$INCLUDE ", level + 1, "\n");
    Write(absl::StrCat("zones/", level), text);
  }
  EXPECT_NE(Read("zones/0").find("$INCLUDE of more than 10000 files"), std::string::npos);
  EXPECT_EQ(files_.size(), 10'000u);
}

TEST_F(Include, BytesOfAllFilesCount) {
  Write("zones/a", "$INCLUDE b\n$INCLUDE b\n");
  Write("zones/b", "@ 60 NS .\n");
  EXPECT_EQ(Read("zones/a", {.file_bytes_max = 42}), "example.@1:1 | example.@2:1");
  EXPECT_EQ(Read("zones/a", {.file_bytes_max = 41}),
            "example.@1:1 | ~/zones/b:1: error: over 41 octets of text in one zone; split the "
            "zone");
}

TEST_F(Include, BadDirectives) {
  Write("zones/a", "$INCLUDE\n$INCLUDE a b c\n$INCLUDE b\\999\n$INCLUDE b x..\n$INCLUDE none\n");
  EXPECT_EQ(
      Read("zones/a"),
      "~/zones/a:1: error: $INCLUDE needs a file and optionally an origin; write $INCLUDE file "
      "[origin] (RFC 1035 §5.1) | "
      "~/zones/a:2: error: $INCLUDE needs a file and optionally an origin; write $INCLUDE file "
      "[origin] (RFC 1035 §5.1) | "
      "~/zones/a:3: error: $INCLUDE: 'b\\999' has a bad escape; use \\X or \\DDD | "
      "~/zones/a:4: error: $INCLUDE: origin 'x..' has an empty label; write a domain name "
      "(RFC 1035 §5.1) | "
      "~/zones/a:5: error: $INCLUDE: '~/zones/none' cannot open: No such file or directory; check "
      "the path and its permissions");
}

TEST_F(Include, OnlyRegularFiles) {
  ASSERT_EQ(mkfifo((folder_ / "zones/pipe").c_str(), 0600), 0);
  Write("zones/a", "$INCLUDE sub\n$INCLUDE pipe\n");
  EXPECT_EQ(
      Read("zones/a"),
      "~/zones/a:1: error: $INCLUDE: '~/zones/sub' is not a regular file; give the path of a "
      "zone file | "
      "~/zones/a:2: error: $INCLUDE: '~/zones/pipe' is not a regular file; give the path of a "
      "zone file");
  EXPECT_EQ(Read("zones/pipe"),
            "~/zones/pipe: error: is not a regular file; give the path of a zone file");
}

TEST_F(Include, FirstFileIsMissing) {
  EXPECT_EQ(Read("zones/a"),
            "~/zones/a: error: cannot open: No such file or directory; check the path and its "
            "permissions");
  EXPECT_EQ(Read("none/a"),
            "~/none/a: error: cannot open its folder: No such file or directory; check the path");
}

TEST_F(Include, FileThatCannotBeRead) {  // Address 0 of a process is no memory: EIO.
  Owners sink;
  const auto result = ReadZoneFile("/proc/self/mem", NameView(), sink);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(ToText(result.findings[0]),
            "/proc/self/mem: error: cannot read the rest: Input/output error; check the disk");
}

TEST_F(Include, ProgressIsTold) {
  Write("zones/a", "$INCLUDE b\n@ 60 NS .\n@ 60 FOO\n");
  Write("zones/b", "@ 60 NS .\n@ 60 NS .\n");
  LoadProgress progress;
  progress.bytes_done = 1'000;  // Of other zones: it adds.
  progress.records = 100;
  Owners sink;
  ReadZoneFile(folder_ / "zones/a", NameView(), sink, {}, &progress);
  EXPECT_EQ(progress.bytes_done, 1'000u + 30 + 20);
  EXPECT_EQ(progress.records, 103u);
  EXPECT_EQ(progress.bytes_included, 20u);
  EXPECT_EQ(progress.bytes_left, 0u);
}

TEST_F(Include, ProgressTellsWhatIsLeft) {
  std::string text = "@ 60 FOO\n";
  while (text.size() < 600'000) text += "@ 60 NS .\n";
  Write("zones/a", text);
  LoadProgress progress;
  Owners sink;
  ReadZoneFile(folder_ / "zones/a", NameView(), sink, {.errors_max = 1}, &progress);
  EXPECT_LT(progress.bytes_done, text.size());
  EXPECT_EQ(progress.bytes_done + progress.bytes_left, text.size());
}

// Looks at the progress while a file of several pieces is read.
TEST_F(Include, ProgressIsToldByThePiece) {
  class Watcher : public RecordSink {
   public:
    void Add(const RecordView&) override {
      EXPECT_EQ(progress.readers, 1u);
      const uint64_t bytes = progress.bytes_done;
      if (seen.empty() || seen.back() != bytes) seen.push_back(bytes);
    }
    LoadProgress progress;
    std::vector<uint64_t> seen;
  };
  std::string text;
  while (text.size() < 600'000) text += "@ 60 NS .\n";
  Write("zones/a", text);
  Watcher watcher;
  ReadZoneFile(folder_ / "zones/a", NameView(), watcher, {}, &watcher.progress);
  EXPECT_EQ(watcher.progress.readers, 0u);
  ASSERT_EQ(watcher.seen.size(), 3u);
  EXPECT_LT(watcher.seen[0], watcher.seen[1]);
  EXPECT_EQ(watcher.seen[2], text.size());
  EXPECT_EQ(watcher.progress.records, text.size() / 10);
}

// What is written behind the end meanwhile is no part of this reading; the next load sees by the
// file's stamp that there is more.
TEST_F(Include, AppendedWhileRead) {
  class Appender : public RecordSink {
   public:
    explicit Appender(const fs::path& path) : path_(path) {}
    void Add(const RecordView&) override {
      ++records;
      std::ofstream(path_, std::ios::app) << "@ 60 NS .\n";
    }
    int records = 0;

   private:
    fs::path path_;
  };
  Write("zones/a", "@ 60 NS .\n@ 60 NS .\n");
  Appender sink(folder_ / "zones/a");
  EXPECT_TRUE(ReadZoneFile(folder_ / "zones/a", NameView(), sink).ok);
  EXPECT_EQ(sink.records, 2);
}

TEST_F(Include, FileWithoutNewlineAtItsEnd) {
  Write("zones/a", "@ 60 NS .");
  EXPECT_THAT(Read("zones/a"),
              testing::StartsWith("example.@0:1 | ~/zones/a:1: warning: the file does not end "));
  Write("zones/a", "");
  EXPECT_EQ(Read("zones/a"), "");
}

TEST_F(Include, PathWithoutFolder) {
  Write("zones/a", "$INCLUDE sub/b\n");
  Write("zones/sub/b", "@ 60 NS .\n");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "zones");
  Owners sink;
  const auto result = ReadZoneFile("a", NameView(), sink);
  fs::current_path(before);
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(absl::StrJoin(sink.owners, " "), ".@1:1");
}

}  // namespace
}  // namespace hither
