#include "tests/tidy_code.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hither {
namespace {

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

}  // namespace

std::string At(const SourceFile& file, size_t line, absl::string_view what) {
  return absl::StrCat(file.path, ":", line, ": ", what);
}

std::vector<absl::string_view> Lines(absl::string_view text) { return absl::StrSplit(text, '\n'); }

bool IsCpp(absl::string_view path) {
  return absl::EndsWith(path, ".cc") || absl::EndsWith(path, ".h");
}

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

bool OpensFunction(absl::string_view head) {
  for (const char* scope : {"namespace", "class", "struct", "enum", "union", "extern"}) {
    if (HasWord(head, scope)) return false;
  }
  return absl::StrContains(head, ")") && !absl::EndsWith(absl::StripAsciiWhitespace(head), "=");
}

}  // namespace hither
