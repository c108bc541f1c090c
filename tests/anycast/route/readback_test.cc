#include "anycast/route/readback.h"

#include <gtest/gtest.h>

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

const Case kCases[] = {
    {"NothingCanBeTold", {}, std::nullopt},
    {"SoftByItsMed", {100, {}, {}}, State::kSoft},
    {"DrainByBoth", {200, {kGracefulShutdown}, {}}, State::kDrain},
    {"HalfOfDrainIsNothing", {200, {}, {}}, std::nullopt},
    {"AnotherMed", {7, {}, {}}, std::nullopt},
    {"MoreCommunitiesDoNoHarm", {100, {Community(1, 2)}, {}}, State::kSoft},
};

class TellStateTest : public testing::TestWithParam<Case> {};

TEST_P(TellStateTest, IsAsTold) {
  EXPECT_EQ(TellState(GetParam().seen, Tiers()), GetParam().state);
}

INSTANTIATE_TEST_SUITE_P(All, TellStateTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ReadbackTest, StatesThatAskForTheSameCannotBeTold) {
  AnycastConfig::Service service;
  service.up.communities = service.soft.communities = {Community(64512, 1)};
  EXPECT_EQ(TellState({{}, {Community(64512, 1)}, {}}, service), std::nullopt);
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
