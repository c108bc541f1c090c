#ifndef HITHER_TESTS_TIDY_RULES_H_
#define HITHER_TESTS_TIDY_RULES_H_

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
inline constexpr size_t kDataMembersMax = 20;

Problems LongLines(const SourceFile& file);      // Outside of "clang-format off".
Problems LongFunctions(const SourceFile& file);  // C++ only; found by their braces.
Problems LongFiles(const SourceFile& file);
Problems Leftovers(const SourceFile& file);  // What somebody meant to do later.
Problems IncludeGuards(const SourceFile& file);
// The parser's headers outside of base/json_reader.cc and json_writer.cc: 5 to 9 s for each file,
// and texts that are read without limits. Not in tests.
Problems UnboundedJson(const SourceFile& file);

Problems ForeignWords(const SourceFile& file);  // Words that an English manual would not use.
// close() of a descriptor whose owner is no FileDescriptor; not in tests.
Problems RawCloses(const SourceFile& file);
// libuv's handles made or closed outside of base/net/; not in tests.
Problems RawHandles(const SourceFile& file);
// Classes of more than kDataMembersMax members `name_`, unless the comment above the class has a
// line "// Data members: WHY".
Problems LargeClasses(const SourceFile& file);

// Includes against the arrows of ARCHITECTURE.md, one row a folder (tidy_includes.cc).
Problems Includes(const SourceFile& file);

// Is the source's file name in the text of its folder's CMakeLists.txt?
Problems UnlistedSources(const SourceFile& file, absl::string_view cmake_lists);

}  // namespace hither

#endif  // HITHER_TESTS_TIDY_RULES_H_
