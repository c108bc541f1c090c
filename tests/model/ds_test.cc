// RFC 4035 §3.1.4.1, exhaustively: whichever of the zones ".", "a.", "b.a." and "c.b.a." a server
// has and whatever they delegate, a DS question at an apex is answered by the parent, if that is
// served, and else by the child; never by a referral from further above.

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

constexpr std::array<const char*, 4> kNames = {".", "a.", "b.a.", "c.b.a."};
constexpr size_t kLevels = kNames.size();

// Which of the names are served, and which are delegated by which: cuts[above][below].
struct Tree {
  std::array<bool, kLevels> served;
  std::array<std::array<bool, kLevels>, kLevels> cuts;
};

std::string ZoneText(const Tree& tree, size_t level) {
  std::string text = "@ 60 SOA a. b. 1 2 3 4 5\n@ 60 NS ns.elsewhere.\n";
  for (size_t below = level + 1; below < kLevels; ++below) {
    if (tree.cuts[level][below]) absl::StrAppend(&text, kNames[below], " 60 NS ns.elsewhere.\n");
  }
  return text;
}

// The level that answers for `level`, or kLevels where that is not said here.
size_t WhoAnswers(const Tree& tree, size_t level) {
  const size_t child = tree.served[level] ? level : kLevels;
  for (size_t above = level; above-- > 0;) {
    if (!tree.served[above]) continue;
    for (size_t between = above + 1; between < level; ++between) {
      if (tree.cuts[above][between]) return child;  // Whose parent is elsewhere.
    }
    return tree.cuts[above][level] ? above : child;
  }
  return child;
}

std::string ToText(const Tree& tree) {
  std::string text;
  for (size_t level = 0; level < kLevels; ++level) {
    if (tree.served[level]) absl::StrAppend(&text, kNames[level], "\n", ZoneText(tree, level));
  }
  return text;
}

void Check(const Tree& tree) {
  TestServer server;
  for (size_t level = 0; level < kLevels; ++level) {
    if (tree.served[level]) server.Add(kNames[level], ZoneText(tree, level));
  }
  for (size_t level = 0; level < kLevels; ++level) {
    const size_t who = WhoAnswers(tree, level);
    if (who == kLevels) continue;
    ASSERT_EQ(server.Ask(absl::StrCat(kNames[level], " DS")),
              absl::StrCat("NOERROR aa | ; ", kNames[who], " 5 SOA"))
        << kNames[level] << " of\n"
        << ToText(tree);
  }
}

TEST(DsQuestion, IsTheParentsOrTheChilds) {
  for (unsigned bits = 0; bits < 1u << 10; ++bits) {
    Tree tree = {};
    unsigned left = bits;
    const auto next = [&left] {
      const bool bit = (left & 1) != 0;
      left >>= 1;
      return bit;
    };
    for (size_t above = 0; above < kLevels; ++above) {
      tree.served[above] = next();
      for (size_t below = above + 1; below < kLevels; ++below) tree.cuts[above][below] = next();
    }
    Check(tree);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace hither
