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
        absl::StrCat(peer.address, peer.family == AF_INET ? " v4 " : " v6 ", peer.state));
  }
  EXPECT_EQ(absl::StrJoin(texts, ", "),
            "10.0.0.1 v4 Established, fd99::1 v4 Idle (Admin), 10.0.0.1 v6 Established");
}

TEST(FrrReplyTest, Route) {
  const auto route = FrrRouteOf(R"({"prefix":"192.0.2.0/24",
    "advertisedTo":{"10.0.0.1":{},"10.0.0.2":{"hostname":"r2"}},
    "paths":[
      {"metric":7,"valid":true,"peer":{"peerId":"10.0.0.9"}},
      {"metric":100,"bestpath":{"overall":true},"peer":{"peerId":"0.0.0.0"},
       "community":{"string":"64512:7 graceful-shutdown","list":["64512:7"]},
       "largeCommunity":{"string":"64512:1:2"}}]})");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(absl::StrJoin(route->advertised_to, " "), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(absl::StrJoin(route->from, " "), "0.0.0.0 10.0.0.9");
  EXPECT_EQ(route->attributes.med, 100u);
  EXPECT_EQ(route->attributes.communities,
            (std::vector<uint32_t>{64512u << 16 | 7, kGracefulShutdown}));
  EXPECT_EQ(route->attributes.large_communities.size(), 1u);
}

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
    EXPECT_TRUE(route->attributes.communities.empty()) << text;
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
