#include "zones/zone_scanner.h"

#include <cerrno>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

// "2 [a][~b]+["c d"]": line, ~ for a token with escapes, + for one glued to the last. A line that
// starts with a blank has its number followed by a dot.
std::string Drawn(absl::string_view text, size_t piece_bytes) {
  MemorySource source(text);
  ZoneScanner scanner(source, piece_bytes);
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
    {"OpenGroup",         "a\nb (\n c\n d\ne\n( f )",        "1 [a] | 2: '(' is not closed | 5 [e] | 6 [f]"},
    {"OpenGroupTwice",    "a (\nb (\nc",                     "1: '(' is not closed | 2: '(' is not closed | 3 [c]"},
    {"OpenInnerGroup",    "a (\n ( b )\n c\nd",              "1: '(' is not closed | 4 [d]"},
    {"CloseAlone",        "a ) b\nc",                        "1: ')' without '(' | 2 [c]"},
    {"BackslashAtEnd",    "a \\\nb",                         "1: a backslash at the end of the line | 2 [b]"},
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

TEST(ZoneScanner, TooLongAnEntry) {
  const std::string text = "a\n" + std::string(ZoneScanner::kEntryBytesMax + 4'096, 'x') + " y\nb";
  EXPECT_EQ(Drawn(text, ZoneScanner::kPieceBytes),
            "1 [a] | 2: a record of over 16 MiB of text | 3 [b]");
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
