#include "daemon/admin/http_head.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

// "GET /a name=value host=localhost command 1.0", or "none".
std::string TextOf(const std::optional<HttpHead>& head) {
  if (!head.has_value()) return "none";
  std::string out = absl::StrCat(head->method, " ", head->path);
  for (const auto& [name, value] : head->parameters) absl::StrAppend(&out, " ", name, "=", value);
  for (const std::string& host : head->hosts) absl::StrAppend(&out, " host=", host);
  return absl::StrCat(out, head->is_command ? " command" : "", head->is_http_1_0 ? " 1.0" : "");
}

struct Case {
  const char* name;
  std::string head;
  std::string expected;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Head : public testing::TestWithParam<Case> {};

TEST_P(Head, IsRead) { EXPECT_EQ(TextOf(ParseHttpHead(GetParam().head)), GetParam().expected); }

// clang-format off
const Case kCases[] = {
    {"Plain",            "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /status host=localhost"},
    {"OldAndBare",       "GET / HTTP/1.0\r\n\r\n", "GET / 1.0"},
    {"Parameters",       "POST /drain?service=d%2fs&confirm=1&x HTTP/1.1\r\n\r\n", "POST /drain service=d/s confirm=1 x="},
    {"PlusIsASpace",     "GET /a?b=c+d HTTP/1.1\r\n\r\n", "GET /a b=c d"},
    {"PathIsNotDecoded", "GET /%73tatus HTTP/1.1\r\n\r\n", "GET /%73tatus"},
    {"Command",          "POST /reload HTTP/1.1\r\nx-hither:1\r\n\r\n", "POST /reload command"},
    {"OtherCommand",     "POST /reload HTTP/1.1\r\nX-Hither: 10\r\n\r\n", "POST /reload"},
    {"HostsInOrder",     "GET / HTTP/1.1\r\nHOST: a\r\nhost:\tb \r\n\r\n", "GET / host=a host=b"},
    {"EmptyHost",        "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / host="},
    {"ForeignFields",    "GET / HTTP/1.1\r\nRange: bytes=0-\r\nContent-Length: 99999999999999999999\r\nX: \xff\r\n\r\n", "GET /"},
    {"Empty",            "\r\n\r\n", "none"},
    {"NoEnd",            "GET / HTTP/1.1\r\n", "none"},
    {"NoHttp",           "hello\r\n\r\n", "none"},
    {"Http2",            "PRI * HTTP/2.0\r\n\r\n", "none"},
    {"Tls",              std::string("\x16\x03\x01\0\0", 5) + "\r\n\r\n", "none"},
    {"AbsoluteForm",     "GET http://localhost/ HTTP/1.1\r\n\r\n", "none"},
    {"TwoSpaces",        "GET  / HTTP/1.1\r\n\r\n", "none"},
    {"MoreWords",        "GET / HTTP/1.1 x\r\n\r\n", "none"},
    {"LowerMethod",      "get / HTTP/1.1\r\n\r\n", "none"},
    {"LongMethod",       std::string(17, 'A') + " / HTTP/1.1\r\n\r\n", "none"},
    {"ControlInTarget",  "GET /\x01 HTTP/1.1\r\n\r\n", "none"},
    {"FoldedLine",       "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "none"},
    {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "none"},
    {"NoColon",          "GET / HTTP/1.1\r\nHost\r\n\r\n", "none"},
    {"NoName",           "GET / HTTP/1.1\r\n: a\r\n\r\n", "none"},
    {"BareLf",           "GET / HTTP/1.1\nHost: a\r\n\r\n", "none"},
    {"LfInValue",        "GET / HTTP/1.1\r\nHost: a\nX-Hither: 1\r\n\r\n", "none"},
    {"NulInValue",       std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29), "none"},
    {"CutEscape",        "GET /a?b=%2 HTTP/1.1\r\n\r\n", "none"},
    {"NoHex",            "GET /a?b=%zz HTTP/1.1\r\n\r\n", "none"},
    {"EscapedNewline",   "GET /a?b=%0a HTTP/1.1\r\n\r\n", "none"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Head, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(Head, ParametersHaveALimit) {
  const std::vector<std::string> most(HttpHead::kParametersMax, "a=b");
  const auto head = [](const std::string& query) {
    return ParseHttpHead(absl::StrCat("GET /?", query, " HTTP/1.1\r\n\r\n"));
  };
  EXPECT_TRUE(head(absl::StrJoin(most, "&")).has_value());
  EXPECT_FALSE(head(absl::StrCat(absl::StrJoin(most, "&"), "&a=b")).has_value());
}

}  // namespace
}  // namespace hither
