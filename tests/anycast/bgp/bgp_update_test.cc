#include "anycast/bgp/bgp_update.h"

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

const Bytes kHopV4 = FromHex("0a000002");
const Bytes kHopV6 = FromHex("20010db8 00000000 00000000 00000002");

Prefix P(const char* text) { return *Prefix::FromText(text); }

RouteAttributes Everything() {
  RouteAttributes attributes;
  attributes.med = 100;
  attributes.prepend = 1;
  attributes.communities = {kGracefulShutdown, 0xfde90065, kGracefulShutdown};
  attributes.large_communities = {{65001, 2, 0}, {65001, 1, 2}};
  return attributes;
}

// The one message that is expected, after its marker.
std::string One(const std::vector<Bytes>& messages) {
  if (messages.size() != 1) return absl::StrCat(messages.size(), " messages");
  return ToHex(ByteView(messages[0]).subspan(16));
}

std::string Announced(const BgpDialect& dialect, const RouteAttributes& attributes,
                      const char* prefix) {
  const Prefix p = P(prefix);
  const Bytes& hop = p.family == IpFamily::kV6 ? kHopV6 : kHopV4;
  return One(EncodeAnnouncements(dialect, attributes, hop, p.family, {&p, 1}));
}

constexpr BgpDialect kExternal{65001, false, true};
constexpr BgpDialect kInternal{65001, true, true};
constexpr BgpDialect kOld{4200000001, false, false};

TEST(Announcement, OfIpv4) {
  EXPECT_EQ(Announced(kExternal, {}, "192.0.2.0/24"),
            Packed("002f 02"                  // Length, UPDATE
                   "0000"                     // Nothing withdrawn
                   "0014"                     // 20 octets of attributes
                   "40 01 01 00"              // ORIGIN IGP
                   "40 02 06 02 01 0000fde9"  // AS_PATH: sequence of one, 65001
                   "40 03 04 0a000002"        // NEXT_HOP 10.0.0.2
                   "18 c00002"));             // 192.0.2.0/24
}

TEST(Announcement, OfIpv6) {
  EXPECT_EQ(Announced(kExternal, {}, "2001:db8:53::/48"),
            Packed("0043 02"
                   "0000"
                   "002c"                                 // 44 octets of attributes
                   "80 0e 1c"                             // MP_REACH_NLRI first, 28 octets
                   "0002 01"                              //   IPv6 unicast
                   "10 20010db8000000000000000000000002"  // its next hop, 16 octets
                   "00"                                   //   reserved
                   "30 20010db80053"                      //   2001:db8:53::/48
                   "40 01 01 00"
                   "40 02 06 02 01 0000fde9"));
}

TEST(Announcement, WithEverything) {
  EXPECT_EQ(Announced(kExternal, Everything(), "192.0.2.0/25"),
            Packed("0061 02 0000 0045"
                   "40 01 01 00"
                   "40 02 0a 02 02 0000fde9 0000fde9"  // Prepended once
                   "40 03 04 0a000002"
                   "80 04 04 00000064"           // MED 100
                   "c0 08 08 fde90065 ffff0000"  // Sorted, each once
                   "c0 20 18 0000fde9 00000001 00000002 0000fde9 00000002 00000000"
                   "19 c0000200"));
}

// A prepend within an AS would be a withdrawal: routers drop a path with their own AS in it.
TEST(Announcement, WithinOurAsLowersLocalPref) {
  RouteAttributes soft;
  soft.prepend = 2;
  EXPECT_EQ(Announced(kInternal, soft, "192.0.2.0/24"),
            Packed("0030 02 0000 0015"
                   "40 01 01 00"
                   "40 02 00"  // Empty AS_PATH
                   "40 03 04 0a000002"
                   "40 05 04 00000062"  // LOCAL_PREF 98
                   "18 c00002"));
}

TEST(Announcement, WithinOurAsLowersAGivenLocalPref) {
  RouteAttributes soft;
  soft.prepend = 2;
  soft.local_pref = 300;
  EXPECT_NE(Announced(kInternal, soft, "192.0.2.0/24").find("4005040000012a"), std::string::npos);
  soft.local_pref = 1;
  EXPECT_NE(Announced(kInternal, soft, "192.0.2.0/24").find("40050400000000"), std::string::npos);
  EXPECT_EQ(Announced(kExternal, soft, "192.0.2.0/24").find("400504"), std::string::npos);
}

// RFC 9234 §5: OTC with our AS, last by its number.
TEST(Announcement, OnlyToCustomer) {
  BgpDialect dialect = kExternal;
  dialect.only_to_customer = true;
  EXPECT_EQ(Announced(dialect, {}, "192.0.2.0/24"),
            Packed("0036 02 0000 001b 40010100 40020602010000fde9 4003040a000002"
                   "c0 23 04 0000fde9"
                   "18 c00002"));
}

TEST(Announcement, ToAnOldNeighborHidesALongAs) {  // RFC 6793 §4.2.2
  EXPECT_EQ(Announced(kOld, {}, "192.0.2.0/24"),
            Packed("0036 02 0000 001b"
                   "40 01 01 00"
                   "40 02 04 02 01 5ba0"  // AS_TRANS
                   "40 03 04 0a000002"
                   "c0 11 06 02 01 fa56ea01"  // AS4_PATH
                   "18 c00002"));
}

TEST(Announcement, ToAnOldNeighborOfAShortAs) {
  EXPECT_EQ(Announced({65001, false, false}, {}, "0.0.0.0/0"),
            Packed("002a 02 0000 0012 40010100 40020402 01fde9 4003040a000002 00"));
}

TEST(Announcement, OfManyPrefixesFillsMessages) {
  std::vector<Prefix> prefixes;
  for (int i = 0; i < 3000; ++i) {
    prefixes.push_back(P(absl::StrCat("10.", i / 256, ".", i % 256, ".0/24").c_str()));
  }
  const auto messages = EncodeAnnouncements(kExternal, {}, kHopV4, IpFamily::kV4, prefixes);
  ASSERT_EQ(messages.size(), 3u);  // 4096 - 19 - 4 - 20 octets hold 1013 prefixes.
  EXPECT_EQ(messages[0].size(), 4095u);
  for (const Bytes& message : messages) {
    EXPECT_EQ(CheckUpdate(ByteView(message).subspan(kBgpHeaderBytes)), UpdateForm::kGood);
  }
  EXPECT_EQ(EncodeWithdrawals(IpFamily::kV4, prefixes).size(), 3u);
}

TEST(Announcement, LongPathsHaveSegmentsAndALongLength) {
  RouteAttributes attributes;
  attributes.prepend = 299;
  const Prefix prefix = P("192.0.2.0/24");
  const auto messages =
      EncodeAnnouncements(kExternal, attributes, kHopV4, IpFamily::kV4, {&prefix, 1});
  // 300 of four octets in segments of 255 and 45: 1,204 octets, a length of two (flag 0x10).
  EXPECT_EQ(ToHex(ByteView(messages.at(0)).subspan(27, 6)), "500204b402ff");
  EXPECT_EQ(CheckUpdate(ByteView(messages[0]).subspan(kBgpHeaderBytes)), UpdateForm::kGood);
}

TEST(Announcement, WithoutRoomIsNone) {
  RouteAttributes attributes;
  for (uint32_t i = 0; i < 1100; ++i) attributes.communities.push_back(i);
  const Prefix prefix = P("192.0.2.0/24");
  EXPECT_TRUE(
      EncodeAnnouncements(kExternal, attributes, kHopV4, IpFamily::kV4, {&prefix, 1}).empty());
}

TEST(Withdrawal, OfEachFamily) {
  const Prefix v4 = P("192.0.2.0/24");
  const Prefix v6 = P("2001:db8::/32");
  EXPECT_EQ(One(EncodeWithdrawals(IpFamily::kV4, {&v4, 1})), Packed("001b 02 0004 18 c00002 0000"));
  EXPECT_EQ(One(EncodeWithdrawals(IpFamily::kV6, {&v6, 1})),
            Packed("0022 02 0000 000b 80 0f 08 0002 01 20 20010db8"));
  EXPECT_TRUE(EncodeWithdrawals(IpFamily::kV4, {}).empty());
}

TEST(EndOfRib, OfEachFamily) {  // RFC 4724 §2
  EXPECT_EQ(One({EncodeEndOfRib(IpFamily::kV4)}), Packed("0017 02 0000 0000"));
  EXPECT_EQ(One({EncodeEndOfRib(IpFamily::kV6)}), Packed("001d 02 0000 0006 80 0f 03 0002 01"));
}

struct Case {
  const char* name;
  const char* hex;
  UpdateForm form;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr UpdateForm kGood = UpdateForm::kGood;
constexpr UpdateForm kMalformed = UpdateForm::kMalformed;
constexpr UpdateForm kUnframed = UpdateForm::kUnframed;

// RFC 7606. Only what cannot be cut into its parts ends a session.
const Case kReceived[] = {
    {"EndOfRib", "0000 0000", kGood},
    {"Announcement", "0000 0014 40010100 400206020100 00fdea 4003040a000001 18c00002", kGood},
    {"TwoOctetPath", "0000 0012 40010100 4002040201fdea 4003040a000001 18c00002", kGood},
    {"WithdrawnBeyondTheEnd", "0005 0000", kUnframed},
    {"AttributesBeyondTheEnd", "0000 0001", kUnframed},
    {"NoAttributeLength", "0002 1000", kUnframed},
    {"AttributeBeyondTheirEnd", "0000 0004 40010200", kMalformed},
    {"AttributeTwice", "0000 0008 40010100 40010100", kMalformed},
    {"Origin3", "0000 0004 40010103", kMalformed},
    {"LongOrigin", "0000 0005 4001020000", kMalformed},
    {"EmptySegment", "0000 0005 4002020200", kMalformed},
    {"UnknownSegment", "0000 0009 400206050100 00fdea", kMalformed},
    {"ShortNextHop", "0000 0006 4003030a0000", kMalformed},
    {"EmptyCommunities", "0000 0003 c00800", kMalformed},
    {"OddCommunities", "0000 0008 c00805ffff000000", kMalformed},
    {"OddLargeCommunities", "0000 0007 c02004 00000001", kMalformed},
    {"NlriOf33Bits", "0000 0014 40010100 400206020100 00fdea 4003040a000001 21c000020000",
     kMalformed},
    {"NlriCutOff", "0000 0014 40010100 400206020100 00fdea 4003040a000001 18c000", kMalformed},
    {"NlriWithoutAttributes", "0000 0000 18c00002", kMalformed},
    {"WithdrawnOf33Bits", "0006 21c000020000 0000", kMalformed},
    {"MpReachCutOff", "0000 0006 800e03 000201", kMalformed},
    {"MpReachOddNextHop", "0000 000a 800e07 000201 02 0102 00", kMalformed},
    {"MpReachAlone", "0000 0018 800e15 000201 10 20010db8000000000000000000000001 00", kMalformed},
    {"PathOfSegmentType0", "0000 000b 40010100 40020400000000", kMalformed},
    {"MpReachOfAnotherFamily", "0000 000f 40010100 400200 800e05 001946 00 00", kGood},
    {"MpUnreachOf129Bits", "0000 0007 800f04 000201 81", kMalformed},
    {"MpUnreachOfAnotherFamily", "0000 0007 800f04 400401 81", kGood},
    {"UnknownAttribute", "0000 0004 c0f00100", kGood},
};

class Received : public testing::TestWithParam<Case> {};
TEST_P(Received, Is) { EXPECT_EQ(CheckUpdate(FromHex(GetParam().hex)), GetParam().form); }
INSTANTIATE_TEST_SUITE_P(Rfc7606, Received, testing::ValuesIn(kReceived),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hither
