#include "anycast/bgp/bgp_remedy.h"

#include <cerrno>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

const BgpOpen kOurs{.as = 65001, .hold_seconds = 3, .identifier = 0x0A000002, .families = {}};
const BgpOpen kTheirs{.as = 65002, .hold_seconds = 90, .identifier = 0x0A000001, .families = {}};

std::string Received(NotificationCode code, uint8_t subcode) {
  return RemedyOfReceived({code, subcode, {}}, kOurs, kTheirs);
}

TEST(Remedy, NamesTheSettingOfEachRefusedOpen) {
  EXPECT_THAT(Received(NotificationCode::kOpen, kBadPeerAs),
              HasSubstr("does not expect AS 65001 from here: correct bgp: local_as"));
  EXPECT_THAT(Received(NotificationCode::kOpen, kBadIdentifier),
              HasSubstr("the router ID here is 10.0.0.2"));
  EXPECT_THAT(Received(NotificationCode::kOpen, kBadHoldTime),
              HasSubstr("hold_time here is 3 s, the neighbor's is 90 s"));
}

TEST(Remedy, NamesWhatTheNeighborMustChange) {
  EXPECT_THAT(Received(NotificationCode::kCease, kConnectionRejected),
              HasSubstr("no neighbor statement"));
  EXPECT_THAT(Received(NotificationCode::kCease, kMaximumPrefixes), HasSubstr("limit"));
  EXPECT_THAT(Received(NotificationCode::kHoldTimer, 0), HasSubstr("packet loss"));
}

// A BGP daemon on 127.0.0.1 has each of our addresses itself.
TEST(Remedy, ARefusedNextHopMayBeOfADaemonOnThisHost) {
  EXPECT_THAT(Received(NotificationCode::kUpdate, kInvalidNextHop),
              HasSubstr("a BGP daemon on this host itself accepts no address of this host"));
}

TEST(Remedy, AnOrderlyShutdownNeedsNone) {
  EXPECT_EQ(Received(NotificationCode::kCease, kAdminShutdown), "");
  EXPECT_EQ(Received(static_cast<NotificationCode>(99), 1), "");
}

TEST(Remedy, OfRolesNamesBoth) {
  BgpOpen ours = kOurs, theirs = kTheirs;
  ours.role = theirs.role = static_cast<uint8_t>(BgpRole::kCustomer);
  const Notification mismatch{NotificationCode::kOpen, kRoleMismatch, {}};
  const std::string both =
      "this host's role is customer, the neighbor's is customer; the two must be customer and "
      "provider, rs-client and rs, or peer and peer: correct role: of this neighbor, or the role "
      "on the neighbor";
  EXPECT_EQ(RemedyOfSent(mismatch, ours, theirs, 65002), both);
  EXPECT_EQ(RemedyOfReceived(mismatch, ours, theirs), both);
  theirs.role.reset();
  EXPECT_EQ(RemedyOfSent(mismatch, ours, theirs, 65002),
            "this host's role is customer, the neighbor has none: set one on the neighbor, or "
            "remove role_strict of this neighbor");
  EXPECT_THAT(RemedyOfReceived(mismatch, kOurs, {}),
              HasSubstr("this host has no role, and the neighbor requires one: set role:"));
}

TEST(Remedy, OfConnecting) {
  EXPECT_THAT(RemedyOfConnecting(ECONNREFUSED, false), HasSubstr("no BGP daemon accepts"));
  EXPECT_THAT(RemedyOfConnecting(EHOSTUNREACH, false), HasSubstr("the route"));
  EXPECT_THAT(RemedyOfConnecting(ETIMEDOUT, true), HasSubstr("the same TCP MD5 password"));
  EXPECT_THAT(RemedyOfConnecting(ETIMEDOUT, false), HasSubstr("password_file is set here"));
  EXPECT_EQ(RemedyOfConnecting(EINVAL, false), "");
}

// The side that has it drops the other's segments: of the handshake, or from the OPEN on.
TEST(Remedy, OfTtlSecurityOnOneSide) {
  EXPECT_THAT(RemedyOfConnecting(ETIMEDOUT, false, true),
              HasSubstr("ttl_security drops what it sends with a TTL below 255"));
  EXPECT_THAT(RemedyOfNoOpen(true), HasSubstr("set TTL security on the neighbor, too"));
  EXPECT_THAT(RemedyOfNoOpen(false), HasSubstr("set ttl_security: true of this neighbor"));
}

}  // namespace
}  // namespace hither
