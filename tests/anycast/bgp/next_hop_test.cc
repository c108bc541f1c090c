#include "anycast/bgp/next_hop.h"

#include <linux/if_addr.h>

#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

SocketAddress A(const char* text) { return *SocketAddress::FromText(text, 0); }

// "fd00:1::2/64"; without a length, one host.
InterfaceAddress On(const char* interface, const std::string& text, uint32_t flags = 0,
                    uint32_t created = 0) {
  const size_t slash = text.find('/');
  const SocketAddress address = A(text.substr(0, slash).c_str());
  const int whole = address.family() == IpFamily::kV6 ? 128 : 32;
  const int length = slash == std::string::npos ? whole : std::stoi(text.substr(slash + 1));
  return {interface, address, length, flags, created};
}

// A host as they are: the service's addresses on lo and, on another, on the same interface.
std::vector<InterfaceAddress> Host() {
  return {On("lo", "127.0.0.1/8"),      On("lo", "192.0.2.53"),       On("lo", "::1"),
          On("eth0", "169.254.1.1/16"), On("eth0", "192.0.2.54"),     On("eth0", "10.0.0.2/24"),
          On("eth0", "fe80::2/64"),     On("eth0", "2001:db8::2/64"), On("eth1", "10.1.0.2/24"),
          On("eth1", "fe80::3/64")};
}

ServiceAddresses Services() { return {{*Prefix::FromText("192.0.2.0/24")}, {A("192.0.2.53")}}; }

struct Case {
  const char* name;
  IpFamily family;
  const char* local;
  const char* configured;  // Empty: not.
  const char* expect;      // Hexadecimal, or the error.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
const Case kCases[] = {
    {"Local", IpFamily::kV4, "10.0.0.2", "", "0a000002"},
    {"LocalV6", IpFamily::kV6, "2001:db8::2", "", "20010db8000000000000000000000002"},
    {"OtherFamilyBeside", IpFamily::kV6, "10.0.0.2", "", "20010db8000000000000000000000002"},
    {"NoServiceNorLinkLocal", IpFamily::kV4, "2001:db8::2", "", "0a000002"},
    {"LinkLocalSession", IpFamily::kV6, "fe80::2", "", "20010db8000000000000000000000002fe800000000000000000000000000002"},
    {"Configured", IpFamily::kV6, "10.1.0.2", "2001:db8:1::9", "20010db8000100000000000000000009"},
    {"None", IpFamily::kV6, "10.1.0.2", "", "no next hop: the interface of 10.1.0.2 has no usable global address of this family; set next_hop_v6"},
    {"NoneOnLoopback", IpFamily::kV4, "::1", "", "no next hop: the interface of ::1 has no usable global address of this family; set next_hop_v4"},
    {"NeverAService", IpFamily::kV4, "192.0.2.53", "", "no next hop: the interface of 192.0.2.53 has no usable global address of this family; set next_hop_v4"},
    {"WrongFamily", IpFamily::kV6, "10.0.0.2", "10.0.0.9", "next_hop_v6: 10.0.0.9 is of the other address family"},
};
// clang-format on

class NextHops : public testing::TestWithParam<Case> {};
TEST_P(NextHops, Is) {
  const Case& c = GetParam();
  std::optional<SocketAddress> configured;
  if (*c.configured != '\0') configured = A(c.configured);
  const auto found =
      ChooseNextHop(c.family, {A(c.local), A("203.0.113.1")}, configured, Host(), Services());
  EXPECT_EQ(found.ok() ? ToHex(*found) : std::string(found.status().message()), c.expect);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, NextHops, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

// Two addresses of eth0, as the kernel lists them, and which of them is taken.
struct Choice {
  const char* name;
  InterfaceAddress first, second;
  const char* expect;  // Its end in hexadecimal; empty: none.
};
void PrintTo(const Choice& c, std::ostream* out) { *out << c.name; }

// clang-format off
const Choice kChoices[] = {
    {"TentativeIsNone",  On("eth0", "fd00:1::a/64", IFA_F_TENTATIVE), On("eth0", "fd00:1::b/64"), "000b"},
    {"DadFailedIsNone",  On("eth0", "fd00:1::a/64", IFA_F_DADFAILED), On("eth0", "fd00:1::b/64"), "000b"},
    {"OptimisticIsNone", On("eth0", "fd00:1::a/64", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC), On("eth0", "fd00:1::b/64"), "000b"},
    {"NothingElse",      On("eth0", "fd00:1::a/64", IFA_F_TENTATIVE), On("eth0", "fd00:1::b/64", IFA_F_DADFAILED), ""},
    {"DeprecatedIsLast", On("eth0", "fd00:1::a/64", IFA_F_DEPRECATED), On("eth0", "fd00:1::b/64", 0, 99), "000b"},
    {"DeprecatedWillDo", On("eth0", "fd00:1::a/64", IFA_F_DEPRECATED), On("eth0", "fd00:1::b/64", IFA_F_TENTATIVE), "000a"},
    {"TemporaryIsLast",  On("eth0", "fd00:1::a/64", IFA_F_TEMPORARY), On("eth0", "fd00:1::b/64", 0, 99), "000b"},
    {"TheOlderOne",      On("eth0", "fd99::a/64", 0, 200), On("eth0", "fd00:1::b/64", 0, 100), "000b"},
    {"NoOtherInterface", On("eth9", "fd00:1::a/64"), On("eth9", "fd00:1::b/64"), ""},
    {"NoServicePrefix",  On("eth0", "2001:db8::a/64"), On("eth0", "fd00:1::b/64", 0, 99), "000b"},
};
// clang-format on

class NextHopChoices : public testing::TestWithParam<Choice> {};
TEST_P(NextHopChoices, Is) {
  const std::vector<InterfaceAddress> host = {On("eth0", "10.0.0.2/24"), GetParam().first,
                                              GetParam().second};
  const auto found = ChooseNextHop(IpFamily::kV6, {A("10.0.0.2"), A("10.0.0.1")}, std::nullopt,
                                   host, {{*Prefix::FromText("2001:db8::/48")}, {}});
  EXPECT_EQ(found.ok() ? ToHex(*found).substr(28) : "", GetParam().expect);
}
INSTANTIATE_TEST_SUITE_P(Addresses, NextHopChoices, testing::ValuesIn(kChoices),
                         [](const auto& test) { return test.param.name; });

// An unnumbered link: the kernel takes the oldest address of lo, which is the service's.
TEST(ChooseSource, IsNoServiceAddress) {
  const std::vector<InterfaceAddress> host = {On("lo", "127.0.0.1/8"), On("lo", "192.0.2.53"),
                                              On("lo", "10.1.0.2")};
  const SessionEnds ends = {A("192.0.2.53"), A("10.1.0.1")};
  const auto source = ChooseSource(ends, host, Services());
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->AddressText(), "10.1.0.2");
  EXPECT_FALSE(ChooseSource(ends, {host[0], host[1]}, Services()).has_value());
}

TEST(ChooseSource, PrefersTheNeighborsSubnet) {
  const std::vector<InterfaceAddress> host = {On("lo", "192.0.2.53"), On("lo", "10.9.0.2"),
                                              On("eth0", "10.1.0.2/24")};
  const auto source = ChooseSource({A("192.0.2.53"), A("10.1.0.1")}, host, Services());
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->AddressText(), "10.1.0.2");
}

}  // namespace
}  // namespace hither
