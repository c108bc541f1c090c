#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace hither {
namespace {

using Judge = nlohmann::ordered_json;

std::string Dump(const Judge& json, int indent = -1, bool ascii = false) {
  return json.dump(indent, ' ', ascii, Judge::error_handler_t::replace);
}

TEST(JsonWriter, WritesEachType) {
  const std::optional<uint32_t> none;
  const JsonObject object({{"null", nullptr},
                           {"yes", true},
                           {"int", -7},
                           {"u8", uint8_t{200}},
                           {"wide", std::numeric_limits<uint64_t>::max()},
                           {"least", std::numeric_limits<int64_t>::min()},
                           {"real", 1.5},
                           {"literal", "a"},
                           {"view", absl::string_view("b")},
                           {"string", std::string("c")},
                           {"none", none},
                           {"some", std::optional<std::string>("d")},
                           {"vector", std::vector<std::string>{"e", "f"}},
                           {"set", std::set<uint32_t>{2, 1}},
                           {"deque", std::deque<double>{0.5}},
                           {"array", JsonArray()},
                           {"object", JsonObject({{"in", JsonObject()}})}});
  EXPECT_EQ(JsonValue(object).Compact(),
            R"({"null":null,"yes":true,"int":-7,"u8":200,"wide":18446744073709551615,)"
            R"("least":-9223372036854775808,"real":1.5,"literal":"a","view":"b","string":"c",)"
            R"("none":null,"some":"d","vector":["e","f"],"set":[1,2],"deque":[0.5],"array":[],)"
            R"("object":{"in":{}}})");
  EXPECT_EQ(object.size(), 17u);
}

TEST(JsonWriter, MembersKeepTheirOrder) {
  JsonObject object({{"b", 1}});
  object.Add("a", 2);
  JsonArray array;
  array.Add(object);
  array.Add("x");
  EXPECT_EQ(array.size(), 2u);
  EXPECT_EQ(JsonValue(array).Compact(), R"([{"b":1,"a":2},"x"])");
}

TEST(JsonWriter, DoublesAreThoseOfTheLibrary) {
  using Limits = std::numeric_limits<double>;
  for (const double number : {0.0, -0.0, 1.0, 100.0, 0.1, 1e15, 1e16, 123456789012345678.0, 1e-4,
                              1e-5, 5e-324, 0.3, Limits::max(), Limits::min(), Limits::epsilon(),
                              2.0 / 3, Limits::infinity(), Limits::quiet_NaN()}) {
    EXPECT_EQ(JsonValue(number).Compact(), Dump(number));
  }
  EXPECT_EQ(JsonValue(Limits::infinity()).Compact(), "null");
  EXPECT_EQ(JsonValue(2.0).Compact(), "2.0");
}

// Every octet, alone and before and after letters; and UTF-8 that is cut, overlong, a surrogate.
TEST(JsonWriter, StringsAreThoseOfTheLibrary) {
  std::vector<std::string> texts = {"",
                                    "plain",
                                    "\"\\/",
                                    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                                    "\xf0\x9f\x98",
                                    "\xe2\x82x",
                                    "\xc0\x80",
                                    "\xed\xa0\x80",
                                    "\xf4\x90\x80\x80",
                                    "\xef\xbf\xbf",
                                    "\xf4\x8f\xbf\xbf",
                                    "\x7f"};
  for (int octet = 0; octet < 256; ++octet) {
    const std::string one(1, static_cast<char>(octet));
    texts.insert(texts.end(), {one, "a" + one, one + "b", "\xe2" + one, one + one});
  }
  for (const std::string& text : texts) {
    EXPECT_EQ(JsonValue(text).Compact(), Dump(text));
    EXPECT_EQ(JsonValue(text).Ascii(), Dump(text, -1, true));
    JsonObject object;
    object.Add(text, text);
    EXPECT_EQ(JsonValue(object).Indented(1), Dump(Judge{{text, text}}, 1));
  }
}

TEST(JsonWriter, LinesAreThoseOfTheLibrary) {
  const JsonObject value({{"a", JsonArray()},
                          {"b", JsonObject()},
                          {"c", std::vector<int>{1, 2}},
                          {"d", JsonObject({{"e", "{[,:\\\"]}"}, {"f", nullptr}})}});
  const Judge judge = {{"a", Judge::array()},
                       {"b", Judge::object()},
                       {"c", {1, 2}},
                       {"d", {{"e", "{[,:\\\"]}"}, {"f", nullptr}}}};
  for (const int indent : {0, 1, 2, 4}) {
    EXPECT_EQ(JsonValue(value).Indented(static_cast<size_t>(indent)), Dump(judge, indent));
  }
  EXPECT_EQ(JsonValue("x").Indented(2), "\"x\"");
}

}  // namespace
}  // namespace hither
