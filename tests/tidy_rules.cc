#include "tests/tidy_rules.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hither {
namespace {

std::string At(const SourceFile& file, size_t line, absl::string_view what) {
  return absl::StrCat(file.path, ":", line, ": ", what);
}

std::vector<absl::string_view> Lines(absl::string_view text) { return absl::StrSplit(text, '\n'); }

bool IsCpp(absl::string_view path) {
  return absl::EndsWith(path, ".cc") || absl::EndsWith(path, ".h");
}

// Characters, not octets: a § is one column.
size_t Columns(absl::string_view line) {
  size_t columns = 0;
  for (const char c : line) columns += (c & 0xc0) != 0x80;
  return columns;
}

bool IsWordChar(char c) { return absl::ascii_isalnum(c) || c == '_'; }

bool HasWord(absl::string_view line, absl::string_view word) {
  for (size_t at = line.find(word); at != absl::string_view::npos; at = line.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordChar(line[at - 1]);
    if (starts && (end == line.size() || !IsWordChar(line[end]))) return true;
  }
  return false;
}

// Where the comment or literal that starts at `at` ends; `at` itself if none starts there.
size_t EndOfNoCode(absl::string_view text, size_t at) {
  const absl::string_view rest = text.substr(at);
  const auto past = [&](absl::string_view end, size_t from) {
    const size_t found = text.find(end, from);
    return found == absl::string_view::npos ? text.size() : found + end.size();
  };
  if (absl::StartsWith(rest, "//")) return past("\n", at) - 1;
  if (absl::StartsWith(rest, "/*")) return past("*/", at);
  if (absl::StartsWith(rest, "R\"")) {
    const absl::string_view name = rest.substr(2, rest.find('(') - 2);
    return past(absl::StrCat(")", name, "\""), at);
  }
  if (rest[0] != '"' && rest[0] != '\'') return at;
  if (rest[0] == '\'' && at > 0 && absl::ascii_isxdigit(text[at - 1])) return at;  // As in 1'000.
  size_t end = at + 1;
  while (end < text.size() && text[end] != rest[0] && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size());
}

// The same text, octet by octet, with blanks for what is in comments and literals, so that braces
// and parentheses can be counted.
std::string Blanked(const std::string& text) {
  std::string out = text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = EndOfNoCode(text, at);
    for (size_t i = at; i < end; ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
    at = std::max(end, at + 1);
  }
  return out;
}

// Does a brace after `head` (all since the last ;, { or }) open a function's body?
bool OpensFunction(absl::string_view head) {
  for (const char* scope : {"namespace", "class", "struct", "enum", "union", "extern"}) {
    if (HasWord(head, scope)) return false;
  }
  return absl::StrContains(head, ")") && !absl::EndsWith(absl::StripAsciiWhitespace(head), "=");
}

}  // namespace

Problems LongLines(const SourceFile& file) {
  Problems problems;
  bool formatted = true;
  size_t number = 0;
  for (const absl::string_view line : Lines(file.text)) {
    ++number;
    const absl::string_view mark = absl::StripAsciiWhitespace(line);
    if (mark == "// clang-format off") formatted = false;
    if (mark == "// clang-format on") formatted = true;
    if (!formatted) continue;
    if (Columns(line) > kColumnsMax) {
      problems.push_back(At(file, number, absl::StrCat(Columns(line), " columns")));
    }
  }
  return problems;
}

Problems LongFunctions(const SourceFile& file) {
  Problems problems;
  if (!IsCpp(file.path)) return problems;
  const std::string code = Blanked(file.text);
  std::string head;
  size_t line = 1;
  size_t head_line = 1;
  size_t depth = 0;          // Of braces within the function.
  size_t function_line = 0;  // 0: in none.
  for (const char c : code) {
    if (c == '\n') ++line;
    if (function_line != 0) {
      depth += c == '{';
      if (c == '}' && --depth == 0) {
        const size_t lines = line - function_line + 1;
        if (lines > kFunctionLinesMax) {
          problems.push_back(
              At(file, function_line, absl::StrCat("a function of ", lines, " lines")));
        }
        function_line = 0;
        head.clear();
      }
      continue;
    }
    if (c == '{' && OpensFunction(head)) {
      function_line = head_line;
      depth = 1;
    }
    if (c == '{' || c == '}' || c == ';') {
      head.clear();
      continue;
    }
    if (head.empty()) {
      if (absl::ascii_isspace(c)) continue;
      head_line = line;
    }
    head.push_back(c);
  }
  return problems;
}

Problems LongFiles(const SourceFile& file) {
  const size_t lines = Lines(file.text).size() - 1;
  if (lines <= kFileLinesMax) return {};
  return {At(file, 1, absl::StrCat(lines, " lines; look for the seam"))};
}

Problems Leftovers(const SourceFile& file) {
  Problems problems;
  size_t number = 0;
  for (const absl::string_view line : Lines(file.text)) {
    ++number;
    // In two halves each, for this file is looked at too.
    for (const char* word : {"FIX"
                             "ME",
                             "X"
                             "XX",
                             "HA"
                             "CK"}) {
      if (HasWord(line, word)) problems.push_back(At(file, number, word));
    }
  }
  return problems;
}

Problems UnboundedJson(const SourceFile& file) {
  Problems problems;
  const bool may = file.path == "base/json_text.h" || absl::StartsWith(file.path, "tests/");
  if (!IsCpp(file.path) || may) return problems;
  size_t number = 0;
  const std::string code = Blanked(file.text);
  for (const absl::string_view line : Lines(code)) {
    ++number;
    const bool parses =
        absl::StrContains(line, "json::parse(") || absl::StrContains(line, "Json::parse(");
    if (parses) problems.push_back(At(file, number, "use ParseJson() of base/json_text.h"));
  }
  return problems;
}

Problems ForeignWords(const SourceFile& file) {
  Problems problems;
  size_t number = 0;
  const std::string text = absl::AsciiStrToLower(file.text);
  for (const absl::string_view line : Lines(text)) {
    ++number;
    // In two halves each, because this file is checked, too.
    for (const char* word : {"an"
                             "ew",
                             "un"
                             "told",
                             "who"
                             "ever",
                             "of "
                             "which",
                             "in "
                             "vain"}) {
      if (!HasWord(line, word)) continue;
      problems.push_back(At(file, number, absl::StrCat("'", word, "'; write plain English")));
    }
  }
  return problems;
}

Problems RawCloses(const SourceFile& file) {
  Problems problems;
  const bool may = file.path == "base/file_descriptor.h" || absl::StartsWith(file.path, "tests/");
  if (!IsCpp(file.path) || may) return problems;
  constexpr absl::string_view kCall = "close(";
  size_t number = 0;
  const std::string code = Blanked(file.text);
  for (const absl::string_view line : Lines(code)) {
    ++number;
    for (size_t at = line.find(kCall); at != absl::string_view::npos;
         at = line.find(kCall, at + 1)) {
      const char before = at == 0 ? ' ' : line[at - 1];
      if (IsWordChar(before) || before == '.' || before == '>') continue;  // Another function.
      problems.push_back(At(file, number, "use FileDescriptor of base/file_descriptor.h"));
    }
  }
  return problems;
}

Problems IncludeGuards(const SourceFile& file) {
  if (!absl::EndsWith(file.path, ".h")) return {};
  const std::string guard = absl::StrCat(
      "HITHER_",
      absl::AsciiStrToUpper(absl::StrReplaceAll(file.path, {{"/", "_"}, {".", "_"}, {"-", "_"}})),
      "_");
  Problems problems;
  if (!absl::StrContains(file.text, absl::StrCat("#ifndef ", guard, "\n#define ", guard, "\n"))) {
    problems.push_back(At(file, 1, absl::StrCat("no include guard ", guard)));
  }
  if (!absl::EndsWith(file.text, absl::StrCat("#endif  // ", guard, "\n"))) {
    problems.push_back(
        At(file, Lines(file.text).size() - 1, absl::StrCat("does not end the guard ", guard)));
  }
  return problems;
}

Problems UnlistedSources(const SourceFile& file, absl::string_view cmake_lists) {
  if (!absl::EndsWith(file.path, ".cc")) return {};
  const std::vector<absl::string_view> parts = absl::StrSplit(file.path, '/');
  const absl::string_view name = parts.back();
  for (const absl::string_view line : Lines(cmake_lists)) {
    const absl::string_view code = line.substr(0, line.find('#'));
    for (const absl::string_view word : absl::StrSplit(code, absl::ByAnyChar(" \t()\""))) {
      if (word == name || absl::EndsWith(word, absl::StrCat("/", name))) return {};
    }
  }
  return {At(file, 1, "in no CMakeLists.txt")};
}

}  // namespace hither
