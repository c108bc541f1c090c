#include "base/socket_address.h"

#include <gtest/gtest.h>

#include <cstring>
#include <ostream>
#include <utility>
#include <vector>

namespace hither {
namespace {

struct Good {
  const char* text;
  const char* whole;  // ToText()
  const char* kind;   // Of wildcard, loopback, multicast, or empty.
};
void PrintTo(const Good& good, std::ostream* out) { *out << good.text; }

class GoodAddress : public testing::TestWithParam<Good> {};

TEST_P(GoodAddress, IsUnderstood) {
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(GetParam().text, 53);
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->ToText(), GetParam().whole);
  EXPECT_EQ(*SocketAddress::FromText(address->ToText(), 1), *address);
  EXPECT_EQ(address->IsWildcard(), GetParam().kind == std::string("wildcard"));
  EXPECT_EQ(address->IsLoopback(), GetParam().kind == std::string("loopback"));
  EXPECT_EQ(address->IsMulticast(), GetParam().kind == std::string("multicast"));
}

// clang-format off
const Good kGoods[] = {
    {"192.0.2.1:5353",         "192.0.2.1:5353",      ""},
    {"192.0.2.1",              "192.0.2.1:53",        ""},
    {"192.0.2.1:0",            "192.0.2.1:0",         ""},
    {"192.0.2.1:65535",        "192.0.2.1:65535",     ""},
    {"[2001:db8::53]:5353",    "[2001:db8::53]:5353", ""},
    {"[2001:DB8:0:0::53]",     "[2001:db8::53]:53",   ""},
    {"2001:db8::53",           "[2001:db8::53]:53",   ""},
    {"[fe80::1%lo]:53",        "[fe80::1%lo]:53",     ""},
    {"[fe80::1%99999]:53",     "[fe80::1%99999]:53",  ""},
    {"[fe80::1%nowhere]:53",   "[fe80::1%nowhere]:53", ""},
    {"0.0.0.0",                "0.0.0.0:53",          "wildcard"},
    {"::",                     "[::]:53",             "wildcard"},
    {"127.9.9.9",              "127.9.9.9:53",        "loopback"},
    {"::1",                    "[::1]:53",            "loopback"},
    {"239.0.0.1",              "239.0.0.1:53",        "multicast"},
    {"255.255.255.255",        "255.255.255.255:53",  "multicast"},
    {"ff02::fb",               "[ff02::fb]:53",       "multicast"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, GoodAddress, testing::ValuesIn(kGoods));

class BadAddress : public testing::TestWithParam<const char*> {};

TEST_P(BadAddress, IsRefused) { EXPECT_FALSE(SocketAddress::FromText(GetParam(), 53).ok()); }

INSTANTIATE_TEST_SUITE_P(Each, BadAddress,
                         testing::Values("", ":53", "localhost", "192.0.2", "192.0.2.256",
                                         "192.0.2.1:", "192.0.2.1:+5", "192.0.2.1: 5",
                                         "192.0.2.1:65536", "192.0.2.1:999999", "192.0.2.1:5x",
                                         "[192.0.2.1]:53", "[2001:db8::1", "[2001:db8::1]53",
                                         "[2001:db8::1]:", "2001:db8:::1", "[fe80::1%]:53",
                                         "[fe80::1%a/b]:53", "[fe80::1%a b]:53",
                                         "[fe80::1%sixteen-octets-x]:53", "[]:53", "1:2"));

TEST(SocketAddress, PortCanBeReplaced) {
  EXPECT_EQ(SocketAddress::FromText("192.0.2.1", 53)->WithPort(80).ToText(), "192.0.2.1:80");
  EXPECT_EQ(SocketAddress::FromText("::1", 53)->WithPort(80).ToText(), "[::1]:80");
}

// An interface may be created after the configuration was read, and again with another number.
TEST(SocketAddress, AnInterfaceIsKeptByNameAndResolvedWhenNeeded) {
  const SocketAddress named = *SocketAddress::FromText("[fe80::1%lo]:53", 53);
  EXPECT_EQ(named.interface_number(), 0u);
  ASSERT_TRUE(named.Resolve().ok()) << named.Resolve().status();
  EXPECT_EQ(named.Resolve()->interface_number(), if_nametoindex("lo"));
  EXPECT_EQ(named.Resolve()->WithPort(7).ToText(), "[fe80::1%lo]:7");
  EXPECT_EQ(SocketAddress::FromText("[fe80::1%7]:53", 53)->Resolve()->interface_number(), 7u);
  EXPECT_EQ(*SocketAddress::FromText("192.0.2.1", 53)->Resolve(),
            *SocketAddress::FromText("192.0.2.1", 53));
  EXPECT_EQ(SocketAddress::FromText("[fe80::1%nowhere]:53", 53)->Resolve().status().message(),
            "fe80::1%nowhere: there is no interface nowhere");
}

TEST(AddressOctets, AreThoseOfTheAddress) {
  for (const auto& [text, octets] : std::vector<std::pair<const char*, Bytes>>{
           {"192.0.2.7", {192, 0, 2, 7}},
           {"2001:db8::7", {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}}) {
    const SocketAddress address = *SocketAddress::FromText(text, 53);
    sockaddr_storage storage = {};
    std::memcpy(&storage, address.get(), address.size());
    const ByteView got = AddressOctets(storage);
    EXPECT_EQ(Bytes(got.begin(), got.end()), octets) << text;
  }
}

}  // namespace
}  // namespace hither
