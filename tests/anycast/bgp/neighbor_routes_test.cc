#include "anycast/bgp/neighbor_routes.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Route Of(const char* service, const char* prefix, State state = State::kUp) {
  Route route;
  route.service = service;
  route.prefix = *Prefix::FromText(prefix);
  route.state = state;
  return route;
}

const std::vector<Route> kRoutes = {Of("dns", "192.0.2.0/24"), Of("dns", "2001:db8::/48"),
                                    Of("mail", "198.51.100.0/24")};

std::vector<std::string> Announced(const AnycastConfig::Neighbor& neighbor) {
  std::vector<std::string> prefixes;
  for (const Route& route : RoutesFor(neighbor, kRoutes)) prefixes.push_back(route.prefix.ToText());
  return prefixes;
}

TEST(NeighborRoutes, AreAllWithoutALimit) { EXPECT_EQ(RoutesFor({}, kRoutes), kRoutes); }

TEST(NeighborRoutes, AreThoseOfItsServicesAndPrefixes) {
  AnycastConfig::Neighbor neighbor;
  neighbor.services = {"dns"};
  EXPECT_THAT(Announced(neighbor), ElementsAre("192.0.2.0/24", "2001:db8::/48"));
  neighbor.prefixes = {*Prefix::FromText("2001:db8::/48")};
  EXPECT_THAT(Announced(neighbor), ElementsAre("2001:db8::/48"));
  neighbor.services = {"mail"};
  EXPECT_THAT(Announced(neighbor), IsEmpty());
}

// What is added to each state leaves their order.
TEST(NeighborRoutes, HaveTheNeighborsAttributesOnTopOfTheStates) {
  AnycastConfig::Neighbor neighbor;
  neighbor.attributes = {50, 2, {7}, {{1, 2, 3}}, 200};
  Route soft = Of("dns", "192.0.2.0/24", State::kSoft);
  soft.attributes = {100, 1, {kGracefulShutdown}, {}};
  const std::vector<Route> up = RoutesFor(neighbor, {Of("dns", "192.0.2.0/24")});
  const std::vector<Route> down = RoutesFor(neighbor, {Of("dns", "192.0.2.0/24", State::kDown)});
  EXPECT_EQ(up[0].attributes, (RouteAttributes{50, 2, {7}, {{1, 2, 3}}, 200}));
  EXPECT_EQ(RoutesFor(neighbor, {soft})[0].attributes,
            (RouteAttributes{150, 3, {kGracefulShutdown, 7}, {{1, 2, 3}}, 200}));
  EXPECT_EQ(down[0].attributes, RouteAttributes());
}

TEST(NeighborRoutes, AStatesLocalPrefComesFirstAndAMedHasItsLimit) {
  AnycastConfig::Neighbor neighbor;
  neighbor.attributes = {UINT32_MAX, 0, {}, {}, 200};
  Route route = Of("dns", "192.0.2.0/24");
  route.attributes = {7, 0, {}, {}, 50};
  EXPECT_EQ(RoutesFor(neighbor, {route})[0].attributes,
            (RouteAttributes{UINT32_MAX, 0, {}, {}, 50}));
}

// RFC 9234 §5: towards customers, peers and clients of our route server.
TEST(NeighborRoutes, OnlyToCustomerByRole) {
  std::string with;
  for (int role = 0; role <= 4; ++role) {
    AnycastConfig::Neighbor neighbor;
    neighbor.role = static_cast<BgpRole>(role);
    if (IsOnlyToCustomer(neighbor)) absl::StrAppend(&with, role, " ");
  }
  EXPECT_EQ(with, "0 1 4 ");
  EXPECT_FALSE(IsOnlyToCustomer({}));
}

}  // namespace
}  // namespace hither
