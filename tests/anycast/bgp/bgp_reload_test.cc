#include "anycast/bgp/bgp_reload.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "absl/strings/str_join.h"

namespace hither {
namespace {

AnycastBgp Two() {
  AnycastBgp bgp;
  bgp.local_as = 64512;
  bgp.router_id = 1;
  for (const char* address : {"10.0.0.1", "10.0.0.2"}) {
    bgp.neighbors.push_back({});
    bgp.neighbors.back().address = *SocketAddress::FromText(address, 179);
    bgp.neighbors.back().as = 64496;
  }
  return bgp;
}

struct Case {
  const char* name;
  std::function<void(AnycastBgp&)> change;
  const char* expect;  // All lines.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
const Case kCases[] = {
    {"Nothing",     [](AnycastBgp&) {}, ""},
    {"Description", [](AnycastBgp& to) { to.neighbors[0].description = "upstream A"; }, ""},
    {"NextHop",     [](AnycastBgp& to) { to.neighbors[0].next_hop_v4 = *SocketAddress::FromText("10.0.0.9", 0); }, ""},
    {"PasswordFileElsewhere", [](AnycastBgp& to) { to.neighbors[0].password_file = "/etc/other"; }, ""},
    {"Order",       [](AnycastBgp& to) { std::swap(to.neighbors[0], to.neighbors[1]); }, ""},
    {"Password",    [](AnycastBgp& to) { to.neighbors[1].password = "secret"; }, "resets the session with 10.0.0.2: password changed"},
    {"HoldTime",    [](AnycastBgp& to) { to.neighbors[0].hold_time = absl::Seconds(9); }, "resets the session with 10.0.0.1: hold_time changed"},
    {"Several",     [](AnycastBgp& to) { to.neighbors[0].ipv6 = false; to.neighbors[0].ttl_security = true; }, "resets the session with 10.0.0.1: ttl_security, families changed"},
    {"LocalAddress", [](AnycastBgp& to) { to.neighbors[0].local_address = *SocketAddress::FromText("10.0.0.9", 0); }, "resets the session with 10.0.0.1: local_address changed"},
    {"Multihop",    [](AnycastBgp& to) { to.neighbors[0].multihop = 2; }, "resets the session with 10.0.0.1: multihop changed"},
    {"Role",        [](AnycastBgp& to) { to.neighbors[0].role = BgpRole::kPeer; to.neighbors[0].role_strict = true; }, "resets the session with 10.0.0.1: role, role_strict changed"},
    {"Device",      [](AnycastBgp& to) { to.neighbors[0].device = "eth0"; }, "resets the session with 10.0.0.1: device changed"},
    {"Attributes",  [](AnycastBgp& to) { to.neighbors[0].attributes.med = 7; }, ""},
    {"WhatIsAnnounced", [](AnycastBgp& to) { to.neighbors[0].services = {"dns"}; }, ""},
    {"As",          [](AnycastBgp& to) { to.neighbors[0].as = 2; }, "resets the session with 10.0.0.1: as changed"},
    {"Added",       [](AnycastBgp& to) { to.neighbors.push_back(to.neighbors[0]); to.neighbors[2].address = *SocketAddress::FromText("10.0.0.3", 179); }, "opens a session with 10.0.0.3"},
    {"Removed",     [](AnycastBgp& to) { to.neighbors.pop_back(); }, "ends the session with 10.0.0.2: it was removed"},
    {"Replaced",    [](AnycastBgp& to) { to.neighbors[1].address = *SocketAddress::FromText("10.0.0.3", 179); }, "ends the session with 10.0.0.2: it was removed|opens a session with 10.0.0.3"},
    {"RouterId",    [](AnycastBgp& to) { to.router_id = 2; }, "resets the session with 10.0.0.1: router_id changed|resets the session with 10.0.0.2: router_id changed"},
    {"LocalAs",     [](AnycastBgp& to) { to.local_as = 2; to.neighbors.pop_back(); }, "resets the session with 10.0.0.1: local_as changed|ends the session with 10.0.0.2: it was removed"},
};
// clang-format on

class Reloads : public testing::TestWithParam<Case> {};
TEST_P(Reloads, EndsNoMoreThanItMust) {
  AnycastBgp to = Two();
  GetParam().change(to);
  std::vector<std::string> lines;
  for (const NeighborChange& change : PlanReload(Two(), to)) {
    if (change.kind != NeighborChange::Kind::kNone) lines.push_back(change.ToText());
  }
  EXPECT_EQ(absl::StrJoin(lines, "|"), GetParam().expect);
}
INSTANTIATE_TEST_SUITE_P(Each, Reloads, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hither
