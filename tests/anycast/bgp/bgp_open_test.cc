#include "anycast/bgp/bgp_open.h"

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

TEST(Open, IsWritten) {
  const BgpOpen open{.as = 4200000001,
                     .hold_seconds = 3,
                     .identifier = 0x0a000002,
                     .four_octet_as = true,
                     .route_refresh = true,
                     .families = {true, true}};
  EXPECT_EQ(ToHex(EncodeOpen(open)),
            Packed(absl::StrCat(kMarkerHex,
                                "0033 01"             // Length 51, OPEN
                                "04"                  // Version
                                "5ba0"                // AS_TRANS, 23456
                                "0003"                // Hold time
                                "0a000002"            // Identifier 10.0.0.2
                                "16"                  // 22 octets of parameters
                                "02 14"               // Capabilities, 20 octets
                                "01 04 0001 00 01"    // Multiprotocol: IPv4 unicast
                                "01 04 0002 00 01"    // Multiprotocol: IPv6 unicast
                                "02 00"               // Route refresh
                                "41 04 fa56ea01")));  // Four-octet AS 4200000001
}

TEST(Open, NamesItsRole) {  // RFC 9234 §4.1
  const BgpOpen open{.as = 1,
                     .hold_seconds = 3,
                     .identifier = 1,
                     .four_octet_as = true,
                     .families = {false, false},
                     .role = static_cast<uint8_t>(BgpRole::kCustomer)};
  EXPECT_EQ(ToHex(EncodeOpen(open)).substr(56), "0b0209090103410400000001");
}

TEST(Open, OffersNoGracefulRestart) {
  const BgpOpen open{.as = 1,
                     .hold_seconds = 3,
                     .identifier = 1,
                     .four_octet_as = true,
                     .route_refresh = true,
                     .families = {false, false}};
  EXPECT_EQ(ToHex(EncodeOpen(open)).substr(56), "0a02080200410400000001");
}

TEST(Open, CanDoWithoutCapabilities) {
  const BgpOpen open{.as = 64512,
                     .hold_seconds = 9,
                     .identifier = 1,
                     .has_capabilities = false,
                     .families = {true, false}};
  EXPECT_EQ(ToHex(EncodeOpen(open)),
            Packed(absl::StrCat(kMarkerHex, "001d 01 04 fc00 0009 00000001 00")));
}

struct Case {
  const char* name;
  const char* hex;     // The body.
  const char* expect;  // What is understood, or the error's code/subcode and data.
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::string Told(ByteView body) {
  BgpOpen open;
  if (const auto error = DecodeOpen(body, open)) {
    return absl::StrCat(static_cast<int>(error->code), "/", error->subcode, " ",
                        ToHex(error->data));
  }
  return absl::StrCat("AS ", open.as, " hold ", open.hold_seconds, open.families.ipv4 ? " v4" : "",
                      open.families.ipv6 ? " v6" : "", open.four_octet_as ? " as4" : "",
                      open.route_refresh ? " refresh" : "",
                      open.role ? absl::StrCat(" role ", RoleText(*open.role)) : "",
                      open.has_two_roles ? " and another" : "");
}

// clang-format off
const Case kOpens[] = {
    {"NoCapabilitiesMeansIpv4", "04 fdea 005a 0a000001 00", "AS 65002 hold 90 v4"},
    {"Version3", "03 fdea 005a 0a000001 00", "2/1 0004"},
    {"FourOctetAs", "04 5ba0 005a 0a000001 08 02 06 41 04 fa56ea01", "AS 4200000001 hold 90 v4 as4"},
    {"OnlyIpv6", "04 fdea 0003 0a000001 08 02 06 01 04 0002 00 01", "AS 65002 hold 3 v6"},
    {"OtherFamilyAlone", "04 fdea 0003 0a000001 08 02 06 01 04 0001 00 80", "AS 65002 hold 3"},
    {"Role", "04 fdea 0003 0a000001 05 02 03 09 01 03", "AS 65002 hold 3 v4 role customer"},
    {"UnknownRole", "04 fdea 0003 0a000001 05 02 03 09 01 07", "AS 65002 hold 3 v4 role unknown role 7"},
    {"RoleTwice", "04 fdea 0003 0a000001 08 02 06 090100 090100", "AS 65002 hold 3 v4 role provider"},
    {"TwoRoles", "04 fdea 0003 0a000001 08 02 06 090100 090104", "AS 65002 hold 3 v4 role peer and another"},
    {"RoleWithoutAValue", "04 fdea 0003 0a000001 04 02 02 0900", "2/0 "},
    {"LongRole", "04 fdea 0003 0a000001 06 02 04 09020303", "2/0 "},
    {"UnknownCapability", "04 fdea 0003 0a000001 07 02 05 ee 03 010203", "AS 65002 hold 3 v4"},
    {"GracefulRestartOfTheirs", "04 fdea 0003 0a000001 06 02 04 40 02 8078", "AS 65002 hold 3 v4"},
    {"CapabilityTwice", "04 fdea 0003 0a000001 08 02 02 0200 02 02 0200", "AS 65002 hold 3 v4 refresh"},
    {"CapabilityBeyondItsParameter", "04 fdea 0003 0a000001 04 02 02 01 04", "2/0 "},
    {"CapabilityCutOff", "04 fdea 0003 0a000001 03 02 01 41", "2/0 "},
    {"ShortFourOctetAs", "04 fdea 0003 0a000001 06 02 04 41 02 fdea", "2/0 "},
    {"LongMultiprotocol", "04 fdea 0003 0a000001 09 02 07 01 05 0001 00 01 00", "2/0 "},
    {"RouteRefreshWithAValue", "04 fdea 0003 0a000001 05 02 03 02 01 00", "2/0 "},
    {"ParameterBeyondTheMessage", "04 fdea 0003 0a000001 04 02 06 0200", "2/0 "},
    {"LengthBeyondTheMessage", "04 fdea 0003 0a000001 05 02 02 0200", "2/0 "},
    {"OctetsBehindParameters", "04 fdea 0003 0a000001 04 02 02 0200 00", "2/0 "},
    {"AuthenticationParameter", "04 fdea 0003 0a000001 03 01 01 00", "2/4 "},
    // RFC 9072 §2: 255, 255, a length of two octets; parameters with lengths of two octets.
    {"Extended", "04 fdea 0003 0a000001 ff ff 0005 02 0002 0200", "AS 65002 hold 3 v4 refresh"},
    {"ExtendedWhoseOldLengthIsNotLookedAt", "04 fdea 0003 0a000001 07 ff 0005 02 0002 0200", "AS 65002 hold 3 v4 refresh"},
    {"ExtendedAndEmpty", "04 fdea 0003 0a000001 ff ff 0000", "AS 65002 hold 3 v4"},
    {"ExtendedCutOff", "04 fdea 0003 0a000001 ff ff 0006 02 0002 0200", "2/0 "},
    {"ExtendedWithoutALength", "04 fdea 0003 0a000001 ff ff", "2/0 "},
};
// clang-format on

class Opens : public testing::TestWithParam<Case> {};
TEST_P(Opens, AreReadAs) { EXPECT_EQ(Told(FromHex(GetParam().hex)), GetParam().expect); }
INSTANTIATE_TEST_SUITE_P(Rfc4271, Opens, testing::ValuesIn(kOpens),
                         [](const auto& test) { return test.param.name; });

TEST(Open, ReadsWhatItWrites) {
  const BgpOpen open{.as = 4200000001,
                     .hold_seconds = 9,
                     .identifier = 7,
                     .four_octet_as = true,
                     .route_refresh = true,
                     .families = {false, true}};
  BgpOpen read;
  EXPECT_FALSE(DecodeOpen(ByteView(EncodeOpen(open)).subspan(kBgpHeaderBytes), read));
  EXPECT_EQ(read, open);
}

struct Check {
  const char* name;
  uint32_t as;
  uint16_t hold;
  uint32_t identifier;
  int subcode;  // -1: none.
};
void PrintTo(const Check& c, std::ostream* out) { *out << c.name; }

// We are AS 64512 with identifier 7, and expect AS 64512.
const Check kChecks[] = {
    {"Good", 64512, 3, 8, -1},
    {"OtherAs", 64513, 3, 8, kBadPeerAs},
    {"NoIdentifier", 64512, 3, 0, kBadIdentifier},
    {"OurIdentifier", 64512, 3, 7, kBadIdentifier},
    {"HoldTime2", 64512, 2, 8, kBadHoldTime},
    {"HoldTime1", 64512, 1, 8, kBadHoldTime},
    {"HoldTime0", 64512, 0, 8, kBadHoldTime},
};

class Checks : public testing::TestWithParam<Check> {};
TEST_P(Checks, Finds) {
  const BgpOpen ours{.as = 64512, .hold_seconds = 3, .identifier = 7, .families = {}};
  const BgpOpen theirs{.as = GetParam().as,
                       .hold_seconds = GetParam().hold,
                       .identifier = GetParam().identifier,
                       .families = {}};
  const auto error = CheckOpen(theirs, ours, 64512);
  EXPECT_EQ(error ? int{error->subcode} : -1, GetParam().subcode);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, Checks, testing::ValuesIn(kChecks),
                         [](const auto& test) { return test.param.name; });

// RFC 9234 §4.2, table 2: the five pairs that fit.
TEST(Check, RolesFitInPairs) {
  for (int ours = 0; ours <= 4; ++ours) {
    std::string fitting;
    for (int theirs = 0; theirs <= 5; ++theirs) {
      const BgpOpen our_open{.as = 64512,
                             .hold_seconds = 3,
                             .identifier = 7,
                             .families = {},
                             .role = static_cast<uint8_t>(ours)};
      BgpOpen their_open{.as = 64513, .hold_seconds = 3, .identifier = 8, .families = {}};
      their_open.role = static_cast<uint8_t>(theirs);
      const auto error = CheckOpen(their_open, our_open, 64513);
      if (!error.has_value()) absl::StrAppend(&fitting, theirs);
      if (error.has_value()) EXPECT_EQ(error->subcode, kRoleMismatch);
    }
    constexpr const char* kFitting[] = {"3", "2", "1", "0", "4"};
    EXPECT_EQ(fitting, kFitting[ours]) << ours;
  }
}

TEST(Check, OnlyStrictNeedsARole) {
  const BgpOpen theirs{.as = 64513, .hold_seconds = 3, .identifier = 8, .families = {}};
  BgpOpen ours{.as = 64512, .hold_seconds = 3, .identifier = 7, .families = {}};
  EXPECT_FALSE(CheckOpen(theirs, ours, 64513, /*role_strict=*/true));
  ours.role = static_cast<uint8_t>(BgpRole::kPeer);
  EXPECT_FALSE(CheckOpen(theirs, ours, 64513));
  EXPECT_EQ(CheckOpen(theirs, ours, 64513, /*role_strict=*/true)->subcode, kRoleMismatch);
}

TEST(Check, TwoRolesFitNobody) {
  BgpOpen theirs{.as = 64513, .hold_seconds = 3, .identifier = 8, .families = {}};
  BgpOpen ours{.as = 64512, .hold_seconds = 3, .identifier = 7, .families = {}};
  theirs.role = ours.role = static_cast<uint8_t>(BgpRole::kPeer);
  theirs.has_two_roles = true;
  EXPECT_EQ(CheckOpen(theirs, ours, 64513)->subcode, kRoleMismatch);
  ours.role.reset();  // Then theirs means nothing.
  EXPECT_FALSE(CheckOpen(theirs, ours, 64513));
}

TEST(Check, OurIdentifierIsGoodInAnotherAs) {  // RFC 6286 §2.1
  const BgpOpen ours{.as = 64512, .hold_seconds = 3, .identifier = 7, .families = {}};
  const BgpOpen theirs{.as = 64513, .hold_seconds = 3, .identifier = 7, .families = {}};
  EXPECT_FALSE(CheckOpen(theirs, ours, 64513));
}

}  // namespace
}  // namespace hither
