#include "anycast/route/readback.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

constexpr uint32_t Community(uint32_t high, uint32_t low) { return high << 16 | low; }

AnycastConfig::Service Tiers() {
  AnycastConfig::Service service;
  service.soft = {100, 2, {}, {}};
  service.drain = {200, 3, {kGracefulShutdown}, {}};
  return service;
}

struct Case {
  const char* name;
  SeenAttributes seen;
  std::optional<State> state;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// A node in AS 65001, its router in AS 64501.
const Case kCases[] = {
    {"UpIsWhatAddsNothing", {{}, {}, {}, {65001}}, State::kUp},
    {"UpWithoutOurAs", {0, {}, {}, {}}, State::kUp},
    {"Soft", {100, {}, {}, {65001, 65001, 65001}}, State::kSoft},
    {"SoftWithPrependsOfTheRouter", {100, {}, {}, {64501, 64501}}, State::kSoft},
    {"SoftByItsMed", {100, {}, {}, {65001}}, State::kSoft},
    {"SoftByItsPrepends", {{}, {}, {}, {65001, 65001, 65001}}, State::kSoft},
    {"DrainByAll", {200, {kGracefulShutdown}, {}, {65001, 65001, 65001, 65001}}, State::kDrain},
    {"DrainWithoutItsCommunity", {200, {}, {}, {65001, 65001, 65001, 65001}}, State::kDrain},
    {"HalfOfDrainIsNothing", {200, {}, {}, {65001}}, std::nullopt},
    {"AnotherMed", {7, {}, {}, {65001}}, std::nullopt},
    {"OtherPrepends", {0, {}, {}, {65001, 65001, 65001, 65001, 65001, 65001}}, std::nullopt},
    {"MoreCommunitiesDoNoHarm", {100, {Community(1, 2)}, {}, {65001}}, State::kSoft},
    // What bird-neighbor.conf once made of SOFT: the path and MED of UP.
    {"SoftThatBecameUp", {0, {}, {}, {}}, State::kUp},
    {"PrependedToAllByTheRouter", {0, {}, {}, {64501, 65001}}, State::kUp},
};

class TellStateTest : public testing::TestWithParam<Case> {};

TEST_P(TellStateTest, IsAsTold) {
  EXPECT_EQ(TellState(GetParam().seen, Tiers(), std::vector<uint32_t>{65001, 64501}),
            GetParam().state);
}

INSTANTIATE_TEST_SUITE_P(All, TellStateTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ReadbackTest, PrependsOverIbgpAndWithoutBgpOfOurOwn) {
  const SeenAttributes soft = {{}, {}, {}, {65001, 65001}};
  EXPECT_EQ(TellState(soft, Tiers(), std::vector<uint32_t>{65001, 65001}), State::kSoft);
  EXPECT_EQ(TellState(soft, Tiers(), {}), State::kSoft);
  EXPECT_EQ(TellState({}, Tiers(), {}), State::kUp);
}

TEST(ReadbackTest, StatesThatAskForTheSameCannotBeTold) {
  AnycastConfig::Service service;
  service.up.communities = {Community(64512, 1)};
  service.soft = service.up;
  EXPECT_EQ(TellState({{}, {Community(64512, 1)}, {}, {}}, service, {}), std::nullopt);
}

TEST(ReadbackTest, CommunitiesAloneTellTheState) {
  AnycastConfig::Service service;
  service.soft = {{}, 0, {Community(64512, 101)}, {}};
  service.drain = {{}, 0, {}, {{64512, 1, 2}}};
  EXPECT_EQ(TellState({}, service, {}), State::kUp);
  EXPECT_EQ(TellState({{}, {Community(64512, 101)}, {}, {}}, service, {}), State::kSoft);
  EXPECT_EQ(TellState({{}, {}, {{64512, 1, 2}}, {}}, service, {}), State::kDrain);
}

// Our node's AS is 65001, our router's 64501; 64496 and 64497 are transits, 64502 is the router of
// another site, whose node has our node's AS.
struct PathCase {
  const char* name;
  const char* path;
  bool is_ours;         // Where the node speaks BGP, with {65001, 64501}.
  bool is_ours_if_fed;  // Where it does not: backends kernel and exec.
};
void PrintTo(const PathCase& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr PathCase kPaths[] = {
    {"NoneAtAll",                 "",                              true,  true},
    {"FromTheNode",               "65001",                         true,  true},
    {"Prepended",                 "65001 65001 65001",             true,  true},
    {"PrependedByTheRouter",      "64501 64501 65001",             true,  false},
    {"AnotherSiteByTheTransits",  "64497 64502 64502 65001",       false, false},
    {"AnotherSiteOfTheRoutersAs", "64496 64501 65001",             false, false},
    {"AnotherSiteNextDoor",       "64502 65001",                   false, false},
    {"OriginatedByAnotherAs",     "64502",                         false, true},
    {"SetOfOurs",                 "65001 {65001 64501}",           true,  false},
    {"SetWithAnother",            "65001 {65001 64499}",           false, false},
    {"Confederation",             "(64501) 65001",                 true,  false},
    {"CutShort",                  "65001 65001 ...",               false, false},
    {"NobodysAlone",              "0",                             false, false},
};
// clang-format on

class IsOursTest : public testing::TestWithParam<PathCase> {};

TEST_P(IsOursTest, IsAsTold) {
  SeenAttributes seen;
  seen.as_path = ParseAsPath(GetParam().path);
  EXPECT_EQ(IsOurs(seen, std::vector<uint32_t>{65001, 64501}), GetParam().is_ours);
  EXPECT_EQ(IsOurs(seen, {}), GetParam().is_ours_if_fed);
}

INSTANTIATE_TEST_SUITE_P(All, IsOursTest, testing::ValuesIn(kPaths),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ReadbackTest, AsPaths) {
  const auto read = [](absl::string_view text) { return absl::StrJoin(ParseAsPath(text), " "); };
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("4294967294 65001 65001"), "4294967294 65001 65001");
  EXPECT_EQ(read("65001 {65002 65003} 65004"), "65001 65002 65003 65004");
  EXPECT_EQ(read("65001 {65002,65003}"), "65001 65002 65003");
  EXPECT_EQ(read("({64512 64513}) (64514) 65001"), "64512 64513 64514 65001");
  EXPECT_EQ(read("65001 ..."), "65001 0");
  EXPECT_EQ(read("4294967296 -1 x"), "0 0 0");
}

TEST(ReadbackTest, Communities) {
  EXPECT_EQ(ParseCommunity("65535:0"), kGracefulShutdown);
  EXPECT_EQ(ParseCommunity("64512:65536"), std::nullopt);
  EXPECT_EQ(ParseCommunity("64512"), std::nullopt);
  EXPECT_EQ(ParseCommunity("x:1"), std::nullopt);
  EXPECT_EQ(ParseLargeCommunity("1:2:4294967295"), (LargeCommunity{1, 2, 4294967295}));
  EXPECT_EQ(ParseLargeCommunity("1:2"), std::nullopt);
}

TEST(ReadbackTest, ServiceOfAPrefix) {
  const auto services = OneService({P("192.0.2.0/24")});
  EXPECT_EQ(FindService(services, P("192.0.2.0/24")), &services[0]);
  EXPECT_EQ(FindService(services, P("192.0.2.0/25")), nullptr);
}

}  // namespace
}  // namespace hither
