#ifndef HITHER_TESTS_TIDY_RULES_H_
#define HITHER_TESTS_TIDY_RULES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hither {

// The house's rules that a program can check. Each rule looks at one file and gives
// "path:line: what" for each breach. Text is UTF-8; no rule fails on any text.
struct SourceFile {
  std::string path;  // From the top of the tree: "dns/name.cc".
  std::string text;
};

using Problems = std::vector<std::string>;

inline constexpr size_t kColumnsMax = 100;
inline constexpr size_t kFunctionLinesMax = 70;
inline constexpr size_t kFileLinesMax = 500;

Problems LongLines(const SourceFile& file);      // Outside of "clang-format off".
Problems LongFunctions(const SourceFile& file);  // C++ only; found by their braces.
Problems LongFiles(const SourceFile& file);
Problems Leftovers(const SourceFile& file);  // What somebody meant to do later.
Problems IncludeGuards(const SourceFile& file);
Problems UnboundedJson(const SourceFile& file);  // A parser called but by base/json_text.h.

// Includes against the arrows zones <- answer <- server, base beside them. `is_pure`: is the path
// (of a source or its header) part of hither_answer, which knows no sockets?
Problems Includes(const SourceFile& file,
                  const std::function<bool(absl::string_view path)>& is_pure);

// Is the source's file name in the text of its folder's CMakeLists.txt?
Problems UnlistedSources(const SourceFile& file, absl::string_view cmake_lists);

// The sources of `library` in the text of a CMakeLists.txt, as written there.
std::vector<std::string> LibrarySources(absl::string_view cmake_lists, absl::string_view library);

}  // namespace hither

#endif  // HITHER_TESTS_TIDY_RULES_H_
