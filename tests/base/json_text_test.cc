#include "base/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using Json = nlohmann::json;

std::string Nested(int depth) {
  return absl::StrCat(std::string(static_cast<size_t>(depth), '['),
                      std::string(static_cast<size_t>(depth), ']'));
}

TEST(JsonText, DepthHasALimit) {
  EXPECT_TRUE(ParseJson<Json>(Nested(kJsonDepthMax)).is_array());
  EXPECT_TRUE(ParseJson<Json>(Nested(kJsonDepthMax + 1)).is_discarded());
  EXPECT_TRUE(ParseJson<Json>(std::string(4u << 20, '[')).is_discarded());
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
  EXPECT_EQ(ParseJson<Json>(absl::StrCat("[\"\\\"", brackets, "\"]"))[0], "\"" + brackets);
  EXPECT_TRUE(ParseJson<Json>(absl::StrCat("[\"", brackets, "\\\\\"", brackets)).is_discarded());
  EXPECT_EQ(ParseJson<Json>(absl::StrCat("{\"", brackets, "\": 1}")).size(), 1u);
}

TEST(JsonText, WhatIsNoJsonIsDiscarded) {
  for (const char* text : {"", "]", "[}", "\"", "\"\\", "<html>"}) {
    EXPECT_TRUE(ParseJson<Json>(text).is_discarded()) << text;
  }
}

}  // namespace
}  // namespace hither
