#include "daemon/config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// "2:{1:a=1:b}": a line before each node.
std::string Shown(const YamlNode& node) {
  std::string out = absl::StrCat(node.line, ":");
  switch (node.kind) {
    case YamlNode::kNull:
      return out + "~";
    case YamlNode::kText:
      return out + node.text;
    case YamlNode::kList:
      out += "[";
      for (const YamlNode& item : node.children) absl::StrAppend(&out, " ", Shown(item));
      return out + " ]";
    case YamlNode::kMap:
      out += "{";
      for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
        absl::StrAppend(&out, " ", Shown(node.children[i]), "=", Shown(node.children[i + 1]));
      }
      return out + " }";
  }
  return out;
}

struct Case {
  const char* name;
  absl::string_view text;
  const char* shown;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class YamlTree : public testing::TestWithParam<Case> {};

TEST_P(YamlTree, HasWhatTheFileSays) {
  const absl::StatusOr<YamlNode> tree = ParseYaml(GetParam().text, "t.yaml");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(Shown(*tree), GetParam().shown);
}

// clang-format off
const Case kCases[] = {
    {"Empty", "", "1:~"},
    {"OnlyComments", "# a\n# b\n", "1:~"},
    {"Block", "a: b\nc:\n  - d\n  - e: f\n", "1:{ 1:a=1:b 2:c=3:[ 3:d 4:{ 4:e=4:f } ] }"},
    {"Flow", "{a: [b, 'c'], d: {}}", "1:{ 1:a=1:[ 1:b 1:c ] 1:d=1:{ } }"},
    {"MissingValueIsOnItsKeysLine", "a:\n\nb: c\n", "1:{ 1:a=1:~ 3:b=3:c }"},
    {"DuplicateKeysAreKept", "a: 1\na: 2\n", "1:{ 1:a=1:1 2:a=2:2 }"},
    {"QuotedIsText", "a: '~'\nb: \"x\\ty\"\n", "1:{ 1:a=1:~ 2:b=2:x\ty }"},
    {"LinesOfDos", "a: b\r\nc: d\r\n", "1:{ 1:a=1:b 2:c=2:d }"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, YamlTree, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

// yaml-cpp's own words name neither the tab nor, often, its line.
TEST(YamlTree, ATabIsNamed) {
  for (const absl::string_view text :
       {"a:\n\tb: c\n", "a:\n  b: c\n\td: e\n", "a:\n  - b\n\t- c\n", "a: {\n  b: c,\n\t}}\n"}) {
    const absl::StatusOr<YamlNode> tree = ParseYaml(text, "t.yaml");
    ASSERT_FALSE(tree.ok()) << text;
    EXPECT_THAT(std::string(tree.status().message()),
                testing::EndsWith(": a tab indents this line; YAML allows only spaces there"))
        << text;
  }
  EXPECT_TRUE(ParseYaml("a:\n  # \t\n  b: 'c\td'\n", "t.yaml").ok());
}

TEST(YamlTree, NodesAreBounded) {
  const YamlLimits limits = {.depth_max = 16, .nodes_max = 4};
  EXPECT_TRUE(ParseYaml("[a, b, c]", "t.yaml", limits).ok());
  EXPECT_EQ(ParseYaml("[a, b,\nc, d]", "t.yaml", limits).status().message(),
            "t.yaml:2: too many values; split the file");
}

TEST(YamlTree, DepthIsBounded) {
  const YamlLimits limits = {.depth_max = 2, .nodes_max = 100};
  EXPECT_TRUE(ParseYaml("[[a]]", "t.yaml", limits).ok());
  EXPECT_EQ(ParseYaml("[[{a: b}]]", "t.yaml", limits).status().message(),
            "t.yaml:1: lists and maps are nested too deeply; flatten them");
}

}  // namespace
}  // namespace hither
