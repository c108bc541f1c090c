#include "daemon/config/anycast_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/config/anycast_check.h"
#include "daemon/config/config.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The least that makes a sidecar; `anycast` goes below its key.
std::string FileWith(absl::string_view anycast) {
  return absl::StrCat(R"(
identity: { site: fra1, node: ns2 }
listen: ["192.0.2.53:53", "[2001:db8::53]:53", "10.0.0.2:53"]
zones: [{ name: example.org, file: example.org.zone }, { name: example.net, file: n.zone }]
anycast:
)",
                      anycast);
}

absl::StatusOr<Config> Read(absl::string_view anycast) {
  absl::StatusOr<Config> config = ParseConfig(FileWith(anycast), "h.yaml", "/etc/hither");
  if (!config.ok()) return config;
  if (auto status = FinishConfig("host", *config); !status.ok()) return status;
  return config;
}

constexpr absl::string_view kService = R"(
  services: [{ name: dns, prefixes: [192.0.2.0/24, "2001:db8::/48"], probe: { name: example.org } }]
)";

constexpr absl::string_view kBgp =
    "  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 }] }\n";

TEST(AnycastConfig, IsAbsentWhereNothingIsSaid) {
  const auto config = ParseConfig("zones: []", "h.yaml", "");
  ASSERT_TRUE(config.ok());
  EXPECT_FALSE(config->anycast.is_present);
}

TEST(AnycastConfig, ServiceAddressesAreThoseOfListenInsideOfThePrefixes) {
  const auto config = Read(absl::StrCat(kService, "  dry_run: true\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  const AnycastConfig::Service& service = config->anycast.services.at(0);
  std::vector<std::string> addresses;
  for (const SocketAddress& address : service.addresses) addresses.push_back(address.ToText());
  EXPECT_THAT(addresses, ElementsAre("192.0.2.53:53", "[2001:db8::53]:53"));
  EXPECT_EQ(service.probes.at(0).type, "SOA");
  EXPECT_EQ(NodeName(*config), "ns2.fra1");
}

// One list may serve all nodes.
TEST(AnycastConfig, ItsOwnEntryIsNoPeer) {
  const auto config = Read(absl::StrCat(kService, R"(  dry_run: true
  peers:
    listen: 10.0.0.2
    nodes:
      - { name: ns1.fra1, address: 10.0.0.1 }
      - { name: ns2.fra1, address: 10.0.0.9 }
      - { name: called.otherwise, address: 10.0.0.2 }
)"));
  ASSERT_TRUE(config.ok()) << config.status();
  const AnycastConfig::Peers& peers = config->anycast.peers;
  ASSERT_EQ(peers.nodes.size(), 1u);
  EXPECT_EQ(peers.nodes[0].name, "ns1.fra1");
  ASSERT_EQ(peers.own.size(), 2u);
  EXPECT_EQ(peers.own[0].name, "ns2.fra1");
  EXPECT_EQ(peers.own[1].name, "called.otherwise");
}

TEST(AnycastConfig, ThePeersKeyIsReadFromAFileThatOthersCannotRead) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/peers.key.", getpid());
  const auto load = [&](absl::string_view text, mode_t mode) {
    FILE* file = std::fopen(path.c_str(), "w");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    chmod(path.c_str(), mode);
    AnycastConfig anycast;
    anycast.peers.key_file = path;
    const absl::Status loaded = LoadPasswords(anycast);
    std::remove(path.c_str());
    return loaded.ok() ? anycast.peers.keys.at(0) : std::string(loaded.message());
  };
  EXPECT_EQ(load("0123456789abcdef\n", 0600), "0123456789abcdef");
  EXPECT_EQ(load("0123456789abcdef", 0640), "0123456789abcdef");
  EXPECT_THAT(load("0123456789abcdef", 0644), HasSubstr("set its mode to 640"));
  EXPECT_THAT(load("0123456789abcdef", 0660), HasSubstr("set its mode to 640"));
  EXPECT_THAT(load("short\n", 0600), HasSubstr("has 5 octets"));
}

// clang-format off
constexpr absl::string_view kEverything = R"(
  admin: { listen: "127.0.0.1:9999" }
  state_file: none
  journal: journal.jsonl
  dry_run: true
  services:
    - name: dns
      prefixes: [192.0.2.0/24]
      addresses: [192.0.2.53]
      probes: [{ name: example.org, type: SOA }, { name: www.example.org, type: A }]
      zones: [example.net]
      checks: [{ name: disk, command: [/bin/check, -v], every: 5s, timeout: 1s, level: hard, scope: shared }]
      up: { med: 5 }
      soft: { prepend: 4, communities: ["64512:100", no-export] }
      drain: { large_communities: ["64512:1:2"], med: 7 }
  policy:
    { tick: 100ms, fall: 5, rise: 20s, rise_first: 2s, warm_up: 3s, hold_down: 4s, hold_down_max: 8s,
      withdrawals_max: 3, withdrawals_window: 1m, drain_min: 1s, drain_max: 9s,
      drained_queries_per_second: 2.5, servfail_share_max: 0.1, drop_share_max: 0.2, stuck_after: 2s,
      lease: 1s, signatures_margin: 2h }
  bgp:
    local_as: 4200000001
    router_id: 10.0.0.9
    neighbors:
      - { address: 10.0.0.1, as: 64512, local_address: 10.0.0.2, password: secret, ttl_security: true,
          families: [ipv4], next_hop_v4: 10.0.0.3, next_hop_v6: "2001:db8:1::3", hold_time: 9s, description: up }
      - { address: "[2001:db8:1::1]:1179", as: 1.10, multihop: 4, role: rs-client, role_strict: true,
          device: vrf-edge, services: [dns], prefixes: [192.0.2.0/24],
          attributes: { med: 10, prepend: 1, communities: [no-peer, blackhole, "0.64512:7"],
                        large_communities: ["1.10:1:2"] } }
      - { address: 10.0.0.8, as: 4200000001, attributes: { local_pref: 200 } }
  kernel: { mode: metric, interface_up: a, interface_soft: b, interface_drain: c, metric_interface: d,
            table: 7, metric_up: 1, metric_soft: 2, metric_drain: 3, lease: 4s }
  exec: { up: [/bin/up], soft: [/bin/soft], drain: [/bin/drain], down: [/bin/down], timeout: 3s }
  readback: { bird: /run/bird/bird.ctl, bird_protocol: uplink, frr: [vtysh] }
  peers: { listen: "10.0.0.2", max_withdrawn: "34%", outside: [198.51.100.2, "[2001:db8:f::2]:9055"],
           nodes: [{ name: ns1.ams1, address: 10.0.1.2, dns: 10.0.1.2, outside: ["2001:db8:a::2"] }] }
)";
// clang-format on

TEST(AnycastConfig, ReadsServices) {
  const auto config = Read(kEverything);
  ASSERT_TRUE(config.ok()) << config.status();
  const AnycastConfig& anycast = config->anycast;
  EXPECT_EQ(anycast.admin_text, "127.0.0.1:9999");
  EXPECT_EQ(anycast.state_file, "");
  EXPECT_EQ(anycast.journal_file, "/etc/hither/journal.jsonl");
  const AnycastConfig::Service& service = anycast.services.at(0);
  EXPECT_EQ(service.probes.size(), 2);
  EXPECT_THAT(service.zones, ElementsAre("example.net"));
  EXPECT_THAT(service.checks.at(0).command, ElementsAre("/bin/check", "-v"));
  EXPECT_TRUE(service.checks.at(0).is_hard);
  EXPECT_TRUE(service.checks.at(0).is_shared);
  EXPECT_EQ(service.up, (RouteAttributes{5, 0, {}, {}}));
  EXPECT_EQ(service.soft, (RouteAttributes{100, 4, {64512u << 16 | 100, 0xFFFFFF01}, {}}));
  EXPECT_EQ(service.drain, (RouteAttributes{7, 3, {kGracefulShutdown}, {{64512, 1, 2}}}));
}

// The same at every start; an interface that appears later makes no file invalid.
TEST(AnycastConfig, TheRouterIdIsTheNodes) {
  const auto config = Read(
      "  services: [{ name: dns, prefixes: [192.0.2.0/24], addresses: [192.0.2.53], "
      "probe: { name: example.org } }]\n"
      "  bgp: { local_as: 1, neighbors: [{ address: \"fe80::1%nowhere\", as: 2 }] }\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->anycast.bgp->router_id, RouterIdOf(NodeName(*config)));
  EXPECT_EQ(config->anycast.bgp->neighbors[0].address.AddressText(), "fe80::1%nowhere");
}

TEST(AnycastConfig, ReadsNeighborsAndPeers) {
  const auto config = Read(kEverything);
  ASSERT_TRUE(config.ok()) << config.status();
  const AnycastConfig& anycast = config->anycast;
  EXPECT_EQ(anycast.policy.fall, 5);
  EXPECT_EQ(anycast.policy.drained_queries_per_second, 2.5);
  EXPECT_EQ(anycast.bgp->local_as, 4'200'000'001);
  EXPECT_EQ(anycast.bgp->router_id, 0x0A000009);
  const AnycastConfig::Neighbor& first = anycast.bgp->neighbors.at(0);
  EXPECT_EQ(first.address.ToText(), "10.0.0.1:179");
  EXPECT_EQ(first.password, "secret");
  EXPECT_TRUE(first.ipv4 && !first.ipv6 && first.ttl_security);
  EXPECT_EQ(first.next_hop_v6->AddressText(), "2001:db8:1::3");
  EXPECT_EQ(anycast.bgp->neighbors.at(1).address.ToText(), "[2001:db8:1::1]:1179");
  const AnycastConfig::Neighbor& second = anycast.bgp->neighbors.at(1);
  EXPECT_EQ(second.as, 65'546);  // RFC 5396: 1 * 65536 + 10.
  EXPECT_EQ(second.role, BgpRole::kRouteServerClient);
  EXPECT_TRUE(second.role_strict);
  EXPECT_EQ(second.device, "vrf-edge");
  EXPECT_THAT(second.services, ElementsAre("dns"));
  EXPECT_EQ(second.prefixes.at(0).ToText(), "192.0.2.0/24");
  EXPECT_EQ(second.attributes,
            (RouteAttributes{10, 1, {0xFFFFFF04, 0xFFFF029A, 64512u << 16 | 7}, {{65'546, 1, 2}}}));
  EXPECT_EQ(anycast.bgp->neighbors.at(2).attributes.local_pref, 200);
  EXPECT_FALSE(first.role.has_value());
  EXPECT_EQ(anycast.kernel->mode, AnycastConfig::Kernel::Mode::kMetric);
  EXPECT_EQ(anycast.kernel->metric_drain, 3);
  EXPECT_THAT(anycast.exec->drain, ElementsAre("/bin/drain"));
  EXPECT_EQ(anycast.readback.bird_protocol, "uplink");
  EXPECT_EQ(anycast.peers.max_withdrawn_percent, 34);
  EXPECT_EQ(anycast.peers.listen->ToText(), "10.0.0.2:8055");
  EXPECT_EQ(anycast.peers.nodes.at(0).dns->ToText(), "10.0.1.2:53");
  EXPECT_EQ(anycast.peers.outside.at(0).ToText(), "198.51.100.2:8055");
  EXPECT_EQ(anycast.peers.outside.at(1).ToText(), "[2001:db8:f::2]:9055");
  EXPECT_EQ(anycast.peers.nodes.at(0).outside.at(0).ToText(), "[2001:db8:a::2]:8055");
}

TEST(AnycastConfig, ReadsAPasswordFromItsFile) {
  char path[] = "/tmp/hither-password-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(write(fd, "s3cret\nmore\n", 12), 12);
  close(fd);
  const auto config = Read(absl::StrCat(kService,
                                        "  bgp: { local_as: 1, neighbors: [{ address: "
                                        "10.0.0.1, as: 2, password_file: ",
                                        path, " }] }\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  AnycastConfig anycast = config->anycast;
  EXPECT_EQ(anycast.bgp->neighbors.at(0).password, "");  // hitherd reads no secret.
  const absl::Status loaded = LoadPasswords(anycast);
  unlink(path);
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(anycast.bgp->neighbors.at(0).password, "s3cret");
  EXPECT_THAT(std::string(LoadPasswords(anycast).message()),
              HasSubstr("No such file or directory; check path and permissions"));
}

struct Case {
  const char* name;
  const char* anycast;
  const char* error;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr Case kWrong[] = {
    {"UnknownKey", "  service: []\n", "h.yaml:6: unknown key 'service'; did you mean 'services'?"},
    {"NoService", "  dry_run: true\n", "there is no service; add services:"},
    {"NoBackend", "SERVICE", "nothing to announce with; add bgp:, kernel:, exec: or dry_run: true"},
    {"PrefixHasHostBits", "  services: [{ name: dns, prefixes: [192.0.2.1/24] }]\n", "h.yaml:6: '192.0.2.1/24' has bits set after its prefix length; write 192.0.2.0/24"},
    {"PrefixIsWord", "  services: [{ name: dns, prefixes: [fra1] }]\n", "'fra1' is not a prefix; write it as 192.0.2.0/24"},
    {"PrefixTooLong", "  services: [{ name: dns, prefixes: [192.0.2.0/33] }]\n", "'192.0.2.0/33' is not a prefix"},
    {"NoProbe", "  services: [{ name: dns, prefixes: [192.0.2.0/24] }]\n", "service dns has no probe; add probe: { name: example.org, type: SOA }"},
    {"NoAddressInPrefix", "  services: [{ name: dns, prefixes: [198.51.100.0/24], probe: { name: a } }]\n", "no address of 198.51.100.0/24 is known"},
    {"PrefixTwice", "  services: [{ name: a, prefixes: [192.0.2.0/24], probe: { name: a } }, { name: b, prefixes: [192.0.2.0/24], probe: { name: a } }]\n  dry_run: true\n", "prefix 192.0.2.0/24 is of two services, a and b; keep one"},
    {"ServiceTwice", "  services: [{ name: a, prefixes: [192.0.2.0/24], probe: { name: a } }, { name: a, prefixes: [\"2001:db8::/48\"], probe: { name: a } }]\n  dry_run: true\n", "service a is given twice"},
    {"Community", "  services: [{ name: dns, soft: { communities: [\"70000:1\"] } }]\n", "'70000:1' is not a community; write \"64512:100\""},
    {"LargeCommunity", "  services: [{ name: dns, soft: { large_communities: [\"1:2\"] } }]\n", "'1:2' is not a large community; write \"64512:1:2\" (RFC 8092)"},
    {"NoAs", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1 }] }\n", "h.yaml:8: anycast: bgp: neighbor 10.0.0.1:179 has no as; add it"},
    {"NoNeighbor", "SERVICE  bgp: { local_as: 1 }\n", "bgp: there is no neighbor"},
    {"NeighborTwice", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 }, { address: 10.0.0.1, as: 2 }] }\n", "neighbor 10.0.0.1:179 is given twice"},
    {"HoldTimeIsNoLease", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, hold_time: 0s }] }\n", "h.yaml:8: anycast.bgp.neighbors.hold_time: '0s' is not valid; give a time from 3s"},
    {"TtlSecurityOverHops", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, ttl_security: true, multihop: 2 }] }\n", "has ttl_security, which is for one hop, and multihop"},
    {"TwoFamilies", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, local_address: \"::1\" }] }\n", "are of different families"},
    {"RouterIdOfV6", "SERVICE  bgp: { local_as: 1, router_id: \"::1\" }\n", "a router ID is written as an IPv4 address"},
    {"TiersMeet", "SERVICE  kernel: { interface_up: a, interface_soft: a }\n", "two states share an interface or a metric"},
    {"KernelMode", "SERVICE  kernel: { mode: magic }\n", "'magic'; write address or metric"},
    {"PeerWithoutName", "SERVICE  dry_run: true\n  peers: { nodes: [{ address: 10.0.0.2 }] }\n", "a node needs a name and an address"},
    {"PeersAtOneAddress", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 10.0.0.1 }, { name: b, address: \"10.0.0.1:8055\" }] }\n", "nodes a and b have one address"},
    {"PeersOfOneName", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 10.0.0.1 }, { name: a, address: 10.0.0.3 }] }\n", "node a is given twice"},
    {"SealsWithoutAKey", "SERVICE  dry_run: true\n  peers: { accept_unsealed: true }\n", "add key_file"},
    {"MaxWithdrawnAll", "SERVICE  dry_run: true\n  peers: { max_withdrawn: \"100%\" }\n", "'100' is out of range; give a whole number from 1 to 99"},
    {"OutsideIsAnycast", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 10.0.0.2, outside: [192.0.2.7] }] }\n", "peers: node a: outside: 192.0.2.7 is in 192.0.2.0/24 of service dns, so that beacons to it would reach another node; write the node's own unicast address"},
    {"OwnOutsideIsAnycast", "SERVICE  dry_run: true\n  peers: { outside: [192.0.2.53] }\n", "peers: outside: 192.0.2.53 is in 192.0.2.0/24"},
    {"OutsideIsWildcard", "SERVICE  dry_run: true\n  peers: { outside: [0.0.0.0] }\n", "0.0.0.0 is not the address of one node"},
    {"OutsideIsWord", "SERVICE  dry_run: true\n  peers: { outside: [ns1] }\n", "h.yaml:9: "},
    {"OutsideIsNoList", "SERVICE  dry_run: true\n  peers: { outside: 10.0.0.2 }\n", "h.yaml:9: "},
    {"ExecWithoutDown", "SERVICE  exec: { up: [/bin/up] }\n", "could not be withdrawn; add down: [/usr/local/bin/down]"},
    {"ExecWithoutUp", "SERVICE  exec: { down: [/bin/down] }\n", "no command to announce with; add up:"},
    {"EmptyCommand", "SERVICE  exec: { up: [] }\n", "the command is empty; give a program's path"},
    {"DefaultRoute", "  services: [{ name: dns, prefixes: [0.0.0.0/0], addresses: [1.2.3.4], probe: { name: example.org } }]\nBGP", "anycast: prefix 0.0.0.0/0 of service dns overlaps 0.0.0.0/8 (this network), which is not routed"},
    {"DefaultRouteOfIpv6", "  services: [{ name: dns, prefixes: [\"::/0\"], addresses: [\"2001:db8::53\"], probe: { name: example.org } }]\nBGP", "anycast: prefix ::/0 of service dns overlaps ::/127 (unspecified, loopback)"},
    {"Loopback", "  services: [{ name: dns, prefixes: [127.0.0.0/24], addresses: [127.0.0.1], probe: { name: example.org } }]\nBGP", "prefix 127.0.0.0/24 of service dns overlaps 127.0.0.0/8 (loopback)"},
    {"Multicast", "  services: [{ name: dns, prefixes: [239.1.0.0/16], addresses: [239.1.0.1], probe: { name: example.org } }]\nBGP", "overlaps 224.0.0.0/4 (multicast)"},
    {"MulticastOfIpv6", "  services: [{ name: dns, prefixes: [\"ff0e::/48\"], addresses: [\"ff0e::1\"], probe: { name: example.org } }]\nBGP", "overlaps ff00::/8 (multicast)"},
    {"LinkLocal", "  services: [{ name: dns, prefixes: [\"fe80::/64\"], addresses: [\"fe80::1%lo\"], probe: { name: example.org } }]\nBGP", "overlaps fe80::/10 (link-local)"},
    {"ClassE", "  services: [{ name: dns, prefixes: [250.0.0.0/8], addresses: [250.0.0.1], probe: { name: example.org } }]\nBGP", "overlaps 240.0.0.0/4 (reserved)"},
    {"HalfTheInternet", "  services: [{ name: dns, prefixes: [128.0.0.0/1], addresses: [192.0.2.53], probe: { name: example.org } }]\nBGP", "overlaps 169.254.0.0/16 (link-local)"},
    {"ServicesOverlap", "  services: [{ name: a, prefixes: [192.0.2.0/24], probe: { name: example.org } },\n    { name: b, prefixes: [192.0.2.0/25], probe: { name: example.org } }]\n  dry_run: true\n", "anycast: prefix 192.0.2.0/25 of service b overlaps 192.0.2.0/24 of service a"},
    {"NextHopIsLoopback", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, next_hop_v4: 127.0.0.1 }] }\n", "h.yaml:8: the next hop 127.0.0.1 is in 127.0.0.0/8 (loopback)"},
    {"NextHopIsMulticast", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, next_hop_v6: \"ff02::1\" }] }\n", "the next hop ff02::1 is in ff00::/8 (multicast)"},
    {"NextHopIsNothing", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, next_hop_v4: 0.0.0.0 }] }\n", "the next hop 0.0.0.0 is in 0.0.0.0/8 (this network)"},
    {"NextHopIsTheService", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, next_hop_v4: 192.0.2.53 }] }\n", "anycast: bgp: the next hop 192.0.2.53 is in a prefix of service dns, which every site has"},
    {"NextHopIsTheNeighbor", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, next_hop_v4: 10.0.0.1 }] }\n", "the next hop 10.0.0.1 is the neighbor itself"},
    {"RouterIdIsZero", "SERVICE  bgp: { local_as: 1, router_id: 0.0.0.0 }\n", "a router ID is written as an IPv4 address"},
    {"RouterIdIsMulticast", "SERVICE  bgp: { local_as: 1, router_id: 224.0.0.5 }\n", "h.yaml:8: routers refuse the router ID 224.0.0.5"},
    {"RouterIdIsTheService", "SERVICE  bgp: { local_as: 1, router_id: 192.0.2.53, neighbors: [{ address: 10.0.0.1, as: 2 }] }\n", "anycast: bgp: router_id 192.0.2.53 is in a prefix of service dns"},
    {"NeighborWithoutInterface", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: \"fe80::1\", as: 2 }] }\n", "h.yaml:8: the link-local address fe80::1 exists on every link; name the interface, as in [fe80::1%eth0]"},
    {"NeighborIsTheService", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: \"2001:db8::53\", as: 2 }] }\n", "bgp: neighbor 2001:db8::53 is in a prefix of service dns"},
    {"NeighborIsMulticast", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 224.0.0.1, as: 2 }] }\n", "bgp: neighbor 224.0.0.1 is a multicast or broadcast address"},
    {"LocalAddressIsTheService", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, local_address: 192.0.2.53 }] }\n", "bgp: local_address 192.0.2.53 is in a prefix of service dns"},
    {"PeerIsTheService", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 192.0.2.53 }] }\n", "anycast: peers: node a: 192.0.2.53 is in a prefix of service dns"},
    {"UnknownRole", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, role: upstream }] }\n", "h.yaml:9: 'upstream' is not a role; write what this host is to the neighbor: customer, provider, peer, rs or rs-client"},
    {"RoleWithinOurAs", "SERVICE  bgp: { local_as: 2, neighbors: [{ address: 10.0.0.1, as: 3 },\n    { address: 10.0.0.2, as: 2, role: peer }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.2: role: it is for neighbors in another AS (RFC 9234); remove it"},
    {"StrictWithoutRole", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, role_strict: true }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.2: role_strict: it needs a role; add role: customer"},
    {"LocalPrefToAnotherAs", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, attributes: { local_pref: 200 } }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.2: attributes: local_pref is sent only to neighbors in our AS"},
    {"ServiceOfNobody", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, services: [mail] }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.2: services: there is no service mail"},
    {"NoServices", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, services: [] }] }\n", "h.yaml:9: the list is empty; name at least one, or remove the key for all"},
    {"PrefixOfNobody", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, prefixes: [192.0.2.0/25] }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.2: prefixes: 192.0.2.0/25 is not a prefix of a service"},
    {"LongDevice", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, device: a-name-of-sixteen }] }\n", "h.yaml:9: 'a-name-of-sixteen' is not an interface's name; at most 15 octets"},
    {"AttributeOfNobody", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, attributes: { weight: 7 } }] }\n", "h.yaml:9: "},
    {"CommunityOfNobody", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, attributes: { communities: [noexport] } }] }\n", "h.yaml:9: 'noexport' is not a community; write \"64512:100\", no-export, no-advertise, no-export-subconfed, no-peer, blackhole"},
    {"CommunityOfALongAs", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.2, as: 2, attributes: { communities: [\"1.10:7\"] } }] }\n", "an AS number above 65535 needs large_communities"},
    {"AsOfThreeParts", "SERVICE  bgp: { local_as: 1.2.3 }\n", "h.yaml:8: '1.2.3' is not an AS number; give one from 1 to 4294967294, or as two halves, such as 65000.1"},
    {"AsOfALongHalf", "SERVICE  bgp: { local_as: 1.65536 }\n", "'1.65536' is not an AS number"},
    {"AsZero", "SERVICE  bgp: { local_as: 0.0 }\n", "'0.0' is not an AS number"},
    {"SoftHasAHigherLocalPref", "  dry_run: true\n  services:\n    - { name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org }, soft: { local_pref: 200 } }\n", "soft of service dns has a higher local_pref than up (198 and 100, each less its prepend)"},
    {"NobodysAs", "SERVICE  bgp: { local_as: 23456 }\n", "h.yaml:8: AS 23456 is reserved"},
    {"SoftIsPreferred", "  dry_run: true\n  services:\n    - { name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org }, up: { prepend: 3 } }\n", "anycast: soft of service dns (prepend 2, MED 100) is no less preferred than up (prepend 3, MED 0); raise prepend or med"},
    {"SoftIsUp", "  dry_run: true\n  services:\n    - { name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org }, soft: { prepend: 0, med: 0 } }\n", "soft of service dns (prepend 0, MED 0) is no less preferred than up"},
    {"HoldTimeOfHalves", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, hold_time: 3500ms }] }\n", "h.yaml:8: anycast.bgp.neighbors.hold_time: '3500ms' is not a multiple of 1s"},
    {"KernelLeaseOfHalves", "SERVICE  kernel: { lease: 3500ms }\n", "h.yaml:8: anycast.kernel.lease: '3500ms' is not a multiple of 1s"},
    {"TickOfMicroseconds", "SERVICE  policy: { tick: 250500us }\n", "h.yaml:8: anycast.policy.tick: '250500us' is not a multiple of 1ms"},
    {"ProbeInNoZone", "  dry_run: true\n  services:\n    - { name: dns, prefixes: [192.0.2.0/24],\n        probe: { name: www.examlpe.org } }\n", "anycast: the probe of service dns asks for www.examlpe.org, which is not in any zone of zones:"},
    {"ProbeOfNoType", "  services: [{ name: dns, probe: { name: example.org, type: SAO } }]\n", "h.yaml:6: 'SAO' is not a type to ask for"},
    {"ProbeOfAny", "  services: [{ name: dns, probe: { name: example.org, type: ANY } }]\n", "'ANY' is not a type to ask for"},
    {"WatchedZoneIsNone", "  dry_run: true\n  services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org }, zones: [www.example.org] }]\n", "anycast: service dns watches www.example.org, which is not one of zones:"},
    {"Tick", "SERVICE  policy: { tick: 1ms }\n", "'1ms' is not valid; give a time from 50ms to 5s"},
    {"LeaseOfOneTick", "SERVICE  dry_run: true\n  policy: { tick: 2s }\n", "policy: lease (2s) is less than twice the tick (4s): one late tick would end every session; raise lease"},
    {"KernelLeaseOfOneTick", "SERVICE  kernel: { lease: 4s }\n  policy: { tick: 2s, lease: 5s }\n", "kernel: lease (4s) is less than a second and twice the tick (5s): one late tick would end every announcement; raise lease"},
    {"HoldDownOverItsMax", "SERVICE  dry_run: true\n  policy: { hold_down: 10m }\n", "policy: hold_down_max (5m) is less than hold_down (10m)"},
    {"DrainMinOverItsMax", "SERVICE  dry_run: true\n  policy: { drain_max: 2s }\n", "policy: drain_max (2s) is less than drain_min (3s)"},
    {"MetricsTheOtherWay", "SERVICE  kernel: { metric_up: 5, metric_soft: 4, metric_drain: 3 }\n", "a higher metric is less preferred, but metric_up is 5, metric_soft 4 and metric_drain 3; give them in this order"},
    {"TableOfTheKernel", "SERVICE  kernel: { table: 255 }\n", "kernel: table 255 (local) is the kernel's own"},
    {"NoFamilies", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, families: [] }] }\n", "h.yaml:8: anycast.bgp.neighbors.families: the list is empty, so that nothing would be announced"},
    {"EmptyFamily", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, families: [\"\"] }] }\n", "h.yaml:8: anycast.bgp.neighbors.families: '' is not a family"},
    {"TwoPasswords", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, password: a,\n    password_file: b }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.1: password_file: password is given as well; keep one"},
    {"NoRoomForMed", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2, attributes: { med: 4294967295 } }] }\n", "h.yaml:8: anycast: bgp: neighbor 10.0.0.1: attributes: med 4294967295 leaves no room for the med 100 of service dns's soft; lower it"},
    {"NoRoomForLocalPref", "SERVICE  bgp: { local_as: 2, neighbors: [{ address: 10.0.0.1, as: 2, attributes: { local_pref: 2 } }] }\n", "attributes: local_pref 2 leaves no room for the prepend 3 of service dns's drain; each prepend lowers it by one; raise it"},
    {"Neighbors2ndLine", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { address: 10.0.0.1, as: 2 }] }\n", "h.yaml:9: anycast: bgp: neighbor 10.0.0.1:179 is given twice, first on line 8; keep one"},
    {"NeighborWithoutAddress", "SERVICE  bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 },\n    { as: 2 }] }\n", "h.yaml:9: anycast: bgp: a neighbor has no address; add it"},
    {"PeerWithoutAddress", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a }] }\n", "h.yaml:9: anycast.peers.nodes: a node needs a name and an address"},
    {"PeersOfOneNameAndLine", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 10.0.0.1 },\n    { name: a, address: 10.0.0.3 }] }\n", "h.yaml:10: anycast.peers.nodes: node a is given twice, first on line 9; keep one"},
    {"PeersOfOneAddressAndLine", "SERVICE  dry_run: true\n  peers: { nodes: [{ name: a, address: 10.0.0.1 },\n    { name: b, address: 10.0.0.1 }] }\n", "h.yaml:10: anycast.peers.nodes: nodes a and b have one address, 10.0.0.1:8055, first on line 9; correct one"},
    {"CheckWithoutName", "  services: [{ name: dns, checks: [{ command: [/bin/true] }] }]\n", "h.yaml:6: anycast.services.checks: a check needs a name and a command"},
    {"ProbesLine", "  dry_run: true\n  services:\n    - { name: dns, prefixes: [192.0.2.0/24],\n        probe: { name: www.examlpe.org } }\n", "(line 9)"},
    {"Share", "SERVICE  policy: { drop_share_max: 1.5 }\n", "h.yaml:8: anycast.policy.drop_share_max: '1.5'; give a share from 0 to 1"},
    {"Rate", "SERVICE  policy: { drained_queries_per_second: x }\n", "h.yaml:8: anycast.policy.drained_queries_per_second: 'x'; give queries a second"},
    {"Choice", "  services: [{ name: dns, checks: [{ level: zz }] }]\n", "h.yaml:6: anycast.services.checks.level: 'zz'; write soft or hard"},
    {"NewlineInAProbe", "  dry_run: true\n  services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: \"a\\nb.example\" } }]\n", "asks for a?b.example, which is not in any zone"},
    {"NewlineInABadProbe", "  dry_run: true\n  services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: \"a\\nb..c\" } }]\n", "anycast: service dns: 'a?b..c'"},
    {"NewlineInAdmin", "SERVICE  dry_run: true\n  admin: { listen: \"z\\nz\" }\n", "h.yaml:9: anycast.admin.listen: 'z?z' is not an admin address"},
    {"NewlineInAService", "  services: [{ name: \"d\\ns\", prefixes: [192.0.2.0/24] }]\n", "anycast.services.name 'd?s' cannot be sent"},
    {"AdminIsWord", "SERVICE  dry_run: true\n  admin: { listen: zz }\n", "h.yaml:9: anycast.admin.listen: 'zz' is not an admin address"},
    {"PolicysLine", "SERVICE  policy:\n    hold_down: 10m\n", "h.yaml:9: anycast: policy: hold_down_max (5m) is less than hold_down (10m)"},
    {"AdminIsPublic", "SERVICE  dry_run: true\n  admin: { listen: \"10.0.0.2:8054\" }\n", "is not a loopback address"},
};
// clang-format on

class WrongAnycast : public ::testing::TestWithParam<Case> {};

TEST_P(WrongAnycast, SaysWhatToDo) {
  const auto config =
      Read(absl::StrReplaceAll(GetParam().anycast, {{"SERVICE", kService}, {"BGP", kBgp}}));
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(GetParam().error));
}

TEST(AnycastConfig, TooManyBeacons) {
  std::string text =
      "  dry_run: true\n  services:\n    - name: dns\n      prefixes: [10.0.0.0/8]\n"
      "      probe: { name: example.org }\n      addresses: [10.0.0.0";
  for (int i = 1; i < 65; ++i) absl::StrAppend(&text, ", 10.0.0.", i);
  text += "]\n";
  EXPECT_TRUE(Read(text).ok()) << "they are many only where beacons are sent";
  text += "  peers: { nodes: [{ name: b, address: 192.168.0.1, outside: [192.168.0.1] }] }\n";
  EXPECT_THAT(std::string(Read(text).status().message()),
              HasSubstr("65 service addresses and 1 outside: addresses of nodes are too many"));
}

INSTANTIATE_TEST_SUITE_P(Each, WrongAnycast, ::testing::ValuesIn(kWrong),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(AnycastConfig, WarnsOfWhatCanBeMeantSo) {
  const auto config = Read(R"(
  services:
    - name: dns
      prefixes: [192.0.2.0/24]
      probe: { name: www.Example.ORG, type: TYPE65534 }
      soft: { med: 0, prepend: 0, communities: ["64512:101"] }
  policy: { fall: 100, tick: 1s, rise: 0s }
  bgp: { local_as: 1, neighbors: [{ address: "[fe80::1%lo]", as: 2, hold_time: 90s }] }
  peers: { listen: 192.0.2.53 }
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(
      CheckAnycast(*config).warnings,
      ElementsAre(HasSubstr("anycast: soft of service dns (prepend 0, MED 0) is no less preferred "
                            "than up (prepend 0, MED 0); only its communities can move traffic"),
                  HasSubstr("anycast: policy: a fault counts only after 1m40s"),
                  HasSubstr("anycast: policy: rise is less than rise_first"),
                  HasSubstr("keeps the routes of a dead host for hold_time, 1m30s"),
                  HasSubstr("peers: listen 192.0.2.53:8055 is in a service's prefix")));
}

TEST(AnycastConfig, WarnsOfASidecarWithoutHeartbeat) {
  absl::StatusOr<Config> config =
      ParseConfig(absl::StrCat("heartbeat: none", FileWith(kService), "  dry_run: true\n"),
                  "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(FinishConfig("host", *config).ok());
  EXPECT_THAT(CheckAnycast(*config).warnings,
              ElementsAre(HasSubstr("anycast: heartbeat: none leaves only probes")));
}

TEST(AnycastConfig, EachLineOfAnErrorNamesTheFile) {
  EXPECT_EQ(WithFile("h.yaml", absl::InvalidArgumentError("anycast: a\nh.yaml:3: b\nc")),
            absl::InvalidArgumentError("h.yaml: anycast: a\nh.yaml:3: b\nh.yaml: c"));
}

TEST(AnycastConfig, WarnsOfANeighborOnThisHost) {
  const auto warnings = [](absl::string_view more) {
    const auto config =
        Read(absl::StrCat(kService, "  bgp: { local_as: 1, neighbors: [{ address: 127.0.0.1, as: 2",
                          more, " }] }\n"));
    EXPECT_TRUE(config.ok()) << config.status();
    return CheckAnycast(*config).warnings;
  };
  EXPECT_THAT(warnings(""), ElementsAre(HasSubstr("neighbor 127.0.0.1 is on this host")));
  EXPECT_THAT(warnings(", next_hop_v4: 10.0.0.9"), ElementsAre());
  EXPECT_THAT(warnings(", families: [ipv6]"), ElementsAre());
}

std::vector<std::string> WarningsOf(const std::string& listen, const std::string& peers) {
  absl::StatusOr<Config> config = ParseConfig(
      absl::StrCat("identity: { site: fra1, node: ns1 }\nlisten: [", listen,
                   "]\nzones: [{ name: example.org, file: a }]\nanycast:\n  services: [{ name: "
                   "dns, prefixes: [192.0.2.0/24], probe: { name: example.org } }]\n  bgp: { "
                   "local_as: 64512, neighbors: [{ address: 10.0.0.1, as: 64496 }] }\n  peers: ",
                   peers, "\n"),
      "a.yaml", "/");
  EXPECT_TRUE(config.ok()) << config.status();
  const absl::Status finished = FinishConfig("host", *config);
  EXPECT_TRUE(finished.ok()) << finished;
  return CheckAnycast(*config).warnings;
}

// Peers ask a unicast address; a hitherd that listens on the service addresses alone is SOFT.
TEST(AnycastConfig, WarnsOfAPeerAddressWithoutHitherd) {
  constexpr char kOther[] =
      "{ listen: 10.0.1.2, nodes: [{ name: ns1.ams1, address: 10.0.2.2, dns: 10.0.2.2 }] }";
  EXPECT_THAT(WarningsOf("192.0.2.53", kOther),
              ElementsAre(HasSubstr("peers: hitherd does not listen on 10.0.1.2:53, the address of "
                                    "peers: { listen: }, where other nodes likely ask it; this "
                                    "node would stay SOFT: add \"10.0.1.2:53\" to listen:")));
  EXPECT_THAT(WarningsOf("192.0.2.53, 10.0.1.2", kOther), testing::IsEmpty());
  EXPECT_THAT(WarningsOf("192.0.2.53, 0.0.0.0", kOther), testing::IsEmpty());
  EXPECT_THAT(WarningsOf("192.0.2.53",
                         "{ listen: 10.0.1.2, nodes: [{ name: b, address: 10.0.2.2 "
                         "}] }"),
              testing::IsEmpty());
  constexpr char kAll[] =
      "{ listen: 10.0.1.2, nodes: [{ name: ns1.fra1, address: 10.0.1.2, dns: 10.0.9.2 }, { name: "
      "ns1.ams1, address: 10.0.2.2, dns: 10.0.2.2 }] }";
  EXPECT_THAT(WarningsOf("192.0.2.53, 10.0.1.2", kAll),
              ElementsAre(HasSubstr("does not listen on 10.0.9.2:53, where the other nodes ask "
                                    "this one (dns: of its entry)")));
}

// Tests do so, and who tries it out.
TEST(AnycastConfig, ADryRunOnLoopbackIsAWarning) {
  const auto config = Read(
      "  services: [{ name: dns, prefixes: [127.0.0.0/8], addresses: [127.0.0.1], "
      "probe: { name: example.org } }]\n"
      "  peers: { nodes: [{ name: a, address: 127.0.0.1 }] }\n  dry_run: true\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(CheckAnycast(*config).warnings,
              ElementsAre(HasSubstr("prefix 127.0.0.0/8 of service dns overlaps 127.0.0.0/8")));
}

}  // namespace
}  // namespace hither
