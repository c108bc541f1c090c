// The speaker over loopback, with a neighbor that this test plays octet by octet.

#include "anycast/bgp/bgp_speaker.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

class FakeHost : public AddressSource {
 public:
  void Set(std::vector<InterfaceAddress> all) {
    all_ = std::move(all);
    ++generation_;
  }
  const std::vector<InterfaceAddress>& all() const override { return all_; }
  uint64_t generation() const override { return generation_; }

 private:
  std::vector<InterfaceAddress> all_;
  uint64_t generation_ = 0;
};

InterfaceAddress OnLo(const char* address) {
  return {"lo", *SocketAddress::FromText(address, 0), 64};
}

class SpeakerTest : public testing::Test {
 protected:
  SpeakerTest() {
    uv_loop_init(&loop_);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const SocketAddress any = *SocketAddress::FromText("127.0.0.1", 0);
    EXPECT_EQ(bind(listener_, any.get(), any.size()), 0);
    EXPECT_EQ(listen(listener_, 4), 0);
    sockaddr_storage bound = {};
    socklen_t size = sizeof bound;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
    AnycastConfig::Bgp& bgp = config_.bgp.emplace();
    bgp.local_as = 65001;
    bgp.router_id = 0x0A000009;
    bgp.neighbors.push_back({});
    bgp.neighbors[0].address = SocketAddress::FromSystem(bound);
    bgp.neighbors[0].as = 65002;
    config_.services.resize(1);
    config_.services[0].prefixes = {*Prefix::FromText("192.0.2.0/24")};
    auto host = std::make_unique<FakeHost>();
    host_ = host.get();
    host_->Set({{"lo", *SocketAddress::FromText("127.0.0.1", 0), 8}});
    speaker_ = std::make_unique<BgpSpeaker>(&loop_, config_, std::move(host));
  }
  ~SpeakerTest() override {
    speaker_.reset();
    while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_ONCE);
    if (peer_ >= 0) close(peer_);
    close(listener_);
  }

  // Turns the loop until `done`, for at most 5 s, with a fresh verdict each time.
  template <typename F>
  bool Until(F done) {
    Route route;
    route.prefix = *Prefix::FromText("192.0.2.0/24");
    route.state = state_;
    Route v6 = route;
    v6.prefix = *Prefix::FromText("2001:db8::/48");
    const absl::Time limit = MonotonicNow() + absl::Seconds(5);
    while (MonotonicNow() < limit) {
      const absl::Time now = MonotonicNow() + later_;
      std::vector<Route> routes = {route};
      if (announces_v6_) routes.push_back(v6);
      if (renews_) speaker_->Announce(routes, now, now + absl::Seconds(2));
      uv_run(&loop_, UV_RUN_NOWAIT);
      Read();
      if (done()) return true;
      usleep(2000);
    }
    return false;
  }
  void Read() {
    if (peer_ < 0) peer_ = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    uint8_t buffer[4096];
    const ssize_t size = peer_ < 0 ? -1 : recv(peer_, buffer, sizeof buffer, 0);
    if (size > 0) heard_.insert(heard_.end(), buffer, buffer + size);
    closed_ = size == 0;
  }
  void Say(const Bytes& message) {
    ASSERT_EQ(send(peer_, message.data(), message.size(), 0), ssize_t(message.size()));
  }
  bool Heard(absl::string_view hex) { return ToHex(heard_).find(Packed(hex)) != std::string::npos; }
  Observation::Session Session() { return speaker_->Observe().sessions.at(0); }
  void Establish() {
    ASSERT_TRUE(Until([&] { return heard_.size() > 29; }));  // An OPEN.
    Say(EncodeOpen({.as = 65002,
                    .hold_seconds = 3,
                    .identifier = 9,
                    .four_octet_as = true,
                    .route_refresh = true,
                    .families = {true, true}}));
    Say(EncodeKeepalive());
    ASSERT_TRUE(Until([&] { return Heard("0000 0014 40010100"); }));  // Its IPv4 path.
  }

  uv_loop_t loop_;
  int listener_ = -1;
  int peer_ = -1;
  State state_ = State::kUp;
  bool renews_ = true;
  bool announces_v6_ = true;
  bool closed_ = false;
  absl::Duration later_;  // The speaker's time is later by this.
  Bytes heard_;
  AnycastConfig config_;
  FakeHost* host_ = nullptr;  // The speaker's.
  std::unique_ptr<BgpSpeaker> speaker_;
};

TEST_F(SpeakerTest, AnnouncesAndObserves) {
  Establish();
  EXPECT_EQ(Session().state, "Established");
  const Observation observation = speaker_->Observe();
  ASSERT_EQ(observation.seen.size(), 2u);
  EXPECT_EQ(observation.seen[0].kind, Observation::Kind::kAnnounced);
  EXPECT_EQ(observation.seen[0].state, State::kUp);
  EXPECT_EQ(observation.seen[0].where, "bgp 127.0.0.1");
  EXPECT_TRUE(Heard("0017 02 0000 0000"));  // End-of-RIB.
}

// The interface of 127.0.0.1 has no global IPv6 address: said, not passed over in silence.
TEST_F(SpeakerTest, AFamilyWithoutANextHopIsRejected) {
  Establish();
  ASSERT_EQ(Session().rejected.size(), 1u);
  EXPECT_EQ(Session().rejected[0].find("IPv6: no next hop"), 0u) << Session().rejected[0];
  EXPECT_EQ(speaker_->Observe().seen[1].kind, Observation::Kind::kAbsent);
}

// A service without IPv6 prefixes needs no IPv6 next hop.
TEST_F(SpeakerTest, AFamilyThatIsNotWantedIsNotRejected) {
  announces_v6_ = false;
  Establish();
  EXPECT_THAT(Session().rejected, testing::IsEmpty());
}

TEST_F(SpeakerTest, WarnsOfANeighborOnThisHost) {
  EXPECT_THAT(Session().warnings,
              testing::ElementsAre(testing::HasSubstr("use kernel: instead of bgp:")));
}

TEST_F(SpeakerTest, WithdrawsAndSaysWhyAtTheEnd) {
  Establish();
  speaker_->Close("moving");
  ASSERT_TRUE(Until([&] { return closed_; }));
  EXPECT_TRUE(Heard("001b 02 0004 18c00002 0000"));     // Withdrawn.
  EXPECT_TRUE(Heard("001c 03 06 02 06 6d6f76696e67"));  // "moving"
  close(std::exchange(peer_, -1));
  EXPECT_TRUE(Until([&] { return speaker_->IsIdle(); }));
}

TEST_F(SpeakerTest, WithdrawsWhatIsDown) {
  Establish();
  state_ = State::kDown;
  EXPECT_TRUE(Until([&] { return Heard("001b 02 0004 18c00002 0000"); }));
  EXPECT_EQ(Session().state, "Established");
}

TEST_F(SpeakerTest, AnswersARefresh) {
  Establish();
  heard_.clear();
  Say(MessageOf(BgpType::kRouteRefresh, "0001 00 01"));
  EXPECT_TRUE(Until([&] { return Heard("0000 0014 40010100"); }));
}

TEST_F(SpeakerTest, NoChildInheritsTheConnection) {
  Establish();
  int sockets = 0;
  for (int fd = 3; fd < 100; ++fd) {  // What is not of IPv4 this program has from its parent.
    sockaddr_storage at = {};
    socklen_t size = sizeof at;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) continue;
    if (at.ss_family != AF_INET) continue;
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << fd;
    ++sockets;
  }
  EXPECT_EQ(sockets, 3);  // The listener, its connection, the speaker's.
}

TEST_F(SpeakerTest, AClosedConnectionIsAReset) {
  Establish();
  close(std::exchange(peer_, -1));
  ASSERT_TRUE(Until([&] { return Session().state != "Established"; }));
  EXPECT_EQ(Session().resets, 1u);
  EXPECT_LT(MonotonicNow() - Session().last_error_at, absl::Minutes(1));
  EXPECT_EQ(speaker_->Observe().seen[0].kind, Observation::Kind::kAbsent);
  ASSERT_TRUE(Until([&] { return peer_ >= 0; }));  // It comes again.
}

// It sends with the usual TTL, so the kernel drops its part of the handshake.
TEST_F(SpeakerTest, ANeighborWithoutTtlSecurityIsNamed) {
  config_.bgp->neighbors[0].ttl_security = true;
  speaker_ = std::make_unique<BgpSpeaker>(&loop_, config_, std::make_unique<FakeHost>());
  ASSERT_TRUE(Until([&] { return Session().state == "Connect"; }));
  later_ = absl::Minutes(1);
  ASSERT_TRUE(Until([&] { return !Session().last_error.empty(); }));
  EXPECT_THAT(Session().last_error,
              testing::HasSubstr("ttl_security drops what it sends with a TTL below 255"));
}

// An interface is renumbered: the UPDATE replaces the path, the session stays.
TEST_F(SpeakerTest, ANextHopFollowsTheAddresses) {
  const InterfaceAddress session = {"lo", *SocketAddress::FromText("127.0.0.1", 0), 8};
  host_->Set({session, OnLo("fd00::2")});
  Establish();
  EXPECT_TRUE(Until([&] { return Heard("00020110 fd000000000000000000000000000002"); }));
  heard_.clear();
  host_->Set({session, OnLo("fd00::22")});
  EXPECT_TRUE(Until([&] { return Heard("00020110 fd000000000000000000000000000022"); }));
  EXPECT_FALSE(Heard("00020130 20010db80000")) << "Withdrawn in between.";
  heard_.clear();
  host_->Set({session});
  EXPECT_TRUE(Until([&] { return Heard("0002013020010db80000"); })) << ToHex(heard_);
  EXPECT_EQ(Session().rejected.size(), 1u);
  EXPECT_EQ(speaker_->Observe().seen[1].kind, Observation::Kind::kAbsent);
  host_->Set({session, OnLo("fd00::2")});
  EXPECT_TRUE(Until([&] { return Heard("00020110 fd000000000000000000000000000002"); }));
  EXPECT_EQ(Session().resets, 0u);
  EXPECT_TRUE(Session().rejected.empty());
}

// Not after the hold time: the neighbor's answers go nowhere from the first moment on.
TEST_F(SpeakerTest, ASessionEndsWithItsLocalAddress) {
  Establish();
  host_->Set({OnLo("fd00::2")});
  ASSERT_TRUE(Until([&] { return Session().state != "Established"; }));
  EXPECT_EQ(Session().last_error, "the local address 127.0.0.1 is no longer on this host");
  host_->Set({{"lo", *SocketAddress::FromText("127.0.0.1", 0), 8}});
  close(std::exchange(peer_, -1));
  EXPECT_TRUE(Until([&] { return peer_ >= 0; }));
}

TEST_F(SpeakerTest, SaysOneIdentifierAndShowsIt) {
  Establish();
  EXPECT_TRUE(Heard("0a000009"));
  EXPECT_EQ(Session().identifier, "10.0.0.9");
}

TEST_F(SpeakerTest, WarnsOfWhatIsNotOnTheHost) {
  config_.bgp->neighbors[0].next_hop_v4 = *SocketAddress::FromText("10.9.9.9", 0);
  speaker_->SetConfig(config_);
  EXPECT_THAT(
      Session().warnings,
      testing::ElementsAre("next_hop_v4 10.9.9.9 is not an address of an interface on this host"));
}

// The kernel connects to 127.0.0.1 from 127.0.0.1.
TEST_F(SpeakerTest, ConnectsFromNoServiceAddress) {
  config_.services[0].addresses = {*SocketAddress::FromText("127.0.0.1", 53)};
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] { return !Session().last_error.empty(); }));
  EXPECT_THAT(Session().last_error,
              testing::StartsWith(
                  "the only address of this host on the path to the neighbor is 127.0.0.1"));
  EXPECT_LT(peer_, 0);
}

TEST_F(SpeakerTest, AReloadLeavesASessionThatNeedNotEnd) {
  Establish();
  config_.bgp->neighbors[0].description = "upstream A";
  config_.bgp->neighbors[0].next_hop_v4 = *SocketAddress::FromText("127.0.0.1", 0);
  config_.bgp->neighbors.push_back(config_.bgp->neighbors[0]);
  config_.bgp->neighbors[1].address = *SocketAddress::FromText("127.0.0.2", 1);
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] { return speaker_->Observe().sessions.size() == 2; }));
  config_.bgp->neighbors.pop_back();
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] { return speaker_->Observe().sessions.size() == 1; }));
  EXPECT_EQ(Session().state, "Established");
  EXPECT_EQ(Session().description, "upstream A");
  EXPECT_EQ(Session().resets, 0u);
  EXPECT_FALSE(closed_);
}

TEST_F(SpeakerTest, AReloadResetsASessionThatMustBeOpenedAgain) {
  Establish();
  config_.bgp->neighbors[0].hold_time = absl::Seconds(9);
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] { return closed_; }));
  EXPECT_TRUE(Heard("001b 02 0004 18c00002 0000"));  // Withdrawn first.
  EXPECT_TRUE(Heard("0015 03 06 06"));               // Other Configuration Change.
  close(std::exchange(peer_, -1));
  heard_.clear();
  closed_ = false;
  ASSERT_TRUE(Until([&] { return heard_.size() > 29; }));
  EXPECT_TRUE(Heard("01 04 fde9 0009")) << ToHex(heard_);  // An OPEN with the new hold time.
}

TEST_F(SpeakerTest, ARemovedNeighborIsToldSo) {
  Establish();
  config_.bgp->neighbors.clear();
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] { return closed_; }));
  EXPECT_TRUE(Heard("0015 03 06 03"));  // Peer De-configured.
  close(std::exchange(peer_, -1));
  EXPECT_TRUE(Until([&] { return speaker_->IsIdle(); }));
  EXPECT_TRUE(speaker_->Observe().seen.empty());
}

// An interface that does not exist yet is tried again, and named.
TEST_F(SpeakerTest, AnInterfaceThatIsNotThereIsTriedAgain) {
  config_.bgp->neighbors[0].address = *SocketAddress::FromText("[fe80::1%nowhere7]:179", 0);
  speaker_->SetConfig(config_);
  ASSERT_TRUE(Until([&] {
    const Observation observed = speaker_->Observe();
    return observed.sessions.size() == 1 && !observed.sessions[0].last_error.empty();
  }));
  EXPECT_EQ(Session().neighbor, "fe80::1%nowhere7");
  EXPECT_EQ(Session().last_error, "fe80::1%nowhere7: there is no interface nowhere7");
}

}  // namespace
}  // namespace hither
