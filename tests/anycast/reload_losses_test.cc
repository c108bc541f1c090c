#include "anycast/reload_losses.h"

#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1'000);

// "dns 192.0.2.0/24 2001:db8::/48": a service with its prefixes.
AnycastConfig::Service ServiceOf(absl::string_view text) {
  AnycastConfig::Service service;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (service.name.empty()) {
      service.name = std::string(word);
    } else {
      service.prefixes.push_back(*Prefix::FromText(word));
    }
  }
  return service;
}

// Some of them, "; " between: "dns 192.0.2.0/24; a 198.51.100.0/24".
AnycastConfig ConfigOf(absl::string_view text) {
  AnycastConfig config;
  for (const absl::string_view one : absl::StrSplit(text, "; ", absl::SkipEmpty())) {
    config.services.push_back(ServiceOf(one));
  }
  return config;
}

// Services that were good for ten seconds, or bad all the time; `drained` of that name.
std::vector<Service> Live(absl::string_view text, absl::string_view drained, Level level) {
  std::vector<Service> services;
  for (const AnycastConfig::Service& config : ConfigOf(text).services) {
    Service service(config, {});
    std::vector<Transition> transitions;
    absl::Time now = kBegin;
    for (int tick = 0; tick < 40; ++tick, now += absl::Milliseconds(250)) {
      service.Tick({}, "self", {{{.name = "probe", .level = level, .detail = ""}}, 0, {}, {}}, now,
                   transitions);
    }
    if (service.name() == drained) service.Drain(now);
    services.push_back(service);
  }
  return services;
}

struct Case {
  const char* name;
  const char* before;
  const char* drained;
  const char* after;
  const char* lines;  // "; " between.
  const char* needs;  // What makes it need a confirmation.
  Level level = Level::kOk;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr Case kCases[] = {
    {"Nothing", "dns 192.0.2.0/24", "", "dns 192.0.2.0/24", "", ""},
    {"More", "dns 192.0.2.0/24", "", "dns 192.0.2.0/24 2001:db8::/48", "", ""},
    {"OneOfTwo", "dns 192.0.2.0/24 2001:db8::/48", "", "dns 2001:db8::/48",
     "withdraws 192.0.2.0/24 (service dns, UP); leaves nothing announced over IPv4", "family"},
    {"OneOfTwoOfAFamily", "dns 192.0.2.0/24 198.51.100.0/24 2001:db8::/48", "", "dns 198.51.100.0/24 2001:db8::/48",
     "withdraws 192.0.2.0/24 (service dns, UP)", ""},
    {"TheLast", "dns 192.0.2.0/24", "", "dns 198.51.100.0/24",
     "withdraws 192.0.2.0/24 (service dns, UP)", "all"},
    {"OneThatIsDownAnyway", "dns 192.0.2.0/24", "", "dns 198.51.100.0/24", "", "", Level::kHard},
    {"Renamed", "dns 192.0.2.0/24", "", "ns 192.0.2.0/24",
     "withdraws 192.0.2.0/24 (service dns, UP), until service ns was seen to be healthy", "all"},
    {"MovedToAnother", "dns 192.0.2.0/24; ns 2001:db8::/48", "", "dns 198.51.100.0/24; ns 2001:db8::/48 192.0.2.0/24",
     "withdraws 192.0.2.0/24 (service dns, UP), until service ns was seen to be healthy; leaves nothing announced over IPv4", "family"},
    {"RenamedWhileItDrains", "dns 192.0.2.0/24; ns 2001:db8::/48", "dns", "d 192.0.2.0/24; ns 2001:db8::/48",
     "withdraws 192.0.2.0/24 (service dns, UP), until service d was seen to be healthy; forgets the drain of service dns; leaves nothing announced over IPv4", "drain, family"},
    {"RenamedWhileDrained", "dns 192.0.2.0/24; ns 2001:db8::/48", "dns", "d 192.0.2.0/24; ns 2001:db8::/48",
     "forgets the drain of service dns", "drain", Level::kHard},
    {"RemovedWhileDrained", "dns 192.0.2.0/24; ns 2001:db8::/48", "dns", "ns 2001:db8::/48",
     "forgets the drain of service dns", "drain", Level::kHard},
    {"DrainedAndStays", "dns 192.0.2.0/24", "dns", "dns 192.0.2.0/24", "", ""},
};
// clang-format on

class Losses : public testing::TestWithParam<Case> {};

TEST_P(Losses, AreTold) {
  const Case& c = GetParam();
  const ReloadLosses losses =
      LossesBy(ConfigOf(c.before), ConfigOf(c.after), Live(c.before, c.drained, c.level));
  EXPECT_EQ(absl::StrJoin(losses.lines, "; "), c.lines);
  EXPECT_EQ(losses.withdraws_all, absl::StrContains(c.needs, "all"));
  EXPECT_EQ(losses.withdraws_family, absl::StrContains(c.needs, "family"));
  EXPECT_EQ(losses.forgets_drain, absl::StrContains(c.needs, "drain"));
}

INSTANTIATE_TEST_SUITE_P(All, Losses, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

// "dns 192.0.2.0/24 2001:db8::/48" with two neighbors.
class NeighborLosses : public testing::Test {
 protected:
  NeighborLosses() {
    AnycastConfig::Bgp& bgp = current_.bgp.emplace();
    for (const char* address : {"10.0.0.1", "10.0.0.2"}) {
      bgp.neighbors.emplace_back().address = *SocketAddress::FromText(address, 179);
    }
    next_ = current_;
  }
  ReloadLosses Losses() const { return LossesBy(current_, next_, Live(kService, "", Level::kOk)); }

  static constexpr char kService[] = "dns 192.0.2.0/24 2001:db8::/48";
  AnycastConfig current_ = ConfigOf(kService);
  AnycastConfig next_;
};

TEST_F(NeighborLosses, OneThatTakesNoLongerAPrefixIsNamed) {
  next_.bgp->neighbors[0].prefixes = {*Prefix::FromText("2001:db8::/48")};
  const ReloadLosses losses = Losses();
  EXPECT_EQ(absl::StrJoin(losses.lines, "; "),
            "withdraws 192.0.2.0/24 (service dns, UP) from neighbor 10.0.0.1");
  EXPECT_FALSE(losses.withdraws_all || losses.withdraws_family);
}

TEST_F(NeighborLosses, NobodyTakesAFamilyAnyMore) {
  for (auto& neighbor : next_.bgp->neighbors) {
    neighbor.prefixes = {*Prefix::FromText("2001:db8::/48")};
  }
  const ReloadLosses losses = Losses();
  EXPECT_EQ(losses.lines.size(), 3u);
  EXPECT_EQ(losses.lines.back(), "leaves nothing announced over IPv4");
  EXPECT_TRUE(losses.withdraws_family);
}

TEST_F(NeighborLosses, NobodyTakesTheService) {
  for (auto& neighbor : next_.bgp->neighbors) neighbor.services = {"other"};
  EXPECT_TRUE(Losses().withdraws_all);
}

TEST_F(NeighborLosses, NobodyHasTheFamily) {
  for (auto& neighbor : next_.bgp->neighbors) neighbor.ipv6 = false;
  EXPECT_TRUE(Losses().withdraws_family);
}

TEST_F(NeighborLosses, AnotherWayRemains) {
  for (auto& neighbor : next_.bgp->neighbors) neighbor.services = {"other"};
  next_.kernel.emplace();
  EXPECT_FALSE(Losses().withdraws_all);
}

TEST(KeepUntilRestart, WhatIsTheSameHasNoKey) {
  Config next;
  EXPECT_EQ(KeepUntilRestart({}, next).size(), 0u);
}

TEST(KeepUntilRestart, GivesBackWhatARunningSidecarHas) {
  Config current;
  current.identity.site = "ams1";
  current.anycast.admin_text = "127.0.0.1:8054";
  current.log.level = LogLevel::kInfo;
  Config next = current;
  next.identity.site = "fra1";
  next.anycast.admin_text = "none";
  next.anycast.peers.listen = *SocketAddress::FromText("10.0.0.2:8055", kPeerPort);
  next.anycast.peers.hosts = {"ns1.example"};
  next.log.level = LogLevel::kError;
  next.anycast.policy.fall = 7;
  EXPECT_EQ(absl::StrJoin(KeepUntilRestart(current, next), ", "),
            "identity, anycast.admin, anycast.peers.listen, anycast.peers.hosts, log");
  EXPECT_EQ(next.identity.site, "ams1");
  EXPECT_EQ(next.anycast.admin_text, "127.0.0.1:8054");
  EXPECT_FALSE(next.anycast.peers.listen.has_value());
  EXPECT_TRUE(next.anycast.peers.hosts.empty());
  EXPECT_EQ(next.log.level, LogLevel::kInfo);
  EXPECT_EQ(next.anycast.policy.fall, 7);
}

// The probes expect it from the next query on.
TEST(KeepUntilRestart, AnotherNsidIsTaken) {
  Config current;
  current.identity = {"fra1", "ns2", "{node}.{site}"};
  Config next = current;
  next.identity.nsid_template = "{node}.new";
  EXPECT_EQ(KeepUntilRestart(current, next).size(), 0u);
  EXPECT_EQ(next.identity.nsid_template, "{node}.new");
  next.identity.node = "ns3";  // The default template depends on the name.
  EXPECT_EQ(absl::StrJoin(KeepUntilRestart(current, next), ", "), "identity");
  EXPECT_EQ(next.identity, current.identity);
}

// Unless the operator has chosen it.
TEST(KeepUntilRestart, RouterIdOfAFormerNameStays) {
  Config current;
  current.identity.site = "ams1";
  Config next = current;
  next.identity.site = "fra1";
  next.anycast.bgp.emplace().router_id = RouterIdOf(NodeName(next));
  KeepUntilRestart(current, next);
  EXPECT_EQ(next.anycast.bgp->router_id, RouterIdOf(NodeName(current)));
  next.identity.site = "fra1";
  next.anycast.bgp->router_id = 0x0A000002;
  KeepUntilRestart(current, next);
  EXPECT_EQ(next.anycast.bgp->router_id, 0x0A000002u);
}

}  // namespace
}  // namespace hither
