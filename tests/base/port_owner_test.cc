#include "base/port_owner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

SocketAddress At(absl::string_view text) { return *SocketAddress::FromText(text, 53); }

// As systemd-resolved has it, and a TCP connection that is no listener.
constexpr char kTable[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
    "  420: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 "
    "15661 2 0000000000000000 0\n"
    "  421: 0100007F:0035 0200007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 "
    "15662 2 0000000000000000 0\n";

TEST(PortOwner, IsFoundInTheTableOfTheKernel) {
  const auto found = FindPortSocket(kTable, At("0.0.0.0"), false);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->inode, 15'661u);
  EXPECT_EQ(found->address.ToText(), "127.0.0.53:53");
  EXPECT_TRUE(FindPortSocket(kTable, At("127.0.0.53"), false).has_value());
  EXPECT_FALSE(FindPortSocket(kTable, At("192.0.2.53"), false).has_value());
  EXPECT_FALSE(FindPortSocket(kTable, At("0.0.0.0:54"), false).has_value());
  EXPECT_FALSE(FindPortSocket(kTable, At("0.0.0.0"), true).has_value()) << "None listens.";
  EXPECT_FALSE(FindPortSocket("", At("0.0.0.0"), false).has_value());
  EXPECT_FALSE(FindPortSocket("a b c d e f g h i j k\n", At("0.0.0.0"), false).has_value());
}

TEST(PortOwner, OfIPv6MayHoldIPv4) {
  constexpr char kWildcard[] =
      " 7: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 "
      "00000000:00000000 00:00000000 00000000 0 0 99 2 0 0\n";
  EXPECT_TRUE(FindPortSocket(kWildcard, At("192.0.2.53"), false).has_value());
  EXPECT_TRUE(FindPortSocket(kWildcard, At("2001:db8::1"), false).has_value());
}

TEST(PortOwner, IsNamedWithItsProcess) {
  const FileDescriptor taken(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress any = At("127.0.0.1:0");
  ASSERT_EQ(bind(taken.get(), any.get(), any.size()), 0);
  sockaddr_storage bound = {};
  socklen_t size = sizeof bound;
  ASSERT_EQ(getsockname(taken.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
  const SocketAddress address = SocketAddress::FromSystem(bound);
  const auto owner = FindPortOwner(address, false);
  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->pid, getpid());
  EXPECT_EQ(owner->ToText(),
            absl::StrCat(owner->program, " (process ", getpid(), ") has ", address.ToText(),
                         ": stop it, or choose another address"));
}

TEST(PortOwner, OfSystemdHasItsOwnRemedy) {
  EXPECT_THAT((PortOwner{"systemd-resolve", 612, "127.0.0.53:53"}).ToText(),
              HasSubstr("systemd-resolve (process 612) has 127.0.0.53:53: set DNSStubListener=no"));
}

TEST(IsOnThisHost, KnowsLoopbackAndNotADocumentationAddress) {
  EXPECT_TRUE(IsOnThisHost(At("127.0.0.1")));
  EXPECT_FALSE(IsOnThisHost(At("192.0.2.53")));
}

}  // namespace
}  // namespace hither
