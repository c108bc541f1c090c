// The speaker over loopback, with a neighbor that this test plays octet by octet.

#include "anycast/bgp/bgp_speaker.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "anycast/clock.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

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
    AnycastConfig::Bgp config;
    config.local_as = 65001;
    config.neighbors.push_back({});
    config.neighbors[0].address = SocketAddress::FromSystem(bound);
    config.neighbors[0].as = 65002;
    speaker_ = std::make_unique<BgpSpeaker>(&loop_, config);
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
      const absl::Time now = MonotonicNow();
      if (renews_) speaker_->Announce({route, v6}, now, now + absl::Seconds(2));
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
  bool closed_ = false;
  Bytes heard_;
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
  EXPECT_EQ(speaker_->Observe().seen[0].kind, Observation::Kind::kAbsent);
  ASSERT_TRUE(Until([&] { return peer_ >= 0; }));  // It comes again.
}

}  // namespace
}  // namespace hither
