#include "daemon/config/zone_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Each finding as "line: name file" or "line: error: text".
class Lines : public ZoneListSink {
 public:
  bool OnZone(uint32_t line, NameView name, absl::string_view file) override {
    found.push_back(absl::StrCat(line, ": ", name.ToText(), " ", file));
    return found.size() < enough;
  }
  void OnError(uint32_t line, absl::string_view what) override {
    found.push_back(absl::StrCat(line, ": error: ", what));
  }

  std::vector<std::string> found;
  size_t enough = SIZE_MAX;
};

struct Case {
  const char* name;
  std::string text;
  const char* want;  // All that is found, parted by " | ".
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ZoneList : public testing::TestWithParam<Case> {};

TEST_P(ZoneList, IsRead) {
  Lines lines;
  ReadZoneListLines(GetParam().text, 1, lines);
  EXPECT_EQ(absl::StrJoin(lines.found, " | "), GetParam().want);
}

const std::string kZero("a\0b c", 5);
const std::string kLong(kZoneListLineBytesMax, 'x');

// clang-format off
const Case kCases[] = {
    {"Empty",               "", ""},
    {"EmptyLines",          "\n\n \t\n\r\n", ""},
    {"OneZone",             "example.org example.org.zone\n", "1: example.org. example.org.zone"},
    {"NoLineEnd",           "a f", "1: a. f"},
    {"Tabs",                "\ta\t \tf\t\n", "1: a. f"},
    {"CrLf",                "a f\r\nb g\r\n", "1: a. f | 2: b. g"},
    {"CommentLine",         "# a f\n  # b g\nc h\n", "3: c. h"},
    {"CommentBehind",       "a f # g\n", "1: a. f"},
    {"CommentBehindQuoted", "a \"f\" #g\n", "1: a. f"},
    {"SharpWithin",         "a f#1\n", "1: a. f#1"},
    {"LongComment",         "#" + kLong + "\na f\n", "2: a. f"},
    {"Root",                ". root.zone\n", "1: . root.zone"},
    {"CaseStays",           "Example.ORG. f\n", "1: Example.ORG. f"},
    {"EscapeInName",        "a\\032b.c f\n", "1: a\\032b.c. f"},
    {"Quoted",              "a \"my folder/f\"\n", "1: a. my folder/f"},
    {"QuotedSharp",         "a \"#f\"\n", "1: a. #f"},
    {"QuotedEscapes",       "a \"1\\\"2\\\\3\\4\"\n", "1: a. 1\"2\\34"},
    {"QuoteWithin",         "a f\"g\n", "1: a. f\"g"},
    {"BackslashUnquoted",   "a f\\g\n", "1: a. f\\g"},
    {"OctetsOver127",       "a \xc3\xa4.zone\n", "1: a. \xc3\xa4.zone"},
    {"AbsolutePath",        "a /f\n", "1: a. /f"},
    {"ByteOrderMark",       "\xef\xbb\xbf" "a f\n", "1: a. f"},
    {"ByteOrderMarkAlone",  "\xef\xbb\xbf", ""},
    {"ByteOrderMarkLater",  "a f\n\xef\xbb\xbf" "b f\n", "1: a. f | 2: \\239\\187\\191b. f"},
    {"QuotedName",          "\"a b\" f\nc g\n", "1: error: zone name '\"a' begins with a quote; write names without quotes, and a blank in them as \\032 (RFC 1035 §5.1) | 2: c. g"},
    {"QuoteInName",         "\\\"a f\n", "1: \\\"a. f"},
    {"NoFile",              "a\n", "1: error: zone 'a' without a file; write it after the name and a blank"},
    {"NoFileButComment",    "a # f\n", "1: error: zone 'a' without a file; write it after the name and a blank"},
    {"ThirdField",          "a f g h\n", "1: error: 'g h' after the path; put a path with blanks in double quotes"},
    {"QuoteWithoutEnd",     "a \"f\n", "1: error: the quoted path has no end; write \"path\", and in it \\\" and \\\\ for \" and \\"},
    {"EscapeWithoutEnd",    "a \"f\\\nb g\n", "1: error: the quoted path has no end; write \"path\", and in it \\\" and \\\\ for \" and \\ | 2: b. g"},
    {"StuckToQuote",        "a \"f\"g\n", "1: error: the quoted path has no end; write \"path\", and in it \\\" and \\\\ for \" and \\"},
    {"EmptyPath",           "a \"\"\n", "1: error: the path is empty; name a zone file"},
    {"ZeroOctet",           kZero, "1: error: the line has a zero octet; remove it"},
    {"EmptyLabel",          "a..b f\nc g\n", "1: error: zone name 'a..b': 'a..b' is not a domain name: it has an empty label | 2: c. g"},
    {"LongLine",            "a " + kLong + "\nb g\n", "1: error: the line has over 16384 octets; shorten it | 2: b. g"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, ZoneList, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ReadZoneListLines, CountsOn) {
  Lines lines;
  EXPECT_EQ(ReadZoneListLines("a f\n\n", 7, lines), 9u);
  EXPECT_EQ(ReadZoneListLines("b g\n", 9, lines), 10u);
  EXPECT_THAT(lines.found, ElementsAre("7: a. f", "9: b. g"));
}

TEST(ReadZoneListLines, EndsWhenTheSinkHasEnough) {
  Lines lines;
  lines.enough = 1;
  EXPECT_EQ(ReadZoneListLines("a f\nb g\n", 1, lines), 0u);
  EXPECT_THAT(lines.found, ElementsAre("1: a. f"));
}

class ZoneListFile : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  const std::string path_ = testing::TempDir() + "zone_list_test";
};

TEST_F(ZoneListFile, MayBeginWithAByteOrderMark) {
  Write("\xef\xbb\xbf# Zones\r\na f\r\n");
  Lines lines;
  EXPECT_TRUE(ReadZoneListFile(path_, lines).ok());
  EXPECT_THAT(lines.found, ElementsAre("2: a. f"));
}

// More than is read at once; no line is cut, and lines are counted on.
TEST_F(ZoneListFile, LinesGoOnOverPieces) {
  std::string text;
  std::vector<std::string> want;
  for (int i = 1; i <= 30'000; ++i) {
    absl::StrAppend(&text, "z", i, ".example folder/z", i, i == 30'000 ? "" : "\n");
    want.push_back(absl::StrCat(i, ": z", i, ".example. folder/z", i));
  }
  Write(text);
  Lines lines;
  EXPECT_TRUE(ReadZoneListFile(path_, lines).ok());
  EXPECT_EQ(lines.found, want);
}

TEST_F(ZoneListFile, StopsWhenTheSinkHasEnough) {
  Write("a f\nb g\n");
  Lines lines;
  lines.enough = 1;
  EXPECT_TRUE(ReadZoneListFile(path_, lines).ok());
  EXPECT_EQ(lines.found.size(), 1u);
}

TEST_F(ZoneListFile, RefusesAnEndlessLine) {
  Write("a f\n" + std::string(300'000, 'x'));
  Lines lines;
  EXPECT_EQ(ReadZoneListFile(path_, lines).message(),
            absl::StrCat(path_,
                         ": cannot read the list of zones: line 2 has over 262144 octets; "
                         "is this a list of zones?"));
}

TEST_F(ZoneListFile, SaysWhyItCannotRead) {
  Lines lines;
  EXPECT_EQ(ReadZoneListFile("/nonexistent/list", lines).message(),
            "/nonexistent/list: cannot read the list of zones: No such file or directory; check "
            "path and permissions");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  for (const std::string& path : {path_, std::string("/"), std::string("/dev/zero")}) {
    EXPECT_THAT(std::string(ReadZoneListFile(path, lines).message()),
                HasSubstr("it is not a regular file; name one"));
  }
}

TEST(ZoneCollector, TellsWhereANameWasBefore) {
  ZoneSources sources;
  ZoneCollector zones(sources);
  const auto add = [&](uint32_t line, const char* name) {
    const absl::Status added = zones.Add(line, *Name::FromText(name), "f", ZoneSource::Kind::kText);
    return added.ok() ? "" : std::string(added.message());
  };
  zones.EnterFile("h.yaml", "");
  EXPECT_EQ(add(2, "a"), "");
  EXPECT_EQ(add(3, "A."), "zone a. is repeated, first on line 2; keep one");
  zones.EnterFile("one", "");
  EXPECT_EQ(add(1, "b"), "");
  EXPECT_EQ(add(2, "a"), "zone a. is repeated, first in h.yaml:2; keep one");
  zones.EnterFile("two", "");
  EXPECT_EQ(add(9, "B"), "zone b. is repeated, first in one:1; keep one");
  zones.EnterFile("h.yaml", "");
  EXPECT_EQ(add(5, "a"), "zone a. is repeated, first on line 2; keep one");
  EXPECT_EQ(sources.size(), 2u);
}

TEST(ZoneCollector, PathsAreBounded) {
  ZoneSources sources;
  ZoneCollector zones(sources);
  zones.EnterFile("list", "folder");
  const auto add = [&](const char* name, size_t bytes) {
    return zones.Add(1, *Name::FromText(name), std::string(bytes, 'f'), ZoneSource::Kind::kText);
  };
  EXPECT_TRUE(add("a", kPathBytesMax - 7).ok());
  EXPECT_THAT(std::string(add("b", kPathBytesMax - 6).message()), HasSubstr("is too long"));
}

}  // namespace
}  // namespace hither
