#include "anycast/bgp/next_hop.h"

#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

SocketAddress A(const char* text) { return *SocketAddress::FromText(text, 0); }

// A host as they are: the service's addresses on lo and, on another, on the same interface.
std::vector<InterfaceAddress> Host() {
  return {{"lo", A("127.0.0.1")},     {"lo", A("192.0.2.53")},    {"lo", A("::1")},
          {"eth0", A("169.254.1.1")}, {"eth0", A("192.0.2.54")},  {"eth0", A("10.0.0.2")},
          {"eth0", A("fe80::2")},     {"eth0", A("2001:db8::2")}, {"eth1", A("10.1.0.2")},
          {"eth1", A("fe80::3")}};
}

struct Case {
  const char* name;
  int family;
  const char* local;
  const char* configured;  // Empty: not.
  const char* expect;      // Hexadecimal, or the error.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
const Case kCases[] = {
    {"Local", AF_INET, "10.0.0.2", "", "0a000002"},
    {"LocalV6", AF_INET6, "2001:db8::2", "", "20010db8000000000000000000000002"},
    {"OtherFamilyBeside", AF_INET6, "10.0.0.2", "", "20010db8000000000000000000000002"},
    {"NoServiceNorLinkLocal", AF_INET, "2001:db8::2", "", "0a000002"},
    {"LinkLocalSession", AF_INET6, "fe80::2", "", "20010db8000000000000000000000002fe800000000000000000000000000002"},
    {"Configured", AF_INET6, "10.1.0.2", "2001:db8:1::9", "20010db8000100000000000000000009"},
    {"None", AF_INET6, "10.1.0.2", "", "no next hop: the interface of 10.1.0.2 has no global address of this family; set next_hop_v6"},
    {"NoneOnLoopback", AF_INET, "::1", "", "no next hop: the interface of ::1 has no global address of this family; set next_hop_v4"},
    {"WrongFamily", AF_INET6, "10.0.0.2", "10.0.0.9", "next_hop_v6: 10.0.0.9 is of the other family"},
};
// clang-format on

class NextHops : public testing::TestWithParam<Case> {};
TEST_P(NextHops, Is) {
  const Case& c = GetParam();
  std::optional<SocketAddress> configured;
  if (*c.configured != '\0') configured = A(c.configured);
  const auto found =
      ChooseNextHop(c.family, A(c.local), configured, Host(), {*Prefix::FromText("192.0.2.0/24")});
  EXPECT_EQ(found.ok() ? ToHex(*found) : std::string(found.status().message()), c.expect);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, NextHops, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(HostAddresses, HasTheLoopback) {
  bool found = false;
  for (const InterfaceAddress& each : HostAddresses()) found |= each.address.IsLoopback();
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace hither
