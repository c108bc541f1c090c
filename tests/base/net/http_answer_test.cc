#include "base/net/http_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* fields;   // After the first line.
  const char* outcome;  // "code server body" or the error.
  bool is_whole;        // Before the end of the stream.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Answer : public testing::TestWithParam<Case> {};

TEST_P(Answer, Reads) {
  const std::string text = absl::StrCat("HTTP/1.1 200 OK\r\n", GetParam().fields, "\r\nbody");
  const absl::StatusOr<HttpAnswer> read = ReadHttpAnswer(text);
  EXPECT_EQ(read.ok() ? absl::StrCat(read->code, " ", read->server, " ", read->body)
                      : std::string(read.status().message()),
            GetParam().outcome);
  const auto* const octets = reinterpret_cast<const uint8_t*>(text.data());
  EXPECT_EQ(IsWholeHttpAnswer({octets, text.size()}), GetParam().is_whole);
}

// clang-format off
constexpr Case kCases[] = {
    {"ToTheEnd",         "", "200  body", false},
    {"OfItsLength",      "Content-Length: 4\r\n", "200  body", true},
    {"Shorter",          "content-length:2\r\n", "200  bo", true},
    {"Cut",              "Content-Length: 5\r\n", "cut", false},
    {"NamesItsProgram",  "SERVER:  hitherd \r\nContent-Length: 4\r\n", "200 hitherd body", true},
    {"LengthTwice",      "Content-Length: 4\r\nContent-Length: 4\r\n", "200  body", true},
    // An answer that is bad whatever follows is not waited for.
    {"LengthsDiffer",    "Content-Length: 4\r\nContent-Length: 3\r\n", "its Content-Length is not valid", true},
    {"LengthOver64Bits", "Content-Length: 99999999999999999999\r\n", "its Content-Length is not valid", true},
    {"NegativeLength",   "Content-Length: -1\r\n", "its Content-Length is not valid", true},
    {"SignedLength",     "Content-Length: +4\r\n", "its Content-Length is not valid", true},
    {"NoLength",         "Content-Length:\r\n", "its Content-Length is not valid", true},
    {"ListOfLengths",    "Content-Length: 4, 4\r\n", "its Content-Length is not valid", true},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Answer, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace hither
