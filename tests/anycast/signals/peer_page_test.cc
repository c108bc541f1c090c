#include "anycast/signals/peer_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using testing::HasSubstr;

PeerPage Full() {
  PeerPage page;
  page.name = "ns2.fra1";
  page.site = "fra1";
  page.run = "0123456789abcdef";
  page.services = {
      {"dns",
       PeerPage::Standing{State::kUp, true, absl::FromUnixMillis(1'700'000'000'500), true, false},
       PeerPage::Standing{State::kDrain}},
      {"other", PeerPage::Standing{.state = State::kSoft, .announced = true}, std::nullopt}};
  page.sees = {{"ns1.ams1", true, ""}, {"ns1.lon1", false, "no answer within 200ms"}};
  page.outside.is_present = true;
  page.outside.tokens = {OutsideToken{1, 2, 3}, OutsideToken{}};
  page.outside.from = {"192.0.2.53", "2001:db8::53"};
  page.outside.hears = {{"ns1.ams1", true, {{"192.0.2.53", absl::Milliseconds(250)}}},
                        {"ns1.lon1", false, {}}};
  return page;
}

TEST(PeerPage, GoesThereAndBack) {
  const auto read = DecodePeerPage(EncodePeerPage(Full()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Full());
}

TEST(PeerPage, IsThisJson) {
  PeerPage page;
  page.name = "a";
  page.services = {{"dns", PeerPage::Standing{State::kUp}, std::nullopt}};
  EXPECT_EQ(EncodePeerPage(page),
            R"({"name":"a","run":"","sees":[],"services":[{"ipv4":{"announced":null,"state":"UP",)"
            R"("wants_to_withdraw":false,"yielded":false},"name":"dns"}],"site":"","version":1})");
}

TEST(PeerPage, TellsWhatItHearsFromOutside) {
  PeerPage page;
  page.outside.is_present = true;
  page.outside.tokens = {OutsideToken{0xff}};
  page.outside.from = {"192.0.2.53"};
  page.outside.hears = {{"b", true, {{"2001:db8::53", absl::Milliseconds(1'250)}}}};
  EXPECT_THAT(EncodePeerPage(page),
              HasSubstr(R"("outside":{"from":["192.0.2.53"],"hears":[{"able":true,"ages":)"
                        R"({"2001:db8::53":1.25},"name":"b"}],)"
                        R"("tokens":["ff000000000000000000000000000000"]})"));
}

TEST(PeerPage, NewerMembersArePassedOver) {
  const auto read = DecodePeerPage(
      R"({"version":1,"name":"a","new":[1],"services":[{"name":"dns","more":{},"ipv4":)"
      R"({"state":"SOFT","load":3}}]})");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->services.size(), 1u);
  EXPECT_EQ(read->services[0].ipv4->state, State::kSoft);
  EXPECT_EQ(read->services[0].ipv4->announced, std::nullopt) << "an older version says nothing";
  EXPECT_EQ(read->services[0].ipv6, std::nullopt);
}

struct Case {
  const char* name;
  std::string json;
  const char* error;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class WrongPeerPage : public testing::TestWithParam<Case> {};

TEST_P(WrongPeerPage, IsRefused) {
  const auto read = DecodePeerPage(GetParam().json);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(read.status().message()), HasSubstr(GetParam().error));
}

std::string Many(const char* key, const char* item, size_t count) {
  std::string out = absl::StrCat(R"({"version":1,"name":"a",")", key, "\":[", item);
  for (size_t i = 1; i < count; ++i) absl::StrAppend(&out, ",", item);
  return out + "]}";
}

// clang-format off
const Case kCases[] = {
    {"Nothing",         "",                                                   "not a JSON object"},
    {"List",            "[]",                                                 "not a JSON object"},
    {"Cut",             R"({"version":1,"name":"a")",                         "not a JSON object"},
    {"OtherVersion",    R"({"version":2,"name":"a"})",                        "not version 1"},
    {"VersionIsText",   R"({"version":"1","name":"a"})",                      "not version 1"},
    {"NoName",          R"({"version":1})",                                   "name is missing or empty"},
    {"NameIsNumber",    R"({"version":1,"name":1})",                          "name is not a string"},
    {"LongName",        R"({"version":1,"name":")" + std::string(513, 'a') + "\"}", "name is longer than 512 octets"},
    {"ServicesAreText", R"({"version":1,"name":"a","services":"x"})",         "services is not a list"},
    {"ServiceIsNumber", R"({"version":1,"name":"a","services":[1]})",         "services[0] is not an object"},
    {"OddState",        R"({"version":1,"name":"a","services":[{"name":"d","ipv4":{"state":"up"}}]})", "services[0].ipv4.state is not a known word"},
    {"StateIsMissing",  R"({"version":1,"name":"a","services":[{"name":"d","ipv4":{"yielded":true}}]})", "services[0].ipv4.state is missing"},
    {"FlagIsNumber",    R"({"version":1,"name":"a","services":[{"name":"d","ipv4":{"state":"UP","yielded":1}}]})", "services[0].ipv4.yielded is neither true nor false"},
    {"AnnouncedIsText", R"({"version":1,"name":"a","services":[{"name":"d","ipv4":{"state":"UP","announced":"yes"}}]})", "services[0].ipv4.announced is neither true nor false"},
    {"SeesOkIsText",    R"({"version":1,"name":"a","sees":[{"name":"b","ok":"yes"}]})", "sees[0].ok is neither true nor false"},
    {"OutsideIsText",   R"({"version":1,"name":"a","outside":"x"})",          "outside is not an object"},
    {"OutsideIsEmpty",  R"({"version":1,"name":"a","outside":{}})",           "outside.tokens is missing"},
    {"ShortToken",      R"({"version":1,"name":"a","outside":{"tokens":["00"],"from":[],"hears":[]}})", "outside.tokens are not of 32 hexadecimal digits"},
    {"NegativeAge",     R"({"version":1,"name":"a","outside":{"tokens":[],"from":[],"hears":[{"name":"b","able":true,"ages":{"192.0.2.1":-1}}]}})", "outside.hears[0].ages.192.0.2.1 is not an age in seconds"},
    {"ManyServices",    Many("services", R"({"name":"d"})", kPeerServicesMax + 1), "services has more than 256 items"},
    {"ManySeen",        Many("sees", R"({"name":"b"})", kPeerSeesMax + 1),    "sees has more than 1024 items"},
    {"TooLong",         std::string(kPeerPageBytesMax + 1, ' '),              "too long"},
    {"VeryDeep",        std::string(kPeerPageBytesMax, '['),                  "not a JSON object"},
    {"DeepAndWhole",    R"({"version":1,"name":)" + std::string(30'000, '[') + std::string(30'000, ']') + "}", "not a JSON object"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, WrongPeerPage, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

// A detail quotes what a stranger sent.
TEST(PeerPage, OddOctetsDoNotBreakIt) {
  PeerPage page = Full();
  page.sees[0].detail = "\xff\x01\"]}";
  const auto read = DecodePeerPage(EncodePeerPage(page));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->sees[0].detail, "\xef\xbf\xbd?\"]}");
}

}  // namespace
}  // namespace hither
