#ifndef HITHER_TESTS_TIDY_CODE_H_
#define HITHER_TESTS_TIDY_CODE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/tidy_rules.h"

// What the rules share: a rough look at C++, by its characters.
namespace hither {

std::string At(const SourceFile& file, size_t line, absl::string_view what);
std::vector<absl::string_view> Lines(absl::string_view text);
bool IsCpp(absl::string_view path);
size_t Columns(absl::string_view line);  // Characters, not octets: a § is one column.

bool IsWordChar(char c);
bool HasWord(absl::string_view line, absl::string_view word);

// The same text, octet by octet, with blanks for what is in comments and literals, so that braces
// and parentheses can be counted.
std::string Blanked(const std::string& text);

// Does a brace after `head` (all since the last ;, { or }) open a function's body?
bool OpensFunction(absl::string_view head);

}  // namespace hither

#endif  // HITHER_TESTS_TIDY_CODE_H_
