#include "anycast/route/bird_reply.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

std::span<const uint8_t> Octets(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

BirdReply Read(absl::string_view text) {
  BirdReplyReader reader;
  EXPECT_TRUE(reader.Feed(Octets(text)));
  auto reply = reader.Take();
  EXPECT_TRUE(reply.has_value()) << text;
  return reply.value_or(BirdReply{});
}

// As BIRD 2.0.12 says it.
constexpr char kProtocols[] =
    "2002-Name       Proto      Table      State  Since         Info\n"
    "1002-device1    Device     ---        up     14:46:32.098  \n"
    " up1        BGP        ---        up     14:46:33.046  Established   \n"
    " up2        BGP        ---        start  2026-11-24 14:46:32  Active        Socket: No route\n"
    " off        BGP        ---        down   14:46:32.098  \n"
    "0000 \n";

constexpr char kRoute[] =
    "1007-Table master4:\n"
    " 192.0.2.0/24         unicast [hither 14:46:32.098 from 10.0.0.1] * (100) [AS65002i]\n"
    " \tvia 10.0.0.1 on eth0\n"
    "1008-\tType: BGP univ\n"
    "1012-\tBGP.origin: IGP\n"
    " \tBGP.as_path: 65002 65002\n"
    " \tBGP.med: 100\n"
    " \tBGP.community: (65535,0) (64512,7)\n"
    " \tBGP.large_community: (64512, 1, 2)\n"
    "0000 \n";

TEST(BirdReplyTest, Protocols) {
  std::vector<std::string> lines;
  for (const BirdProtocol& p : BirdProtocols(Read(kProtocols))) {
    lines.push_back(absl::StrJoin({p.name, p.kind, p.state, p.info}, "|"));
  }
  EXPECT_EQ(absl::StrJoin(lines, "\n"),
            "device1|Device|up|\n"
            "up1|BGP|up|Established\n"
            "up2|BGP|start|Active Socket: No route\n"
            "off|BGP|down|");
}

TEST(BirdReplyTest, RouteWithItsAttributes) {
  const auto routes = BirdRoutes(Read(kRoute));
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].prefix.ToText(), "192.0.2.0/24");
  EXPECT_EQ(routes[0].source, "hither");
  EXPECT_EQ(routes[0].attributes.med, 100u);
  EXPECT_EQ(routes[0].attributes.as_path, (std::vector<uint32_t>{65002, 65002}));
  EXPECT_EQ(routes[0].attributes.communities,
            (std::vector<uint32_t>{kGracefulShutdown, 64512u << 16 | 7}));
  ASSERT_EQ(routes[0].attributes.large_communities.size(), 1u);
  EXPECT_EQ(routes[0].attributes.large_communities[0], (LargeCommunity{64512, 1, 2}));
}

struct PathCase {
  const char* name;
  const char* line;
  const char* path;
};
void PrintTo(const PathCase& c, std::ostream* out) { *out << c.name; }

constexpr PathCase kPaths[] = {
    {"NoSuchLine", "BGP.origin: IGP", ""},
    {"Empty", "BGP.as_path: ", ""},
    {"EmptyWithoutSpace", "BGP.as_path:", ""},
    {"One", "BGP.as_path: 65001", "65001"},
    {"ByTransits", "BGP.as_path: 64497 64502 64502 65001", "64497 64502 64502 65001"},
    {"Set", "BGP.as_path: 64497 {65001 65002}", "64497 65001 65002"},
    {"SetAlone", "BGP.as_path: {65001 65002}", "65001 65002"},
    {"Confederation", "BGP.as_path: (64512 64513) 65001", "64512 64513 65001"},
    {"CutShort", "BGP.as_path: 65001 ...", "65001 0"},
};

class BirdPathTest : public testing::TestWithParam<PathCase> {};

TEST_P(BirdPathTest, IsRead) {
  const auto routes = BirdRoutes(
      Read(absl::StrCat("1007-Table master4:\n 192.0.2.0/24 unicast [hither 14:46:32.098] * (100)\n"
                        "1012-\t",
                        GetParam().line, "\n0000 \n")));
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(absl::StrJoin(routes[0].attributes.as_path, " "), GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(All, BirdPathTest, testing::ValuesIn(kPaths),
                         [](const auto& test) { return std::string(test.param.name); });

// Each has its own attributes; those below a line that is no route are nobody's.
TEST(BirdReplyTest, SeveralRoutesOfAPrefix) {
  constexpr char kRoutes[] =
      "1007-Table master4:\n"
      " 192.0.2.0/24         unicast [hither 14:46:32.098] * (100) [AS65001i]\n"
      " \tvia 10.0.0.1 on eth0\n"
      "1012-\tBGP.as_path: 65001\n"
      "1007-                     unicast [transit 14:46:33.098] (100) [AS65001i]\n"
      " \tvia 10.0.0.2 on eth1\n"
      "1012-\tBGP.as_path: 64497 65001\n"
      "1007-Table other4:\n"
      "1012-\tBGP.as_path: 1\n"
      "1007-                     unicast [nobody 14:46:33.098] (100)\n"
      "1012-\tBGP.as_path: 2\n"
      "0000 \n";
  std::vector<std::string> texts;
  for (const BirdRoute& route : BirdRoutes(Read(kRoutes))) {
    texts.push_back(absl::StrCat(route.prefix.ToText(), " ", route.source, ": ",
                                 absl::StrJoin(route.attributes.as_path, " ")));
  }
  EXPECT_EQ(absl::StrJoin(texts, "\n"),
            "192.0.2.0/24 hither: 65001\n192.0.2.0/24 transit: 64497 65001");
}

TEST(BirdReplyTest, NoRoute) {
  const BirdReply reply = Read("0000 \n");
  EXPECT_FALSE(reply.is_error());
  EXPECT_TRUE(BirdRoutes(reply).empty());
}

TEST(BirdReplyTest, Errors) {
  const BirdReply reply = Read("8007 Access denied\n");
  EXPECT_TRUE(reply.is_error());
  EXPECT_EQ(reply.code, 8007);
  EXPECT_EQ(reply.message(), "Access denied");
}

TEST(BirdReplyTest, OctetByOctet) {
  BirdReplyReader reader;
  for (const char& c : std::string(kRoute)) {
    EXPECT_FALSE(reader.Take().has_value());
    ASSERT_TRUE(reader.Feed(Octets(absl::string_view(&c, 1))));
  }
  ASSERT_EQ(BirdRoutes(*reader.Take()).size(), 1u);
}

TEST(BirdReplyTest, TwoAtOnceAndTheLogBetween) {
  BirdReplyReader reader;
  ASSERT_TRUE(reader.Feed(Octets("0001 BIRD 2.0.12 ready.\n+some log\n0016 Access restricted\n")));
  EXPECT_EQ(reader.Take()->code, 1);
  EXPECT_EQ(reader.Take()->code, 16);
  EXPECT_FALSE(reader.Take().has_value());
}

struct Broken {
  const char* name;
  std::string text;
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class BirdBrokenTest : public testing::TestWithParam<Broken> {};

TEST_P(BirdBrokenTest, IsRefused) {
  BirdReplyReader reader;
  EXPECT_FALSE(reader.Feed(Octets(GetParam().text)));
  EXPECT_FALSE(reader.Feed(Octets("0000 \n"))) << "Once broken, nothing is taken any more.";
}

std::string Repeat(absl::string_view text, size_t times) {
  return absl::StrJoin(std::vector<absl::string_view>(times, text), "");
}

INSTANTIATE_TEST_SUITE_P(
    All, BirdBrokenTest,
    testing::Values(Broken{"NoCode", "HTTP/1.1 400 Bad Request\n"}, Broken{"ShortCode", "123 x\n"},
                    Broken{"ContinuesNothing", " text\n"}, Broken{"EmptyLine", "\n"},
                    Broken{"NoSeparator", "0000x\n"},
                    Broken{"EndlessLine", Repeat("a", kBirdLineBytesMax + 1)},
                    Broken{"EndlessReply", Repeat("1007-text\n", kBirdReplyBytesMax / 8)}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hither
