#include "tool/console/fleet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace hither {
namespace {

using ::testing::HasSubstr;

constexpr char kWhole[] = R"(
title: Hither lab
addresses: [192.0.2.53, "2001:db8::53"]
question: { name: example.org, type: SOA }
sites:
  - name: fra1
    place: Frankfurt
    latitude: 50.1
    longitude: -8.7
    as: 64601
    nodes:
      - { name: ns1, hitherd: 10.0.0.1:8053, anycast: 10.0.0.1:8055, agent: 10.0.0.1:8060 }
      - { name: ns2, hitherd: 10.0.0.2, anycast: "[2001:db8::2]:9" }
routers:
  - { name: r.fra1, site: fra1, as: 64601, kind: bird, agent: 10.0.0.9:8060 }
  - { name: transit-a, as: 4200000000 }
links:
  - [r.fra1, transit-a]
clients:
  - { name: berlin, as: 64701, router: transit-a, agent: 10.0.0.20 }
)";

TEST(ParseFleet, TakesAllThatItKnows) {
  const absl::StatusOr<Fleet> fleet = ParseFleet(kWhole, "f.yaml");
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_EQ(fleet->title, "Hither lab");
  ASSERT_EQ(fleet->addresses.size(), 2u);
  EXPECT_EQ(fleet->addresses[1].ToText(), "[2001:db8::53]:53");
  ASSERT_EQ(fleet->sites.size(), 1u);
  const Fleet::Site& site = fleet->sites[0];
  EXPECT_EQ(site.longitude, -8.7);
  ASSERT_EQ(site.nodes.size(), 2u);
  EXPECT_EQ(FullName(site, site.nodes[1]), "ns2.fra1");
  EXPECT_EQ(site.nodes[1].hitherd->ToText(), "10.0.0.2:8053");
  EXPECT_EQ(site.nodes[1].anycast->ToText(), "[2001:db8::2]:9");
  EXPECT_EQ(fleet->routers[1].as, 4'200'000'000);
  EXPECT_EQ(fleet->links[0].b, "transit-a");
  EXPECT_EQ(fleet->clients[0].agent->ToText(), "10.0.0.20:8060");
  EXPECT_TRUE(fleet->HasAgents());
}

constexpr char kTwoNodes[] =
    "sites:\n"
    "  - { name: fra1, nodes: [{ name: ns1, hitherd: 10.0.0.1 }, { name: ns11, hitherd: 10.0.0.2 "
    "}] }\n";

std::string NodeOf(const std::string& key, absl::string_view nsid) {
  const absl::StatusOr<Fleet> fleet = ParseFleet(key + kTwoNodes, "f.yaml");
  if (!fleet.ok()) return std::string(fleet.status().message());
  const std::optional<NsidNames> names = NamesOf(*fleet, nsid);
  return names.has_value() ? names->node + " at " + names->site : "";
}

// With an NSID other than {node}.{site}, nobody would answer any client.
TEST(ParseFleet, NsidsAreFoundByTheTemplateAndByTheNodes) {
  EXPECT_EQ(NodeOf("", "ns1.fra1"), "ns1 at fra1");
  EXPECT_EQ(NodeOf("", "ns1.fra1.dns.example.net"), "ns1 at fra1");
  EXPECT_EQ(NodeOf("", "ns11.fra1.dns.example.net"), "ns11 at fra1");
  EXPECT_EQ(NodeOf("", "ns1.fra12.dns.example.net"), "");
  EXPECT_EQ(NodeOf("", "fra1-ns1"), "");
  EXPECT_EQ(NodeOf("nsid: \"{site}-{node}\"\n", "fra1-ns1"), "ns1 at fra1");
  EXPECT_EQ(NodeOf("nsid: \"{node}.{site}.x\"\n", "ns7.ams1.x"), "ns7 at ams1");
  EXPECT_THAT(NodeOf("nsid: \"{nod}\"\n", ""), HasSubstr("f.yaml:1: unknown placeholder {nod}"));
  EXPECT_THAT(NodeOf("nsid: \"{site}\"\n", ""), HasSubstr("f.yaml:1: nsid: has no {node}"));
}

TEST(ParseFleet, ClientsAgentsBreakNothing) {
  const absl::StatusOr<Fleet> fleet = ParseFleet(
      "sites: [{ name: a, nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n"
      "clients: [{ name: c, agent: 10.0.0.2 }]\n",
      "f.yaml");
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_FALSE(fleet->HasAgents());
}

struct Case {
  const char* name;
  const char* yaml;
  const char* error;  // Part of it.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class FleetErrors : public testing::TestWithParam<Case> {};

TEST_P(FleetErrors, NamePlaceAndRemedy) {
  const absl::StatusOr<Fleet> fleet = ParseFleet(GetParam().yaml, "f.yaml");
  ASSERT_FALSE(fleet.ok());
  EXPECT_THAT(std::string(fleet.status().message()), HasSubstr(GetParam().error));
}

#define SITE "sites: [{ name: a, nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n"
// clang-format off
const Case kErrors[] = {
    {"Empty",         "", "f.yaml:1: there are no sites; add sites"},
    {"List",          "- a\n", "f.yaml:1: found a list; expected keys: title"},
    {"UnknownKey",    SITE "sitez: []\n", "f.yaml:2: unknown key 'sitez'; did you mean 'sites'?"},
    {"NodeKey",       "sites:\n- name: a\n  nodes: [{ name: n, hitherdd: 10.0.0.1 }]\n", "f.yaml:3: unknown key 'hitherdd'; did you mean 'hitherd'?"},
    {"NoNodes",       "sites:\n- name: a\n", "f.yaml:2: site a has no nodes; add nodes"},
    {"NoPage",        "sites:\n- name: a\n  nodes: [{ name: n }]\n", "f.yaml:3: node n has no page to ask"},
    {"SiteTwice",     "sites: [{ name: a, nodes: [{ name: n, hitherd: 10.0.0.1 }] }, { name: a, nodes: [{ name: m, hitherd: 10.0.0.1 }] }]\n", "site a twice; keep one"},
    {"NodeTwice",     "sites: [{ name: a, nodes: [{ name: n, hitherd: 10.0.0.1 }, { name: n, hitherd: 10.0.0.2 }] }]\n", "2 nodes (NODE.SITE), routers and clients are named 'n.a'"},
    {"OneDegree",     "sites: [{ name: a, latitude: 1, nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n", "has one of latitude and longitude; give both or neither"},
    {"Latitude",      "sites: [{ name: a, latitude: 91, longitude: 0, nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n", "'91' is not valid; give degrees from -90 to 90"},
    {"NotANumber",    "sites: [{ name: a, latitude: nan, longitude: 0, nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n", "'nan' is not valid"},
    {"HostName",      "sites: [{ name: a, nodes: [{ name: n, hitherd: ns1.example:80 }] }]\n", "f.yaml:1: "},
    {"Wildcard",      "sites: [{ name: a, nodes: [{ name: n, hitherd: 0.0.0.0:80 }] }]\n", "'0.0.0.0:80' cannot be queried"},
    {"PortZero",      "sites: [{ name: a, nodes: [{ name: n, hitherd: 10.0.0.1:0 }] }]\n", "'10.0.0.1:0' cannot be queried"},
    {"NameWithSpace", "sites: [{ name: \"a b\", nodes: [{ name: n, hitherd: 10.0.0.1 }] }]\n", "'a b' is not a name; use letters"},
    {"NameWithSlash", SITE "clients: [{ name: a/b, agent: 10.0.0.1 }]\n", "'a/b' is not a name"},
    {"AsZero",        SITE "routers: [{ name: r, as: 0 }]\n", "'0' is out of range"},
    {"UnknownSite",   SITE "routers: [{ name: r, site: b }]\n", "f.yaml:2: unknown site 'b'"},
    {"UnknownRouter", SITE "routers: [{ name: r1 }]\nlinks: [[r1, r2]]\n", "f.yaml:3: unknown router 'r2'; did you mean 'r1'?"},
    {"LinkOfOne",     SITE "routers: [{ name: r1 }]\nlinks: [[r1]]\n", "a link has two routers; write"},
    {"ClientAlone",   SITE "clients: [{ name: c }]\n", "client c has no node to ask"},
    {"ClientRouter",  SITE "clients: [{ name: c, router: r, agent: 10.0.0.1 }]\n", "f.yaml:2: unknown router 'r'"},
    {"Question",      SITE "question: { name: a..b }\n", "'a..b' SOA cannot be queried"},
    {"QuestionType",  SITE "question: { name: a, type: NOTYPE }\n", "'a' NOTYPE cannot be queried"},
    {"AddressTwice",  SITE "addresses: [192.0.2.1, 192.0.2.1:54,\n 192.0.2.1:53]\n", "f.yaml:3: 192.0.2.1:53 is given twice; keep one"},
    {"Alias",         "title: &a x\nsites: *a\n", "f.yaml:1: "},
};
// clang-format on
#undef SITE
INSTANTIATE_TEST_SUITE_P(Each, FleetErrors, testing::ValuesIn(kErrors),
                         [](const auto& tested) { return tested.param.name; });

TEST(ParseFleet, ListsHaveLimits) {
  std::string yaml = "addresses: [";
  for (size_t i = 0; i <= Fleet::kAddressesMax; ++i) absl::StrAppend(&yaml, "192.0.2.", i, ", ");
  const absl::StatusOr<Fleet> fleet = ParseFleet(yaml + "]\n", "f.yaml");
  EXPECT_THAT(std::string(fleet.status().message()),
              HasSubstr("f.yaml:1: addresses: 17 items; give at most"));
}

TEST(ParseFleet, OneFaultIsOneError) {
  const absl::StatusOr<Fleet> fleet =
      ParseFleet("sites: [{ name: a, nodes: [{ name: n, hitherd: here }] }]\n", "f.yaml");
  EXPECT_EQ(fleet.status().message().find('\n'), absl::string_view::npos) << fleet.status();
}

TEST(LoadFleetFile, SaysWhatCannotBeRead) {
  EXPECT_EQ(LoadFleetFile("/nonexistent/f.yaml").status().message(),
            "/nonexistent/f.yaml: cannot read the fleet: No such file or directory; check path "
            "and permissions");
}

}  // namespace
}  // namespace hither
