#include "tests/tidy_rules.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/tidy_code.h"

namespace hither {

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
  const bool may = file.path == "base/json_reader.cc" || file.path == "base/json_writer.cc" ||
                   absl::StartsWith(file.path, "tests/");
  if (!IsCpp(file.path) || may) return problems;
  size_t number = 0;
  for (const absl::string_view line : Lines(file.text)) {
    ++number;
    if (!absl::StartsWith(line, "#include") || !absl::StrContains(line, "nlohmann/")) continue;
    problems.push_back(At(file, number, "use base/json_reader.h or base/json_writer.h"));
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

Problems RawHandles(const SourceFile& file) {
  constexpr absl::string_view kMay[] = {
      "base/net/", "tests/",
      "server/listen/",  // Its handles are parts of listeners and connections: one allocation.
  };
  const auto is_of = [&](absl::string_view folder) { return absl::StartsWith(file.path, folder); };
  Problems problems;
  if (!IsCpp(file.path) || std::ranges::any_of(kMay, is_of)) return problems;
  size_t number = 0;
  const std::string code = Blanked(file.text);
  for (const absl::string_view line : Lines(code)) {
    ++number;
    for (size_t at = line.find("uv_"); at != absl::string_view::npos; at = line.find("uv_", at)) {
      const bool starts = at == 0 || !IsWordChar(line[at - 1]);
      const size_t begin = at;
      while (at < line.size() && IsWordChar(line[at])) ++at;
      const absl::string_view name = line.substr(begin, at - begin);
      if (!starts || at == line.size() || line[at] != '(') continue;
      const bool makes = absl::EndsWith(name, "_init") && name != "uv_loop_init" &&
                         name != "uv_buf_init";  // Neither is a handle.
      if (!makes && name != "uv_close") continue;
      problems.push_back(At(file, number, absl::StrCat(name, "; use an owner of base/net/uv.h")));
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
