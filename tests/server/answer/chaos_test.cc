#include "server/answer/chaos.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/answer_case.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

ResponderOptions Options(const std::string& nsid, const std::string& version) {
  ResponderOptions options;
  options.nsid = nsid;
  options.version = version;
  return options;
}

// clang-format off
// RFC 4892.
constexpr AnswerCase kTold[] = {
    {"IdServer",      "id.server. TXT class=CH",      "NOERROR aa | id.server. 0 TXT \"ns2.fra1\""},
    {"HostnameBind",  "hostname.bind. TXT class=CH",  "NOERROR aa | hostname.bind. 0 TXT \"ns2.fra1\""},
    {"VersionServer", "version.server. TXT class=CH", "NOERROR aa | version.server. 0 TXT \"hither 1\""},
    {"VersionBind",   "version.bind. TXT class=CH",   "NOERROR aa | version.bind. 0 TXT \"hither 1\""},
    {"AnyCase",       "ID.Server. TXT class=CH",      "NOERROR aa | ID.Server. 0 TXT \"ns2.fra1\""},
    {"TypeAny",       "id.server. ANY class=CH",      "NOERROR aa | id.server. 0 TXT \"ns2.fra1\""},
    {"OtherType",     "id.server. A class=CH",        "NOERROR aa"},
    {"WithNsid",      "id.server. TXT class=CH +nsid","NOERROR aa | id.server. 0 TXT \"ns2.fra1\" | edns 1232 nsid=ns2.fra1"},
    {"OtherName",     "authors.bind. TXT class=CH",   "REFUSED"},
    {"Below",         "a.id.server. TXT class=CH",    "REFUSED"},
    {"Above",         "server. TXT class=CH",         "REFUSED"},
    {"Root",          ". TXT class=CH",               "REFUSED"},
    {"OtherClass",    "id.server. TXT",               "REFUSED"},
    {"ClassHesiod",   "id.server. TXT class=HS",      "REFUSED"},
};

constexpr AnswerCase kHidden[] = {
    {"IdServer",      "id.server. TXT class=CH",      "REFUSED"},
    {"HostnameBind",  "hostname.bind. TXT class=CH",  "REFUSED"},
    {"VersionServer", "version.server. TXT class=CH", "REFUSED"},
    {"VersionBind",   "version.bind. ANY class=CH",   "REFUSED"},
};
// clang-format on

class Told : public testing::TestWithParam<AnswerCase> {};
TEST_P(Told, Answers) {
  TestServer server(Options("ns2.fra1", "hither 1"));
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Chaos, Told, testing::ValuesIn(kTold), NameOfCase);

class Hidden : public testing::TestWithParam<AnswerCase> {};
TEST_P(Hidden, Refuses) {
  TestServer server(Options("", ""));
  EXPECT_EQ(server.Ask(GetParam().question), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Chaos, Hidden, testing::ValuesIn(kHidden), NameOfCase);

// RFC 1035 §3.3: a character-string holds 255 octets.
TEST(Chaos, LongTextIsCut) {
  TestServer server(Options(std::string(300, 'x'), ""));
  EXPECT_EQ(server.Ask("id.server. TXT class=CH"),
            absl::StrCat("NOERROR aa | id.server. 0 TXT \"", std::string(255, 'x'), "\""));
}

// 12 + 15 + 13 + 255 octets of answer and 244 of an OPT with NSID are too many for 512.
TEST(Chaos, TextThatDoesNotFitIsTruncated) {
  TestServer server(Options(std::string(240, 'x'), ""));
  EXPECT_EQ(server.Ask("id.server. TXT class=CH +nsid bufsize=512"),
            absl::StrCat("NOERROR aa tc | edns 1232 nsid=", std::string(240, 'x')));
}

}  // namespace
}  // namespace hither
