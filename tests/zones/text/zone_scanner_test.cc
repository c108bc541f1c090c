#include "zones/text/zone_scanner.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "zones/text/text_block.h"

namespace hither {
namespace {

// "2 [a][~b]+["c d"]": line, ~ for a token with escapes, + for one glued to the last. A line that
// starts with a blank has its number followed by a dot.
std::string Drawn(absl::string_view text, size_t piece_bytes, bool plain_lines = true) {
  MemorySource source(text);
  ZoneScanner scanner(source, piece_bytes);
  if (!plain_lines) scanner.LeavePlainLinesToScan();
  ZoneEntry entry;
  std::string drawn;
  while (scanner.Next(entry)) {
    if (!drawn.empty()) drawn += " | ";
    absl::StrAppend(&drawn, entry.line);
    if (!entry.error.empty()) {
      absl::StrAppend(&drawn, ": ", entry.error.substr(0, entry.error.find(';')));
      continue;
    }
    drawn += entry.starts_in_column_1 ? " " : ". ";
    for (const Token& token : entry.tokens) {
      absl::StrAppend(&drawn, token.glued ? "+" : "", "[", token.quoted ? "\"" : "",
                      token.escaped ? "~" : "", token.text(), token.quoted ? "\"" : "", "]");
      if (token.line != entry.line) absl::StrAppend(&drawn, "@", token.line);
    }
  }
  return drawn;
}

struct Case {
  const char* name;
  std::string text;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Scanner : public testing::TestWithParam<Case> {};

// The same whatever the pieces in which the text comes.
TEST_P(Scanner, CutsIntoTokens) {
  for (const size_t piece_bytes :
       {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}, ZoneScanner::kPieceBytes}) {
    EXPECT_EQ(Drawn(GetParam().text, piece_bytes), GetParam().want) << piece_bytes;
    EXPECT_EQ(Drawn(GetParam().text, piece_bytes, false), GetParam().want) << piece_bytes;
  }
}

const std::string kLong(200'000, 'x');

// clang-format off
const Case kTexts[] = {
    {"Empty",             "",                                ""},
    {"OnlyEmptyLines",    "\n \n\t\n\r\n",                   ""},
    {"TwoLines",          "a b\nc d\n",                      "1 [a][b] | 2 [c][d]"},
    {"NoNewlineAtEnd",    "a b",                             "1 [a][b]"},
    {"LeadingBlank",      " a\n\tb\n",                       "1. [a] | 2. [b]"},
    {"CrLf",              "a b\r\n\r\nc\r\n",                "1 [a][b] | 3 [c]"},
    {"Comment",           "; x\na;y \"( z\n b ; c",          "2 [a] | 3. [b]"},
    {"CommentWithoutEnd", "a ; x",                           "1 [a]"},
    {"Group",             "a ( b\n c ; ) d\n\n) e\nf",       "1 [a][b][c]@2[e]@4 | 5 [f]"},
    {"GroupInGroup",      "a ((b\n) c\n) d",                 "1 [a][b][c]@2[d]@3"},
    {"GroupAtStart",      "(a\nb)\n( c )",                   "1 [a][b]@2 | 3 [c]"},
    {"GroupBehindBlank",  " (a\nb)",                         "1. [a][b]@2"},
    {"EmptyGroup",        "( )\na",                          "2 [a]"},
    {"GroupPartsTokens",  "a(b)c",                           "1 [a][b][c]"},
    {"Quoted",            "a \"b c\" \"\"",                  "1 [a][\"b c\"][\"\"]"},
    {"QuotedSpecials",    "\";()\\\"\" x",                   "1 [\"~;()\\\"\"][x]"},
    {"QuotedGlued",       "a=\"b\"\"c\"d e",                 "1 [a=]+[\"b\"]+[\"c\"]+[d][e]"},
    {"Escapes",           "a\\ b \\; \\\" \\( \\065",        "1 [~a\\ b][~\\;][~\\\"][~\\(][~\\065]"},
    {"HighOctets",        "\xc3\xa9 \xff",                   "1 [\xc3\xa9][\xff]"},
    {"ByteOrderMark",     "\xef\xbb\xbf" "a b",              "1 [a][b]"},
    {"ByteOrderMarkLater","a\n\xef\xbb\xbf" "b",             "1 [a] | 2 [\xef\xbb\xbf" "b]"},
    {"OpenQuote",         "a \"b\nc",                        "1: a quoted string is not closed on its line | 2 [c]"},
    {"OpenQuoteAtEnd",    "a\nb \"c",                        "1 [a] | 2: a quoted string is not closed on its line"},
    {"OpenQuoteEscaped",  "\"a\\\"\nb",                      "1: a quoted string is not closed on its line | 2 [b]"},
    {"OpenQuoteBackslash","\"a\\\nb",                        "1: a quoted string is not closed on its line | 2 [b]"},
    {"OpenQuoteInGroup",  "a ( b\n \"c\n d )\ne",            "2: a quoted string is not closed on its line | 4 [e]"},
    {"QuoteOverTwoLines", "a \"b\nc\" d\ne",               "1: a quoted string is not closed on its line | 3 [e]"},
    {"QuoteOverThree",    "a \"b\nc\nd\"\ne",              "1: a quoted string is not closed on its line | 4 [e]"},
    {"QuoteClosedAlone",  "a \"b\n\"\nc",                  "1: a quoted string is not closed on its line | 3 [c]"},
    {"QuoteClosedAtEnd",  "a \"b\nc\"",                    "1: a quoted string is not closed on its line"},
    {"QuoteClosedCrLf",   "a \"b\r\nc\"\r\nd",            "1: a quoted string is not closed on its line | 3 [d]"},
    {"QuoteOverEscaped",  "a \"b\nc\\\"d\" \"e\" ; f\ng",  "1: a quoted string is not closed on its line | 3 [g]"},
    {"QuoteOpenTwice",    "a \"b\nc \"d\ne",               "1: a quoted string is not closed on its line | 2: a quoted string is not closed on its line | 3 [e]"},
    {"QuoteOpenOnce",     "a \"b\nc \" d\"\ne",            "1: a quoted string is not closed on its line | 2 [c][\" d\"] | 3 [e]"},
    {"QuoteOverInGroup",  "a ( \"b\nc\" d\n e )\nf",       "1: a quoted string is not closed on its line | 4 [f]"},
    {"CloseOfABadGroup",  "a ( \"b\nc\n)\n) d\ne",         "1: a quoted string is not closed on its line | 2 [c] | 4: ')' without '(' | 5 [e]"},
    {"OpenGroup",         "a\nb (\n c\n d\ne\n( f )",        "1 [a] | 2: '(' is not closed | 5 [e] | 6 [f]"},
    {"OpenGroupTwice",    "a (\nb (\nc",                     "1: '(' is not closed | 2: '(' is not closed | 3 [c]"},
    {"OpenInnerGroup",    "a (\n ( b )\n c\nd",              "1: '(' is not closed | 4 [d]"},
    {"CloseAlone",        "a ) b\nc",                        "1: ')' without '(' | 2 [c]"},
    {"BackslashAtEnd",    "a \\\nb",                         "1: a backslash at the end of the line | 2 [b]"},
    {"LoneCr",            "a b\rc d\ne\n",                  "1: a carriage return without a line feed | 2 [e]"},
    {"LoneCrInGroup",     "a ( b\rc )\nd\n",               "1: a carriage return without a line feed | 2 [d]"},
    {"LoneCrInComment",   "a ;b\rc d\ne\n",                "1: a carriage return without a line feed | 2 [e]"},
    {"LoneCrIndented",    "a\n\r b\nc\n",                  "1 [a] | 2: a carriage return without a line feed | 3 [c]"},
    {"CrCrLf",            "a\r\r\nb\n",                    "1: a carriage return without a line feed | 2 [b]"},
    {"CrAtEnd",           "a b\r",                         "1 [a][b]"},
    {"CrOfACommentAtEnd", "a ;b\r",                        "1 [a]"},
    {"CrLfInComment",     "a ;b\r\nc\r\n",                 "1 [a] | 2 [c]"},
    {"BackslashAtCrLf",   "a \\\r\nb",                       "1: a backslash at the end of the line | 2 [b]"},
    {"BackslashAtTheEnd", "a\\",                             "1: a backslash at the end of the line"},
    {"Nul",               std::string("a \0 b\nc", 7),       "1: a NUL octet | 2 [c]"},
    {"NulInQuotes",       std::string("\"\0\"\nc", 5),       "1: a NUL octet | 2 [c]"},
    {"NulEscaped",        std::string("\\\0\nc", 4),         "1: a NUL octet | 2 [c]"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Texts, Scanner, testing::ValuesIn(kTexts),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ZoneScanner, LineLongerThanAPiece) {
  const std::string text = kLong + " a\nb";
  EXPECT_EQ(Drawn(text, 16), "1 [" + kLong + "][a] | 2 [b]");
}

TEST(ZoneScanner, TooManyTokens) {
  std::string most = "(";
  for (size_t i = 0; i < ZoneScanner::kEntryTokensMax; ++i) most += "\na";
  const std::string whole = most + ")";
  MemorySource source(whole);
  ZoneScanner scanner(source);
  ZoneEntry entry;
  ASSERT_TRUE(scanner.Next(entry));
  EXPECT_EQ(entry.tokens.size(), ZoneScanner::kEntryTokensMax);
  EXPECT_FALSE(scanner.Next(entry));

  // A group that is never closed is not read to the end of a large file first.
  const std::string more = "( b\n" + most.substr(1) + "\nc\nd";
  EXPECT_EQ(Drawn(more, ZoneScanner::kPieceBytes).substr(0, 61),
            "1: more fields than a record can have | 3 [a] | 4 [a] | 5 [a]");
}

// In column 1, as some tools write long RDATA.
TEST(ZoneScanner, TheEndOfAGroupWithTooManyTokensIsNoOtherMistake) {
  std::string text = "a (\n";
  for (size_t i = 0; i < ZoneScanner::kEntryTokensMax; ++i) text += "b ";
  EXPECT_EQ(
      Drawn(text + "b\n)\nc", ZoneScanner::kPieceBytes),
      "1: more fields than a record can have | 2: more fields than a record can have | 4 [c]");
  EXPECT_EQ(Drawn(text + "b\n)\n)\nc", ZoneScanner::kPieceBytes),
            "1: more fields than a record can have | 2: more fields than a record can have | "
            "4: ')' without '(' | 5 [c]");
}

TEST(ZoneScanner, TheEndOfAGroupThatIsTooLongIsNoOtherMistake) {
  const std::string text =
      "a (\n" + std::string(ZoneScanner::kEntryBytesMax + 4'096, 'x') + "\nb )\nc";
  EXPECT_EQ(Drawn(text, ZoneScanner::kPieceBytes),
            "1: a record of over 16 MiB of text | 2: a record of over 16 MiB of text | 4 [c]");
}

TEST(ZoneScanner, TooLongAComment) {
  const std::string text = "a ;" + std::string(ZoneScanner::kEntryBytesMax + 4'096, 'x') + "\n b";
  EXPECT_EQ(Drawn(text, ZoneScanner::kPieceBytes), "1: a comment of over 16 MiB | 2. [b]");
}

TEST(ZoneScanner, TooLongAnEntry) {
  const std::string text = "a\n" + std::string(ZoneScanner::kEntryBytesMax + 4'096, 'x') + " y\nb";
  EXPECT_EQ(Drawn(text, ZoneScanner::kPieceBytes),
            "1 [a] | 2: a record of over 16 MiB of text | 3 [b]");
}

// So that the search for it costs little, however often a file has such a mistake.
TEST(ZoneScanner, TheEndOfAQuoteIsNotSoughtFarAway) {
  constexpr absl::string_view kOpen = ": a quoted string is not closed on its line | ";
  const std::string between(ZoneScanner::kQuoteLookBytesMax, 'x');
  EXPECT_EQ(Drawn(absl::StrCat("a \"b\n", between, "\nc\" d\ne"), ZoneScanner::kPieceBytes),
            absl::StrCat("1", kOpen, "2 [", between, "] | 3", kOpen, "4 [e]"));
}

// Each octet at each place of a block, among others of all kinds.
TEST(TextBlock, KnowsEveryOctet) {
  std::minstd_rand random(1);
  constexpr absl::string_view kSpecial(" \t\r\n;\"()\\\0.a", 12);
  char text[TextBlock::kBytes + 16];
  for (int octet = 0; octet < 256; ++octet) {
    for (size_t at = 0; at < TextBlock::kBytes; ++at) {
      for (char& c : text) c = kSpecial[random() % kSpecial.size()];
      text[at] = static_cast<char>(octet);
      const TextBlock block = Classify(text);
      const TextBlock want = ClassifyOneByOne(text);
      ASSERT_EQ(block.blanks, want.blanks) << octet << " at " << at;
      ASSERT_EQ(block.stops, want.stops) << octet << " at " << at;
      uint8_t copy[16];
      const uint32_t dots = CopyAndFindDots(text + at, copy);
      for (size_t i = 0; i < 16; ++i) {
        ASSERT_EQ(dots >> i & 1, text[at + i] == '.' ? 1u : 0u);
        ASSERT_EQ(copy[i], static_cast<uint8_t>(text[at + i]));
      }
    }
  }
}

// Fields that end, and lines that do, at and about the ends of blocks.
TEST(ZoneScanner, PlainLinesOfEveryLength) {
  for (size_t length = 0; length < 3 * TextBlock::kBytes; ++length) {
    for (const char* tail :
         {"\n", " y\n", "  y z \n", ";c\n", " ;c\n", "\r\n", "", "(\n)\n", "\"y\"\n"}) {
      for (const char* head : {"", " ", "a ", "\n"}) {
        const std::string text = head + std::string(length, 'x') + tail + "end of it\n";
        ASSERT_EQ(Drawn(text, text.size() + 1), Drawn(text, text.size() + 1, false)) << text;
        ASSERT_EQ(Drawn(text, 64), Drawn(text, 64, false)) << text;
      }
    }
  }
}

TEST(ZoneScanner, PlainLineOfManyFields) {
  for (const size_t fields : {63, 64, 65, 66, 200}) {
    std::string text = "b\n";
    for (size_t i = 0; i < fields; ++i) text += "a ";
    text += "\nc\n";
    EXPECT_EQ(Drawn(text, 4'096), Drawn(text, 4'096, false)) << fields;
  }
}

// The two ways through the scanner agree on every file at hand.
TEST(ZoneScanner, PlainLinesOfWholeFiles) {
  std::vector<std::string> folders = {HITHER_SOURCE_DIR "/tests/zones/data",
                                      HITHER_SOURCE_DIR "/tests/fuzz/corpus/zone_file",
                                      HITHER_SOURCE_DIR "/examples"};
  const char* const corpus = std::getenv("HITHER_CORPUS");
  if (corpus != nullptr) folders.push_back(absl::StrCat(corpus, "/data"));
  size_t files = 0;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      EXPECT_TRUE(Drawn(text, ZoneScanner::kPieceBytes) ==
                  Drawn(text, ZoneScanner::kPieceBytes, false))
          << entry.path();
      EXPECT_TRUE(Drawn(text, 100) == Drawn(text, ZoneScanner::kPieceBytes, false)) << entry.path();
      ++files;
    }
  }
  EXPECT_GT(files, 3u);
}

class FailingSource : public TextSource {
 public:
  ssize_t Read(char* to, size_t room) override {
    if (reads_++ > 0 || room < 4) {
      errno = EIO;
      return -1;
    }
    to[0] = 'a';
    to[1] = '\n';
    return 2;
  }

 private:
  int reads_ = 0;
};

TEST(ZoneScanner, ReadErrorEndsTheText) {
  FailingSource source;
  ZoneScanner scanner(source);
  ZoneEntry entry;
  EXPECT_TRUE(scanner.Next(entry));
  EXPECT_FALSE(scanner.Next(entry));
  EXPECT_EQ(scanner.read_error(), EIO);
}

}  // namespace
}  // namespace hither
