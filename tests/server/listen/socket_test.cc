#include "server/listen/socket.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

constexpr uint16_t kAnyPort = 0;

SocketAddress At(absl::string_view text) { return *SocketAddress::FromText(text, kAnyPort); }

int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

// Documentation prefixes (RFC 5737, RFC 3849) are on no host.
TEST(OpenSocket, BindsAddressesThatAreNotHere) {
  for (const char* text : {"192.0.2.53:0", "[2001:db8::53]:0"}) {
    for (const SocketKind kind : {SocketKind::kUdp, SocketKind::kTcp}) {
      EXPECT_TRUE(OpenSocket(kind, At(text), {}).ok()) << text;
    }
  }
}

TEST(OpenSocket, UdpSendsWithDontFragment) {
  const auto v4 = OpenSocket(SocketKind::kUdp, At("127.0.0.1:0"), {});
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_EQ(Option(v4->get(), IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
  const auto v6 = OpenSocket(SocketKind::kUdp, At("[::1]:0"), {});
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(Option(v6->get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_PROBE);
}

TEST(OpenSocket, OnlyWildcardsAskForTheAddressOfEachDatagram) {
  const auto one = OpenSocket(SocketKind::kUdp, At("127.0.0.1:0"), {});
  EXPECT_EQ(Option(one->get(), IPPROTO_IP, IP_PKTINFO), 0);
  const auto any = OpenSocket(SocketKind::kUdp, At("0.0.0.0:0"), {});
  EXPECT_EQ(Option(any->get(), IPPROTO_IP, IP_PKTINFO), 1);
  const auto any6 = OpenSocket(SocketKind::kUdp, At("[::]:0"), {});
  EXPECT_EQ(Option(any6->get(), IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
}

TEST(OpenSocket, TcpSendsAtOnce) {
  const auto tcp = OpenSocket(SocketKind::kTcp, At("127.0.0.1:0"), {});
  EXPECT_NE(Option(tcp->get(), IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(OpenSocket, BothWildcardsFitOnOnePort) {
  std::vector<SocketAddress> addresses = {At("0.0.0.0:0")};
  const auto v4 = OpenWorkerSockets(addresses, 1, {});
  ASSERT_TRUE(v4.ok()) << v4.status();
  std::vector<SocketAddress> v6_addresses = {*SocketAddress::FromText("::", addresses[0].port())};
  const auto v6 = OpenWorkerSockets(v6_addresses, 1, {});
  EXPECT_TRUE(v6.ok()) << v6.status();
}

TEST(OpenWorkerSockets, PortZeroBecomesOnePortForAll) {
  std::vector<SocketAddress> addresses = {At("127.0.0.1:0"), At("[::1]:0")};
  const auto workers = OpenWorkerSockets(addresses, 3, {});
  ASSERT_TRUE(workers.ok()) << workers.status();
  ASSERT_EQ(workers->size(), 3u);
  for (size_t i = 0; i < addresses.size(); ++i) {
    EXPECT_NE(addresses[i].port(), 0);
    std::set<std::string> bound;
    for (const WorkerSockets& worker : *workers) {
      bound.insert(LocalAddressOf(worker.udp.at(i).get())->ToText());
      bound.insert(LocalAddressOf(worker.tcp.at(i).get())->ToText());
    }
    EXPECT_EQ(bound, std::set<std::string>{addresses[i].ToText()});
  }
}

// SO_REUSEPORT alone would let a second server of the same user take half of the queries.
TEST(OpenWorkerSockets, RefusesAnAddressThatIsServedAlready) {
  std::vector<SocketAddress> addresses = {At("127.0.0.1:0")};
  const auto first = OpenWorkerSockets(addresses, 2, {});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenWorkerSockets(addresses, 2, {});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(addresses[0].ToText()), absl::string_view::npos);
  // It names who has the port: this process.
  EXPECT_NE(second.status().message().find(absl::StrCat("(process ", getpid(), ") has ")),
            absl::string_view::npos)
      << second.status();
  EXPECT_NE(second.status().message().find(": stop it, or choose another address"),
            absl::string_view::npos);
}

TEST(OpenWorkerSockets, AWildcardAndOneOfItsAddressesMayStandTogether) {
  std::vector<SocketAddress> addresses = {At("0.0.0.0:0")};
  ASSERT_TRUE(OpenWorkerSockets(addresses, 1, {}).ok());  // Only to learn a free port.
  addresses.push_back(*SocketAddress::FromText("127.0.0.1", addresses[0].port()));
  const auto both = OpenWorkerSockets(addresses, 2, {});
  EXPECT_TRUE(both.ok()) << both.status();
}

}  // namespace
}  // namespace hither
