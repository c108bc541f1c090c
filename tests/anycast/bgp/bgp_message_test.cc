#include "anycast/bgp/bgp_message.h"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* hex;     // After the marker: length, type, body.
  const char* expect;  // "whole TYPE BYTES", "more", "broken CODE/SUBCODE DATA"
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::string Told(const BgpFrame& frame) {
  switch (frame.kind) {
    case BgpFrame::Kind::kNeedMore:
      return "more";
    case BgpFrame::Kind::kWhole:
      return absl::StrCat("whole ", static_cast<int>(frame.type), " ", frame.bytes);
    case BgpFrame::Kind::kBroken:
      break;
  }
  return absl::StrCat("broken ", static_cast<int>(frame.error.code), "/", frame.error.subcode, " ",
                      ToHex(frame.error.data));
}

// RFC 4271 §4.1 and §6.1.
const Case kHeaders[] = {
    {"Keepalive", "0013 04", "whole 4 19"},
    {"KeepaliveAndMore", "0013 04 ffff", "whole 4 19"},
    {"KeepaliveWithABody", "0014 04 00", "broken 1/2 0014"},
    {"ShorterThanAHeader", "0012 04", "broken 1/2 0012"},
    {"LengthZero", "0000 04", "broken 1/2 0000"},
    {"LongestUpdateNotWholeYet", "1000 02 00", "more"},
    {"LongerThanAllowed", "1001 02", "broken 1/2 1001"},
    {"ShortOpen", "001c 01", "broken 1/2 001c"},
    {"LeastOpenNotWholeYet", "001d 01", "more"},
    {"ShortUpdate", "0016 02", "broken 1/2 0016"},
    {"LeastUpdate", "0017 02 0000 0000", "whole 2 23"},
    {"ShortNotification", "0014 03", "broken 1/2 0014"},
    {"LeastNotification", "0015 03 0602", "whole 3 21"},
    {"ShortRouteRefresh", "0016 05", "broken 1/2 0016"},
    {"RouteRefresh", "0017 05 0001 00 01", "whole 5 23"},
    {"TypeZero", "0013 00", "broken 1/3 00"},
    {"TypeSix", "0013 06", "broken 1/3 06"},
    {"LengthBeforeType", "0012 06", "broken 1/2 0012"},
};

class Headers : public testing::TestWithParam<Case> {};
TEST_P(Headers, IsReadAs) {
  const Bytes input = FromHex(absl::StrCat(kMarkerHex, GetParam().hex));
  EXPECT_EQ(Told(NextBgpMessage(input)), GetParam().expect);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, Headers, testing::ValuesIn(kHeaders),
                         [](const auto& test) { return test.param.name; });

TEST(Header, IsAwaitedWhole) {
  const Bytes keepalive = EncodeKeepalive();
  for (size_t size = 0; size < keepalive.size(); ++size) {
    EXPECT_EQ(Told(NextBgpMessage(ByteView(keepalive).first(size))), "more") << size;
  }
}

TEST(Header, EachOctetOfTheMarkerCounts) {
  for (size_t i = 0; i < 16; ++i) {
    Bytes keepalive = EncodeKeepalive();
    keepalive[i] = 0xfe;
    EXPECT_EQ(Told(NextBgpMessage(keepalive)), "broken 1/1 ") << i;
  }
}

TEST(Keepalive, IsAHeader) {
  EXPECT_EQ(ToHex(EncodeKeepalive()), Packed(absl::StrCat(kMarkerHex, "0013 04")));
}

TEST(Notification, IsWritten) {
  EXPECT_EQ(ToHex(EncodeNotification(CeaseWithText(kAdminShutdown, "bye"))),
            Packed(absl::StrCat(kMarkerHex,
                                "0019"           // Length
                                "03"             // NOTIFICATION
                                "06 02"          // Cease, Administrative Shutdown
                                "03 627965")));  // RFC 9003: length, text
}

TEST(Notification, CutsTheTextBetweenCharacters) {
  const std::string text = std::string(254, 'x') + "\xc3\xa4";  // 254 octets, then U+00E4.
  const Notification cut = CeaseWithText(kAdminReset, text);
  EXPECT_EQ(cut.data.size(), 255u);
  EXPECT_EQ(cut.data[0], 254);
  EXPECT_EQ(CeaseWithText(kAdminReset, std::string(255, 'x')).data.size(), 256u);
  EXPECT_TRUE(CeaseWithText(kAdminReset, "").data.empty());
}

struct Words {
  const char* name;
  const char* hex;
  const char* text;
};
void PrintTo(const Words& w, std::ostream* out) { *out << w.name; }

const Words kNotifications[] = {
    {"HoldTimer", "04 00", "Hold Timer Expired"},
    {"ShutdownWithText", "06 02 03 627965", "Cease, Administrative Shutdown: \"bye\""},
    {"ShutdownWithControls", "06 02 02 0a41", "Cease, Administrative Shutdown: \"?A\""},
    {"ShutdownWhoseLengthLies", "06 02 09 627965",
     "Cease, Administrative Shutdown (data 09 62 79 65)"},
    {"NextHop", "03 08 40 03 04 00000000",
     "UPDATE Message Error, Invalid NEXT_HOP Attribute (data 40 03 04 00 00 00 00)"},
    {"Capability", "02 07 4006 0078",
     "OPEN Message Error, Unsupported Capability (data 40 06 00 "
     "78)"},
    {"Capabilities", "02 07 0901 03 4104 0000fde9",
     "OPEN Message Error, Unsupported Capability (role (RFC 9234), AS numbers of four octets)"},
    {"Version", "02 01 0004",
     "OPEN Message Error, Unsupported Version Number (it speaks version "
     "4)"},
    {"HoldTime", "02 06 0003", "OPEN Message Error, Unacceptable Hold Time (3 s)"},
    {"HoldTimeOddData", "02 06 03", "OPEN Message Error, Unacceptable Hold Time (data 03)"},
    {"Role", "02 0b", "OPEN Message Error, Role Mismatch"},
    {"RoleInWordsOfFrr",
     "02 0b 537472696374206d6f64652e20506c6561736520736574207468652072 6f6c65 206f6e20796f757220"
     "736964652e",
     "OPEN Message Error, Role Mismatch: \"Strict mode. Please set the role on your side.\""},
    {"RoleOddData", "02 0b 5374 7269 00",
     "OPEN Message Error, Role Mismatch (data 53 74 72 69 00)"},
    {"PeerAs", "02 02 fc00", "OPEN Message Error, Bad Peer AS (AS 64512)"},
    {"PeerAsOfFourOctets", "02 02 fa56ea01", "OPEN Message Error, Bad Peer AS (AS 4200000001)"},
    {"PeerAsOddData", "02 02 fc", "OPEN Message Error, Bad Peer AS (data fc)"},
    {"Identifier", "02 03 0a000002", "OPEN Message Error, Bad BGP Identifier (10.0.0.2)"},
    {"Authentication", "02 05", "OPEN Message Error, Authentication Failure"},
    {"Length", "01 02 0012", "Message Header Error, Bad Message Length (length 18)"},
    {"Type", "01 03 09", "Message Header Error, Bad Message Type (type 9)"},
    {"StateMachine", "05 01 02",
     "Finite State Machine Error, Unexpected Message in OpenSent State (an UPDATE)"},
    {"StateMachineOddType", "05 01 09",
     "Finite State Machine Error, Unexpected Message in OpenSent State (data 09)"},
    {"MaximumPrefixes", "06 01 0002 01 00000005",
     "Cease, Maximum Number of Prefixes Reached (IPv6 unicast, limit 5)"},
    {"HardReset", "06 09 06 02 03 627965",
     "Cease, Hard Reset: Cease, Administrative Shutdown: \"bye\""},
    {"HardResetInHardReset", "06 09 06 09 06 09",
     "Cease, Hard Reset: Cease, Hard Reset (data 06 "
     "09)"},
    {"HardResetAlone", "06 09", "Cease, Hard Reset"},
    {"AsLoop", "03 07", "UPDATE Message Error, AS Routing Loop"},
    {"SendHoldTimer", "08 00", "Send Hold Timer Expired"},
    {"UnknownSubcode", "06 63", "Cease, subcode 99"},
    {"UnknownCode", "63 00", "error code 99"},
};

class Notifications : public testing::TestWithParam<Words> {};
TEST_P(Notifications, AreToldInWords) {
  EXPECT_EQ(ToText(DecodeNotification(FromHex(GetParam().hex))), GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, Notifications, testing::ValuesIn(kNotifications),
                         [](const auto& test) { return test.param.name; });

// RFC 4271 §4.5, RFC 4486, RFC 6608, RFC 8538, RFC 9234, RFC 9384, RFC 9687.
TEST(Notification, EachAssignedNumberHasWords) {
  const std::pair<int, std::vector<int>> kAssigned[] = {{1, {0, 1, 2, 3}},
                                                        {2, {0, 1, 2, 3, 4, 5, 6, 7, 11}},
                                                        {3, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
                                                        {4, {0}},
                                                        {5, {0, 1, 2, 3}},
                                                        {6, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
                                                        {7, {0, 1}},
                                                        {8, {0}}};
  for (const auto& [code, subcodes] : kAssigned) {
    for (const int subcode : subcodes) {
      const std::string text =
          ToText({static_cast<NotificationCode>(code), static_cast<uint8_t>(subcode), {}});
      EXPECT_EQ(text.find("code "), std::string::npos) << code << "/" << subcode << ": " << text;
    }
  }
}

TEST(RouteRefresh, NamesAFamily) {
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0001 00 01")), IpFamily::kV4);
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0002 00 01")), IpFamily::kV6);
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0003 00 01")), std::nullopt);  // Not a family of ours.
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0001 00 02")), std::nullopt);  // Multicast.
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0001 01 01")), std::nullopt);  // RFC 7313: begin of it.
  EXPECT_EQ(DecodeRouteRefresh(FromHex("0001 00")), std::nullopt);
}

}  // namespace
}  // namespace hither
