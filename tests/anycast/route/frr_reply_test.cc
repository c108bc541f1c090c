#include "anycast/route/frr_reply.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

TEST(FrrReplyTest, SplitsOneValueForEachCommand) {
  const auto values =
      SplitJson("{\n}\n% BGP instance not found\n{\"a\":\"}{\\\"\"} {\"b\":[{}]}\n");
  EXPECT_EQ(absl::StrJoin(values, "|"), "{\n}|{\"a\":\"}{\\\"\"}|{\"b\":[{}]}");
  EXPECT_TRUE(SplitJson("").empty());
  EXPECT_TRUE(SplitJson("{\"cut\":").empty());
  EXPECT_TRUE(SplitJson(std::string(100'000, '{')).empty());
}

constexpr char kSummary[] =
    "{\"ipv4Unicast\":{\"as\":65002,\"peers\":{"
    "\"10.0.0.1\":{\"remoteAs\":65001,\"state\":\"Established\"},"
    "\"fd99::1\":{\"state\":\"Idle (Admin)\"}}},"
    "\"ipv6Unicast\":{\"peers\":{\"10.0.0.1\":{\"state\":\"Established\"}}}}";

TEST(FrrReplyTest, Peers) {
  const auto peers = FrrPeers(kSummary);
  ASSERT_TRUE(peers.ok()) << peers.status();
  std::vector<std::string> texts;
  for (const FrrPeer& peer : *peers) {
    texts.push_back(
        absl::StrCat(peer.address, peer.family == IpFamily::kV4 ? " v4 " : " v6 ", peer.state));
  }
  EXPECT_EQ(absl::StrJoin(texts, ", "),
            "10.0.0.1 v4 Established, fd99::1 v4 Idle (Admin), 10.0.0.1 v6 Established");
}

TEST(FrrReplyTest, Route) {
  const auto route = FrrRouteOf(R"({"prefix":"192.0.2.0/24",
    "advertisedTo":{"10.0.0.1":{},"10.0.0.2":{"hostname":"r2"}},
    "paths":[
      {"metric":7,"valid":true,"peer":{"peerId":"10.0.0.9"},
       "aspath":{"segments":[{"type":"as-sequence","list":[64497,65001]}]}},
      {"metric":100,"bestpath":{"overall":true},"peer":{"peerId":"0.0.0.0"},
       "aspath":{"string":"Local","segments":[],"length":0},
       "community":{"string":"64512:7 graceful-shutdown","list":["64512:7"]},
       "largeCommunity":{"string":"64512:1:2"}}]})");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(absl::StrJoin(route->advertised_to, " "), "10.0.0.1 10.0.0.2");
  ASSERT_EQ(route->paths.size(), 2u);
  EXPECT_EQ(route->paths[0].from, "10.0.0.9");
  EXPECT_EQ(route->paths[0].attributes.as_path, (std::vector<uint32_t>{64497, 65001}));
  EXPECT_EQ(route->paths[1].from, "0.0.0.0");
  EXPECT_EQ(route->attributes().med, 100u);
  EXPECT_EQ(route->attributes().as_path, std::vector<uint32_t>());
  EXPECT_EQ(route->attributes().communities,
            (std::vector<uint32_t>{64512u << 16 | 7, kGracefulShutdown}));
  EXPECT_EQ(route->attributes().large_communities.size(), 1u);
}

struct PathCase {
  const char* name;
  const char* aspath;
  const char* path;
};
void PrintTo(const PathCase& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr PathCase kPaths[] = {
    {"Local",         R"({"string":"Local","segments":[],"length":0})", ""},
    {"LocalString",   R"({"string":"Local"})", ""},
    {"Sequence",      R"({"string":"x","segments":[{"type":"as-sequence","list":[64497,65001]}]})", "64497 65001"},
    {"Set",           R"({"segments":[{"type":"as-sequence","list":[64497]},{"type":"as-set","list":[65001,65002]}]})", "64497 65001 65002"},
    {"StringAlone",   R"({"string":"64497 {65001,65002}"})", "64497 65001 65002"},
    {"Empty",         R"({})", ""},
    {"NoObject",      R"(5)", ""},
    {"OddSegments",   R"({"segments":[1,{"list":7},{"list":["x",-1,65001]}]})", "0 0 0 0 65001"},
    {"OddString",     R"({"string":7,"segments":{}})", ""},
};
// clang-format on

class FrrPathTest : public testing::TestWithParam<PathCase> {};

TEST_P(FrrPathTest, IsRead) {
  const auto route = FrrRouteOf(absl::StrCat(R"({"paths":[{"bestpath":{"overall":true},"aspath":)",
                                             GetParam().aspath, "}]}"));
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(absl::StrJoin(route->attributes().as_path, " "), GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(All, FrrPathTest, testing::ValuesIn(kPaths),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(FrrReplyTest, NoSuchRoute) {
  const auto route = FrrRouteOf("{\n}");
  ASSERT_TRUE(route.ok());
  EXPECT_TRUE(route->advertised_to.empty());
}

// Whatever stands where something else was meant is passed over; nothing is thrown.
TEST(FrrReplyTest, OddTypes) {
  for (const char* text :
       {R"({"advertisedTo":[1],"paths":{}})", R"({"advertisedTo":null,"paths":[1,null,"x",[]]})",
        R"({"paths":[{"metric":"high","bestpath":true,"peer":"x","community":5}]})",
        R"({"paths":[{"metric":-1,"bestpath":{"overall":1},"community":{"string":[]}}]})",
        R"({"paths":[{"metric":1e99,"bestpath":{"overall":true},"largeCommunity":{}}]})"}) {
    const auto route = FrrRouteOf(text);
    ASSERT_TRUE(route.ok()) << text;
    EXPECT_TRUE(route->advertised_to.empty()) << text;
    EXPECT_TRUE(route->attributes().communities.empty()) << text;
    const auto peers = FrrPeers(text);
    EXPECT_TRUE(peers.ok() && peers->empty()) << text;
  }
  for (const char* text : {"", "[]", "{", "null", "{\"a\":\xFF}"}) {
    EXPECT_FALSE(FrrRouteOf(text).ok()) << text;
    EXPECT_FALSE(FrrPeers(text).ok()) << text;
  }
}

}  // namespace
}  // namespace hither
