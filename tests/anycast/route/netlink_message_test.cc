#include "anycast/route/netlink_message.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

// What we send has the form of what the kernel sends: the parser reads it back.
std::vector<uint8_t> Octets(NetlinkRequest request) {
  const auto octets = request.Finish(7);
  return {octets.begin(), octets.end()};
}

std::vector<uint8_t> Error(int error) {
  nlmsgerr body = {};
  body.error = error;
  return Octets(NetlinkRequest(NLMSG_ERROR, 0, body));
}

KernelRoute SomeRoute() {
  KernelRoute route;
  route.prefix = P("2001:db8::/48");
  route.table = 1000;
  route.metric = 102;
  route.interface = 5;
  route.protocol = 72;
  route.source = HostAddress::Of(A("2001:db8::1"));
  return route;
}

TEST(NetlinkMessageTest, RouteComesBack) {
  NetlinkReply reply;
  ASSERT_TRUE(ParseNetlink(Octets(RouteRequest(RTM_NEWROUTE, 0, SomeRoute())), 7, reply));
  ASSERT_EQ(reply.routes.size(), 1u);
  EXPECT_EQ(reply.routes[0].prefix.ToText(), "2001:db8::/48");
  EXPECT_EQ(reply.routes[0].table, 1000u);
  EXPECT_EQ(reply.routes[0].metric, 102u);
  EXPECT_EQ(reply.routes[0].interface, 5u);
  EXPECT_EQ(reply.routes[0].protocol, 72);
  EXPECT_EQ(reply.routes[0].source->ToText(), "2001:db8::1");
  EXPECT_FALSE(reply.is_done);
}

TEST(NetlinkMessageTest, AddressComesBack) {
  NetlinkReply reply;
  const auto address = MakeAddress(HostAddress::Of(A("192.0.2.1")), 24, 9, 0x200, 3);
  ASSERT_TRUE(ParseNetlink(Octets(AddressRequest(RTM_NEWADDR, 0, address)), 7, reply));
  ASSERT_EQ(reply.addresses.size(), 1u);
  EXPECT_EQ(reply.addresses[0].prefix().ToText(), "192.0.2.0/24");
  EXPECT_EQ(reply.addresses[0].host.ToText(), "192.0.2.1");
  EXPECT_EQ(reply.addresses[0].interface, 9u);
  EXPECT_EQ(reply.addresses[0].flags, 0x200u);
  EXPECT_EQ(reply.addresses[0].valid_seconds, 3u);
  EXPECT_EQ(reply.addresses[0].preferred_seconds, 0u);
}

TEST(NetlinkMessageTest, AcknowledgementAndErrors) {
  NetlinkReply done;
  ASSERT_TRUE(ParseNetlink(Error(0), 7, done));
  EXPECT_TRUE(done.is_done);
  EXPECT_EQ(done.error, 0);
  NetlinkReply refused;
  ASSERT_TRUE(ParseNetlink(Error(-EPERM), 7, refused));
  EXPECT_TRUE(refused.is_done);
  EXPECT_EQ(refused.error, EPERM);
  NetlinkReply odd;
  EXPECT_FALSE(ParseNetlink(Error(12345), 7, odd));
}

TEST(NetlinkMessageTest, AnothersSequenceIsPassedOver) {
  NetlinkReply reply;
  ASSERT_TRUE(ParseNetlink(Error(-EPERM), 8, reply));
  EXPECT_FALSE(reply.is_done);
  EXPECT_EQ(reply.error, 0);
}

// Each cut of a whole message is malformed, or is nothing.
TEST(NetlinkMessageTest, CutAnywhere) {
  const std::vector<uint8_t> whole = Octets(RouteRequest(RTM_NEWROUTE, 0, SomeRoute()));
  for (size_t size = 1; size < whole.size(); ++size) {
    NetlinkReply reply;
    EXPECT_FALSE(ParseNetlink({whole.data(), size}, 7, reply)) << size;
    EXPECT_TRUE(reply.routes.empty()) << size;
  }
}

TEST(NetlinkMessageTest, LengthsThatLie) {
  const std::vector<uint8_t> whole = Octets(RouteRequest(RTM_NEWROUTE, 0, SomeRoute()));
  NetlinkReply reply;
  std::vector<uint8_t> zero = whole;  // A message of no length would be read for ever.
  zero[0] = zero[1] = 0;
  EXPECT_FALSE(ParseNetlink(zero, 7, reply));
  std::vector<uint8_t> attribute = whole;  // So would an attribute.
  attribute[sizeof(nlmsghdr) + sizeof(rtmsg)] = 0;
  EXPECT_FALSE(ParseNetlink(attribute, 7, reply));
  std::vector<uint8_t> length = whole;  // rtm_dst_len of 200 bits.
  length[sizeof(nlmsghdr) + 1] = 200;
  EXPECT_FALSE(ParseNetlink(length, 7, reply));
  EXPECT_TRUE(reply.routes.empty());
}

}  // namespace
}  // namespace hither
