#include "base/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_join.h"

namespace hither {
namespace {

using testing::ElementsAre;

enum class Colour : uint8_t { kRed, kBlue };
absl::string_view ToText(Colour colour) { return colour == Colour::kRed ? "red" : "blue"; }

JsonDocument Parsed(absl::string_view text) {
  auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status();
  return document.ok() ? *std::move(document) : *JsonDocument::Parse("null");
}

// Limits ----------------------------------------------------------------------------------------

std::string Nested(int depth) {
  return absl::StrCat(std::string(static_cast<size_t>(depth), '['),
                      std::string(static_cast<size_t>(depth), ']'));
}

TEST(JsonDocument, DepthAndOctetsHaveLimits) {
  EXPECT_TRUE(JsonDocument::Parse(Nested(kJsonDepthMax)).ok());
  EXPECT_FALSE(JsonDocument::Parse(Nested(kJsonDepthMax + 1)).ok());
  EXPECT_FALSE(JsonDocument::Parse(std::string(4u << 20, '[')).ok());
  JsonDocument::Limits limits;
  limits.depth_max = 2;
  EXPECT_TRUE(JsonDocument::Parse(Nested(2), limits).ok());
  EXPECT_EQ(JsonDocument::Parse(Nested(3), limits).status().message(),
            "nested too deeply, or too many values");
  limits.octets_max = 3;
  EXPECT_TRUE(JsonDocument::Parse("123", limits).ok());
  EXPECT_EQ(JsonDocument::Parse("1234", limits).status().message(), "longer than 3 octets");
}

TEST(JsonDocument, WhatIsNotJsonIsRefused) {
  for (const char* text : {"", "]", "[}", "\"", "\"\\", "<html>", "{\"a\":1,}", "[1] 2", "'a'",
                           "NaN", "1e999", "-1e999", "01", "\"\xff\"", "\"\n\"", "// a\n1"}) {
    EXPECT_FALSE(JsonDocument::Parse(text).ok()) << text;
  }
  EXPECT_EQ(JsonDocument::Parse("{\"a\": ?}").status().message(), "not JSON: error at octet 7");
}

// Each key is found without a look at all the others, and so are those that are repeated.
TEST(JsonDocument, LargeObjectsAreNotSlow) {
  std::string text = "{\"0\":0";
  for (int i = 1; i < 49'000; ++i) absl::StrAppend(&text, ",\"", i % 40'000, "\":", i);
  const JsonDocument document = Parsed(text + "}");
  ASSERT_EQ(document.root().size(), 40'000u);
  int64_t sum = 0;
  for (const auto& [key, value] : document.root().MaybeMembers()) {
    sum += *document.root().MaybeAt(key).MaybeInt();
  }
  EXPECT_EQ(sum, int64_t{40'000} * 39'999 / 2 + int64_t{9'000} * 40'000);
}

// Views -----------------------------------------------------------------------------------------

TEST(JsonView, ARepeatedKeyHasItsLastValueAtItsFirstPlace) {
  const JsonDocument document = Parsed(R"({"b": 1, "a": 2, "b": {"c": 3}, "d": 4, "a": 5})");
  std::string keys;
  for (const auto& [key, value] : document.root().MaybeMembers()) absl::StrAppend(&keys, key);
  EXPECT_EQ(keys, "bad");
  EXPECT_EQ(document.root().MaybeAt("b").MaybeAt("c").MaybeInt(), 3);
  EXPECT_EQ(document.root().MaybeAt("a").MaybeInt(), 5);
}

std::string Kinds(absl::string_view text) {
  const JsonDocument document = Parsed(text);
  const JsonView view = document.root();
  std::vector<std::string> kinds;
  if (view.IsNull()) kinds.push_back("null");
  if (view.IsObject()) kinds.push_back(absl::StrCat("object", view.size()));
  if (view.IsArray()) kinds.push_back(absl::StrCat("array", view.size()));
  if (const auto value = view.MaybeBool()) kinds.push_back(*value ? "true" : "false");
  if (const auto value = view.MaybeInt()) kinds.push_back(absl::StrCat("int=", *value));
  if (const auto value = view.MaybeUnsigned()) kinds.push_back(absl::StrCat("u64=", *value));
  if (const auto value = view.MaybeUnsigned32()) kinds.push_back(absl::StrCat("u32=", *value));
  if (const auto value = view.MaybeNumber()) kinds.push_back(absl::StrCat("number=", *value));
  if (view.MaybeText() != nullptr) kinds.push_back(absl::StrCat("text=", *view.MaybeText()));
  return absl::StrJoin(kinds, " ");
}

TEST(JsonView, NoTypePassesForAnother) {
  EXPECT_EQ(Kinds("null"), "null");
  EXPECT_EQ(Kinds("true"), "true");
  EXPECT_EQ(Kinds("0"), "int=0 u64=0 u32=0 number=0");
  EXPECT_EQ(Kinds("-1"), "int=-1 number=-1");
  EXPECT_EQ(Kinds("1.0"), "number=1");
  EXPECT_EQ(Kinds("1e300"), "number=1e+300");
  EXPECT_EQ(Kinds("4294967296"), "int=4294967296 u64=4294967296 number=4.29497e+09");
  EXPECT_EQ(Kinds("18446744073709551615"), "u64=18446744073709551615 number=1.84467e+19");
  EXPECT_EQ(Kinds("18446744073709551616"), "number=1.84467e+19");
  EXPECT_EQ(Kinds("\"1\""), "text=1");
  EXPECT_EQ(Kinds("[]"), "array0");
  EXPECT_EQ(Kinds("{\"a\":[1,2]}"), "object1");
}

TEST(JsonView, WhatDoesNotExistHasNothing) {
  const JsonDocument document = Parsed("[1]");
  for (const JsonView view : {JsonView(), document.root().MaybeAt("a")}) {
    EXPECT_FALSE(view.exists() || view.IsNull() || view.IsObject() || view.IsArray());
    EXPECT_FALSE(view.MaybeAt("b").exists());
    EXPECT_TRUE(view.MaybeItems().empty() && view.MaybeMembers().empty() && view.size() == 0);
    EXPECT_EQ(view.TextOr("-"), "-");
  }
}

// The strict reader -----------------------------------------------------------------------------

constexpr char kAll[] = R"({"yes": true, "int": -7, "wide": -9223372036854775808,
    "u32": 4294967295, "u64": 18446744073709551615, "real": 1.5, "whole": 2, "text": "a\u0000b",
    "texts": ["a", "b"], "none": null, "colour": "blue", "object": {"in": {"x": 1}},
    "objects": [{"x": 1}, {"x": 2}], "mixed": [{"x": 1}, 2]})";

TEST(JsonReader, ReadsEachType) {
  const JsonDocument document = Parsed(kAll);
  absl::Status failure;
  JsonReader reader(document.root(), "", failure);
  bool yes = false;
  int narrow = 0;
  int64_t wide = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  double real = 0;
  double whole = 0;
  std::string text;
  std::vector<std::string> texts;
  std::optional<int> none = 3;
  std::optional<double> some;
  Colour colour = Colour::kRed;
  reader.Read("yes", yes);
  reader.Read("int", narrow);
  reader.Read("wide", wide);
  reader.Read("u32", u32);
  reader.Read("u64", u64);
  reader.Read("real", real);
  reader.Read("whole", whole);
  reader.Read("text", text);
  reader.Read("texts", texts);
  reader.Read("none", none);
  reader.Read("real", some);
  reader.ReadEnum("colour", 2, colour);
  EXPECT_TRUE(failure.ok()) << failure;
  EXPECT_TRUE(yes && narrow == -7 && wide == INT64_MIN && u32 == UINT32_MAX && u64 == UINT64_MAX);
  EXPECT_TRUE(real == 1.5 && whole == 2 && some == 1.5 && !none.has_value());
  EXPECT_EQ(text, std::string("a\0b", 3));
  EXPECT_THAT(texts, ElementsAre("a", "b"));
  EXPECT_EQ(colour, Colour::kBlue);
}

TEST(JsonReader, ReadsWhatIsWithin) {
  const JsonDocument document = Parsed(kAll);
  absl::Status failure;
  JsonReader reader(document.root(), "", failure);
  int x = 0;
  reader.Object("object").Object("in").Read("x", x);
  EXPECT_EQ(x, 1);
  std::vector<int> read;
  for (JsonReader& one : reader.ArrayOfObjects("objects", 2)) {
    one.Read("x", read.emplace_back());
  }
  EXPECT_THAT(read, ElementsAre(1, 2));
  EXPECT_EQ(reader.Array("mixed", 2).size(), 2u);
  EXPECT_TRUE(failure.ok()) << failure;
}

TEST(JsonReader, WhatMayBeAbsentKeepsItsValue) {
  const JsonDocument document = Parsed(kAll);
  absl::Status failure;
  JsonReader reader(document.root(), "", failure);
  int absent = 5;
  reader.ReadIfPresent("absent", absent);
  EXPECT_EQ(absent, 5);
  reader.ReadIfPresent("int", absent);
  EXPECT_EQ(absent, -7);
  EXPECT_TRUE(failure.ok());
  reader.ReadIfPresent("none", absent);
  EXPECT_EQ(failure.message(), "none is not a whole number of 64 bits");
}

struct Case {
  const char* name;
  std::function<void(JsonReader&)> read;
  const char* failure;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

// Reads a member as a T and sees to it that the value is kept.
template <typename T>
std::function<void(JsonReader&)> As(const char* key) {
  return [key](JsonReader& reader) {
    T value = T();
    reader.Read(key, value);
    EXPECT_EQ(value, T());
  };
}

// clang-format off
const Case kCases[] = {
    {"Missing",       As<int>("absent"), "top.absent is missing"},
    {"MissingMaybe",  As<std::optional<int>>("absent"), "top.absent is missing"},
    {"NullIsNoText",  As<std::string>("none"), "top.none is not a string"},
    {"TextIsNoBool",  As<bool>("text"), "top.text is neither true nor false"},
    {"NumberNoBool",  As<bool>("whole"), "top.whole is neither true nor false"},
    {"BoolIsNoReal",  As<double>("yes"), "top.yes is not a number"},
    {"BoolIsNoInt",   As<int64_t>("yes"), "top.yes is not a whole number of 64 bits"},
    {"RealIsNoInt",   As<int64_t>("real"), "top.real is not a whole number of 64 bits"},
    {"PastInt64",     As<int64_t>("u64"), "top.u64 is not a whole number of 64 bits"},
    {"PastInt",       As<int>("u32"), "top.u32 is too large"},
    {"BelowInt",      As<int>("wide"), "top.wide is too large"},
    {"NegativeNo32",  As<uint32_t>("int"), "top.int is not a whole number from 0 to 2^32 - 1"},
    {"PastUint32",    As<uint32_t>("u64"), "top.u64 is not a whole number from 0 to 2^32 - 1"},
    {"NegativeNo64",  As<uint64_t>("int"), "top.int is not a whole number from 0 to 2^64 - 1"},
    {"NumberNoText",  As<std::string>("int"), "top.int is not a string"},
    {"TextIsNoList",  As<std::vector<std::string>>("text"), "top.text is not a list"},
    {"NotOnlyTexts",  As<std::vector<std::string>>("objects"), "top.objects is not a list of strings"},
    {"UnknownWord",   [](JsonReader& reader) { Colour colour{}; reader.ReadEnum("text", 2, colour); }, "top.text is not a known word"},
    {"NoObject",      [](JsonReader& reader) { int x = 0; reader.Object("int").Read("x", x); }, "top.int is not an object"},
    {"NoneInside",    [](JsonReader& reader) { int x = 0; reader.Object("object").Object("out").Read("x", x); }, "top.object.out is missing"},
    {"NoArray",       [](JsonReader& reader) { EXPECT_TRUE(reader.Array("object", 9).empty()); }, "top.object is not a list"},
    {"LongArray",     [](JsonReader& reader) { EXPECT_TRUE(reader.Array("texts", 1).empty()); }, "top.texts has more than 1 items"},
    {"NumberInArray", [](JsonReader& reader) { EXPECT_EQ(reader.ArrayOfObjects("mixed", 2).size(), 2u); }, "top.mixed[1] is not an object"},
    {"InAnArray",     [](JsonReader& reader) { bool x = false; reader.ArrayOfObjects("objects", 2)[1].Read("x", x); }, "top.objects[1].x is neither true nor false"},
    {"FirstIsKept",   [](JsonReader& reader) { reader.Fail("a", "is odd"); reader.Fail(absl::DataLossError("b")); }, "top.a is odd"},
};
// clang-format on

class WrongMember : public testing::TestWithParam<Case> {};

TEST_P(WrongMember, IsReportedWithItsPath) {
  const JsonDocument document = Parsed(kAll);
  absl::Status failure;
  JsonReader reader(document.root(), "top", failure);
  GetParam().read(reader);
  EXPECT_EQ(failure, absl::InvalidArgumentError(GetParam().failure));
}

INSTANTIATE_TEST_SUITE_P(Each, WrongMember, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(JsonReader, ATopThatIsNoObjectIsOneFailure) {
  const JsonDocument document = Parsed("[]");
  absl::Status failure;
  JsonReader reader(document.root(), "", failure);
  int x = 0;
  reader.Read("x", x);
  EXPECT_EQ(failure.message(), "the text is not an object");
}

}  // namespace
}  // namespace hither
