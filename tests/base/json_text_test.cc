#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

std::string Nested(int depth) {
  return absl::StrCat(std::string(static_cast<size_t>(depth), '['),
                      std::string(static_cast<size_t>(depth), ']'));
}

TEST(JsonText, DepthHasALimit) {
  EXPECT_TRUE(IsModestJson(Nested(kJsonDepthMax)));
  EXPECT_FALSE(IsModestJson(Nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(IsModestJson(std::string(4u << 20, '[')));
  std::string objects;
  for (int i = 0; i <= kJsonDepthMax; ++i) objects += R"({"a":)";
  EXPECT_FALSE(IsModestJson(objects));
}

TEST(JsonText, SoHasTheNumberOfValues) {
  std::string text = "[0";
  for (size_t i = 2; i < kJsonValuesMax; ++i) text += ",0";
  EXPECT_TRUE(IsModestJson(text));
  EXPECT_FALSE(IsModestJson(text + ",0"));
}

TEST(JsonText, StringsAreNoBrackets) {
  const std::string brackets(100, '[');
  EXPECT_TRUE(IsModestJson(absl::StrCat("[\"\\\"", brackets, "\"]")));
  EXPECT_FALSE(IsModestJson(absl::StrCat("[\"\\\\\"", brackets, "\"]")));
  EXPECT_TRUE(IsModestJson(absl::StrCat("{\"", brackets, "\": 1}")));
}

}  // namespace
}  // namespace hither
