#include "anycast/route/lease_address.h"

#include <gtest/gtest.h>

#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* prefix;
  std::vector<const char*> services;
  const char* lease;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"FirstHost", "192.0.2.0/24", {"192.0.2.53"}, "192.0.2.1"},
    {"ServiceHasTheFirst", "192.0.2.0/24", {"192.0.2.1", "192.0.2.2"}, "192.0.2.3"},
    {"NotTheNetworkNorTheBroadcast", "192.0.2.4/30", {"192.0.2.5", "192.0.2.6"}, "none"},
    {"Rfc3021HasNoBroadcast", "192.0.2.4/31", {"192.0.2.4"}, "192.0.2.5"},
    {"OneHostIsTheService", "192.0.2.53/32", {"192.0.2.53"}, "none"},
    {"OneHostUnused", "192.0.2.53/32", {}, "none"},
    {"Ipv6First", "2001:db8::/48", {"2001:db8::53"}, "2001:db8::1"},
    {"Ipv6ServiceHasTheFirst", "2001:db8::/48", {"2001:db8::1"}, "2001:db8::2"},
    {"Ipv6LastIsAHost", "2001:db8::/126", {"2001:db8::1", "2001:db8::2"}, "2001:db8::3"},
    {"Ipv6OneHost", "2001:db8::53/128", {}, "none"},
    {"AnotherFamilysServicesDoNotCount", "192.0.2.0/24", {"[c000:201::]:53"}, "192.0.2.1"},
};

class LeaseAddressTest : public testing::TestWithParam<Case> {};

TEST_P(LeaseAddressTest, IsAsTold) {
  std::vector<SocketAddress> services;
  for (const char* text : GetParam().services) services.push_back(A(text));
  const auto lease = LeaseAddress(P(GetParam().prefix), services);
  EXPECT_EQ(lease ? lease->ToText() : "none", GetParam().lease);
}

INSTANTIATE_TEST_SUITE_P(All, LeaseAddressTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hither
