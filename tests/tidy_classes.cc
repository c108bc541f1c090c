// LargeClasses(): the data members of each class, found by braces and semicolons.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/tidy_code.h"
#include "tests/tidy_rules.h"

namespace hither {
namespace {

constexpr absl::string_view kReason = "// Data members: ";

// What stands between braces.
struct Block {
  enum class Kind { kClass, kFunction, kOther } kind = Kind::kOther;
  std::string head;  // What stands before it.
  size_t line = 0;   // Of a class: where it begins.
  size_t members = 0;
};

bool IsInClass(const std::vector<Block>& blocks) {
  return !blocks.empty() && blocks.back().kind == Block::Kind::kClass;
}

Block::Kind KindOf(absl::string_view head) {
  if (OpensFunction(head)) return Block::Kind::kFunction;
  const bool is_class = HasWord(head, "class") || HasWord(head, "struct");
  return is_class && !HasWord(head, "enum") ? Block::Kind::kClass : Block::Kind::kOther;
}

// Is this declaration, without what braces hold, of a data member whose name ends in "_"?
bool IsMember(absl::string_view text) {
  for (const char* word : {"static", "using", "typedef", "friend"}) {
    if (HasWord(text, word)) return false;
  }
  text = text.substr(0, text.find(" ABSL_"));
  text = text.substr(0, text.find('='));
  text = absl::StripTrailingAsciiWhitespace(text);
  if (absl::EndsWith(text, "]")) text = text.substr(0, text.rfind('['));
  if (!absl::EndsWith(text, "_")) return false;
  const auto begin = std::find_if_not(text.rbegin(), text.rend(), IsWordChar);
  const bool is_whole = std::ranges::count(text, '(') == std::ranges::count(text, ')');
  return is_whole && begin != text.rend();  // A type stands before the name.
}

// Does the comment above this line (counted from 1) have a reason?
bool HasReason(const std::vector<absl::string_view>& lines, size_t line) {
  for (size_t i = line - 1; i-- > 0;) {
    const absl::string_view text = absl::StripAsciiWhitespace(lines[i]);
    if (absl::StartsWith(text, kReason)) return true;
    if (!absl::StartsWith(text, "//")) return false;
  }
  return false;
}

bool IsAccess(absl::string_view head) {
  return head == "public:" || head == "protected:" || head == "private:";
}

}  // namespace

Problems LargeClasses(const SourceFile& file) {
  Problems problems;
  if (!IsCpp(file.path)) return problems;
  const std::vector<absl::string_view> lines = absl::StrSplit(file.text, '\n');
  std::vector<Block> blocks;
  std::string head;  // Since the last ;, or the block that contains this.
  size_t line = 1;
  size_t head_line = 1;
  for (const char c : Blanked(file.text)) {
    if (c == '\n') ++line;
    if (c == '{') {
      blocks.push_back({KindOf(head), std::exchange(head, {}), head_line, 0});
    } else if (c == '}' && !blocks.empty()) {
      const Block block = std::move(blocks.back());
      blocks.pop_back();
      // What follows may still belong to it: "int a_ = {1};", "enum E { kA } a_;".
      const bool goes_on = IsInClass(blocks) && block.kind != Block::Kind::kFunction;
      head = goes_on ? block.head : "";
      if (block.members > kDataMembersMax && !HasReason(lines, block.line)) {
        problems.push_back(
            At(file, block.line,
               absl::StrCat("a class of ", block.members,
                            " data members; look for parts, or say why: ", kReason, "WHY")));
      }
    } else if (c == ';') {
      if (IsInClass(blocks) && IsMember(head)) ++blocks.back().members;
      head.clear();
    } else if (!head.empty() || !absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (head.empty()) head_line = line;
      head.push_back(c);
      if (c == ':' && IsAccess(head)) head.clear();
    }
  }
  return problems;
}

}  // namespace hither
