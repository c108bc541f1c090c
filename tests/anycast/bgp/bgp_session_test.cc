// The state machine by tables: what happens when, and what is said then.

#include "anycast/bgp/bgp_session.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_update.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

using Session = BgpSession::State;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);
absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

BgpSession::Options Options() {
  return {.local_as = 65001,
          .peer_as = 65002,
          .hold_time = absl::Seconds(3),
          .families = {true, true},
          .seed = 1};
}

// OPEN of AS 65002 with everything; with this hold time.
Bytes TheirOpen(uint16_t hold = 3) {
  return EncodeOpen({.as = 65002,
                     .hold_seconds = hold,
                     .identifier = 9,
                     .four_octet_as = true,
                     .route_refresh = true,
                     .families = {true, true}});
}

// What an action is, in words: "connect OPEN KEEPALIVE NOTIFICATION(...) close established".
std::string Told(BgpSession& session) {
  const BgpSession::Actions actions = session.TakeActions();
  std::vector<std::string> words;
  if (actions.connect) words.push_back("connect");
  ByteView rest = actions.send;
  while (!rest.empty()) {
    const BgpFrame frame = NextBgpMessage(rest);
    if (frame.kind != BgpFrame::Kind::kWhole) return "an ill-formed message";
    static constexpr const char* kNames[] = {"", "OPEN",      "UPDATE",
                                             "", "KEEPALIVE", "ROUTE-REFRESH"};
    words.push_back(frame.type == BgpType::kNotification ? ToText(DecodeNotification(frame.body))
                                                         : kNames[static_cast<int>(frame.type)]);
    rest = rest.subspan(frame.bytes);
  }
  if (actions.close) words.push_back("close");
  if (actions.established) words.push_back("established");
  if (actions.refresh.ipv4) words.push_back("refresh-v4");
  if (actions.refresh.ipv6) words.push_back("refresh-v6");
  std::string text;
  for (const std::string& word : words) absl::StrAppend(&text, text.empty() ? "" : " | ", word);
  return text;
}

class SessionTest : public testing::Test {
 protected:
  void Renew(double now, double lease = 2) { session_.Renew(At(now), At(now + lease)); }
  // Up at 0 s, with a lease until 2 s.
  void Establish() {
    Renew(0);
    session_.OnConnected(At(0), 7);
    session_.OnBytes(At(0), TheirOpen());
    session_.OnBytes(At(0), EncodeKeepalive());
    ASSERT_EQ(session_.state(), Session::kEstablished);
    session_.TakeActions();
  }
  void KeepThemAlive(double now) { session_.OnBytes(At(now), EncodeKeepalive()); }

  BgpSession session_{Options(), kStart};
};

TEST_F(SessionTest, WaitsForALease) {
  session_.OnTick(At(100));
  EXPECT_EQ(Told(session_), "");
  EXPECT_EQ(session_.state(), Session::kIdle);
  Renew(100);
  EXPECT_EQ(Told(session_), "connect");
}

TEST_F(SessionTest, GoesThroughTheStates) {
  Renew(0);
  EXPECT_EQ(Told(session_), "connect");
  EXPECT_EQ(session_.state(), Session::kConnect);
  session_.OnConnected(At(0.1), 7);
  EXPECT_EQ(Told(session_), "OPEN");
  EXPECT_EQ(session_.state(), Session::kOpenSent);
  session_.OnBytes(At(0.2), TheirOpen());
  EXPECT_EQ(Told(session_), "KEEPALIVE");
  EXPECT_EQ(session_.state(), Session::kOpenConfirm);
  session_.OnBytes(At(0.3), EncodeKeepalive());
  EXPECT_EQ(Told(session_), "established");
  EXPECT_EQ(session_.state(), Session::kEstablished);
  EXPECT_EQ(session_.since(), At(0.3));
  EXPECT_TRUE(session_.FourOctetAs());
}

TEST_F(SessionTest, TakesMessagesOctetByOctet) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  Bytes all = TheirOpen();
  const Bytes keepalive = EncodeKeepalive();
  all.insert(all.end(), keepalive.begin(), keepalive.end());
  for (const uint8_t octet : all) session_.OnBytes(At(0), {&octet, 1});
  EXPECT_EQ(session_.state(), Session::kEstablished);
}

TEST_F(SessionTest, KeepsAliveEachThirdOfTheHoldTimeAndSooner) {
  Establish();
  std::string when;
  for (int i = 1; i <= 40; ++i) {  // Tenths of a second.
    Renew(i / 10.0);
    if (i % 8 == 0) KeepThemAlive(i / 10.0);
    if (Told(session_) == "KEEPALIVE") absl::StrAppend(&when, i, " ");
  }
  EXPECT_EQ(when, "8 16 24 32 40 ");
}

TEST_F(SessionTest, TheirShorterHoldTimeCounts) {
  BgpSession::Options options = Options();
  options.hold_time = absl::Seconds(90);
  BgpSession session(options, kStart);
  session.Renew(At(0), At(1000));
  session.OnConnected(At(0), 7);
  session.OnBytes(At(0), TheirOpen(9));
  session.OnBytes(At(0), EncodeKeepalive());
  session.TakeActions();
  session.OnTick(At(2.3));
  EXPECT_EQ(Told(session), "");
  session.OnTick(At(2.4));
  EXPECT_EQ(Told(session), "KEEPALIVE");
  session.OnTick(At(9));
  EXPECT_EQ(Told(session), "Hold Timer Expired | close");
}

// The lease. The verdict was good until 2 s.
TEST_F(SessionTest, SaysNothingAfterTheLease) {
  Establish();
  std::string when;
  for (int i = 1; i <= 49; ++i) {
    KeepThemAlive(i / 10.0);
    session_.OnTick(At(i / 10.0));
    const std::string told = Told(session_);
    if (!told.empty()) absl::StrAppend(&when, i, " ", told, ", ");
  }
  EXPECT_EQ(when, "8 KEEPALIVE, 16 KEEPALIVE, ");
  session_.SendUpdate(At(4.9), EncodeEndOfRib(IpFamily::kV4));  // It, too, would prolong the lease.
  EXPECT_EQ(Told(session_), "");
  session_.OnTick(At(5));
  EXPECT_EQ(Told(session_),
            "Cease, Administrative Reset: \"hither: the last decision is too old\" | close");
  session_.OnTick(At(60));
  EXPECT_EQ(Told(session_), "");  // Nor does it connect again.
}

TEST_F(SessionTest, TheLeaseEndsAtItsVeryInstant) {
  Establish();
  session_.Renew(At(0.7), At(0.8));
  session_.OnTick(At(0.8));
  EXPECT_EQ(Told(session_), "");
  session_.Renew(At(0.9), At(1));
  EXPECT_EQ(Told(session_), "KEEPALIVE");
}

TEST_F(SessionTest, AnOpenAfterTheLeaseGetsNoKeepalive) {
  Renew(0);
  session_.OnConnected(At(1), 7);
  session_.TakeActions();
  session_.OnBytes(At(2.5), TheirOpen());
  EXPECT_EQ(Told(session_), "");
  EXPECT_EQ(session_.state(), Session::kOpenConfirm);
}

TEST_F(SessionTest, HoldTimerEndsIt) {
  Establish();
  Renew(2.9);
  Told(session_);
  Renew(3);
  EXPECT_EQ(Told(session_), "Hold Timer Expired | close");
  EXPECT_EQ(session_.last_error(), "NOTIFICATION sent: Hold Timer Expired");
  EXPECT_EQ(session_.counters().resets, 1u);
}

TEST_F(SessionTest, UpdatesOfTheirsKeepItUp) {
  Establish();
  session_.OnBytes(At(2.9), EncodeEndOfRib(IpFamily::kV4));
  Renew(3.5);
  EXPECT_EQ(session_.state(), Session::kEstablished);
  EXPECT_EQ(session_.counters().updates_received, 1u);
}

TEST_F(SessionTest, ConnectingTakesAtMost3Seconds) {
  Renew(0);
  Told(session_);
  Renew(2.9);
  EXPECT_EQ(Told(session_), "");
  Renew(3);
  EXPECT_EQ(Told(session_), "close");
  EXPECT_THAT(session_.last_error(),
              testing::AllOf(testing::StartsWith("no connection within 3 s; nothing answers"),
                             testing::HasSubstr("has a TCP MD5 password for this host does not "
                                                "answer until password_file is set here")));
  EXPECT_EQ(session_.counters().resets, 0u);
}

// TTL security on one side only: nothing is heard of it.
TEST_F(SessionTest, NoOpenNamesTtlSecurity) {
  for (const bool has_it : {true, false}) {
    BgpSession::Options options = Options();
    options.has_ttl_security = has_it;
    BgpSession session(options, kStart);
    session.Renew(At(0), At(100));
    session.OnConnected(At(0.1), 7);
    session.OnTick(At(11));
    EXPECT_EQ(session.state(), Session::kIdle);
    EXPECT_THAT(session.last_error(),
                testing::StartsWith("NOTIFICATION sent: Hold Timer Expired (it accepts the "
                                    "connection, but no OPEN arrives: "));
    EXPECT_THAT(session.last_error(),
                testing::HasSubstr(has_it ? "set TTL security on the neighbor, too"
                                          : "set ttl_security: true of this neighbor"));
  }
}

// Bad Peer AS, and then only resets: a guess must not stand in its place.
TEST_F(SessionTest, NoGuessAfterANotification) {
  constexpr char kGuess[] = "it may have no neighbor statement";
  const auto connect = [&](double at) {
    Renew(at);
    session_.OnConnected(At(at), 7);
    EXPECT_EQ(session_.state(), Session::kOpenSent);
  };
  connect(0);
  session_.OnClosed(At(0.1), "Connection reset by peer");
  EXPECT_THAT(session_.last_error(), testing::HasSubstr(kGuess));
  connect(200);
  session_.OnBytes(At(200.1), MessageOf(BgpType::kNotification, "02 02"));
  connect(400);
  session_.OnClosed(At(400.1), "Connection reset by peer");
  EXPECT_EQ(session_.last_error(), "Connection reset by peer");
  EXPECT_EQ(session_.last_error_at(), At(400.1));
}

// A NOTIFICATION of ours explains as much as one of theirs.
TEST_F(SessionTest, NoGuessAfterTheirOpenWasRefused) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.OnBytes(At(0.1), EncodeOpen({.as = 65003,
                                        .hold_seconds = 3,
                                        .identifier = 9,
                                        .four_octet_as = true,
                                        .families = {true, true}}));
  EXPECT_THAT(session_.last_error(), testing::HasSubstr("Bad Peer AS"));
  Renew(200);
  session_.OnConnected(At(200), 7);
  session_.OnClosed(At(200.1), "Connection reset by peer");
  EXPECT_EQ(session_.last_error(), "Connection reset by peer");
}

// What a NOTIFICATION explained before a session came up does not explain what happens after it.
TEST_F(SessionTest, AGuessIsMadeAgainAfterASession) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.OnBytes(At(0.1), MessageOf(BgpType::kNotification, "02 02"));
  Renew(200);
  session_.OnConnected(At(200), 7);
  session_.OnBytes(At(200), TheirOpen());
  session_.OnBytes(At(200), EncodeKeepalive());
  ASSERT_EQ(session_.state(), Session::kEstablished);
  session_.OnClosed(At(201), "Connection reset by peer");
  Renew(400);
  session_.OnConnected(At(400), 7);
  session_.OnClosed(At(400.1), "Connection reset by peer");
  EXPECT_THAT(session_.last_error(), testing::HasSubstr("it may have no neighbor statement"));
}

TEST_F(SessionTest, ANeighborThatDoesNotAnswerMayLackTtlSecurity) {
  BgpSession::Options options = Options();
  options.has_ttl_security = true;
  BgpSession session(options, kStart);
  session.Renew(At(0), At(9));
  session.OnTick(At(3));
  EXPECT_THAT(session.last_error(),
              testing::HasSubstr("ttl_security drops what it sends with a TTL below 255"));
}

// The passwords differ, or only one side has one: the kernels drop each other's segments.
TEST_F(SessionTest, ANeighborThatDoesNotAnswerMayHaveAnotherPassword) {
  BgpSession::Options options = Options();
  options.has_password = true;
  BgpSession session(options, kStart);
  session.Renew(At(0), At(9));
  session.OnTick(At(3));
  EXPECT_THAT(session.last_error(), testing::HasSubstr("the same TCP MD5 password for this host"));
}

TEST_F(SessionTest, ARefusedHoldTimeIsSaidWithBothValues) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.OnBytes(At(0), MessageOf(BgpType::kNotification, "02 06 0003"));
  EXPECT_EQ(session_.last_error(),
            "NOTIFICATION received: OPEN Message Error, Unacceptable Hold Time (3 s); hold_time "
            "here is 3 s: raise hold_time of this neighbor, or lower the minimum that the neighbor "
            "accepts");
  Renew(1);
  session_.OnConnected(At(1), 7);
  session_.OnBytes(At(1), TheirOpen(90));
  session_.OnBytes(At(1), MessageOf(BgpType::kNotification, "02 06"));
  EXPECT_THAT(session_.last_error(),
              testing::HasSubstr("hold_time here is 3 s, the neighbor's is 90 s"));
}

TEST_F(SessionTest, OurRefusalOfAHoldTimeSaysBothValues) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.OnBytes(At(0), TheirOpen(0));
  EXPECT_EQ(session_.last_error(),
            "NOTIFICATION sent: OPEN Message Error, Unacceptable Hold Time (hold_time here is 3 s, "
            "the neighbor's is 0 s: set at least 3 s on the neighbor; without a hold time it would "
            "keep the routes of a hung sidecar)");
}

TEST_F(SessionTest, AWrongAsIsSaidWithBothValues) {
  BgpSession::Options options = Options();
  options.peer_as = 65009;
  BgpSession session(options, kStart);
  session.Renew(At(0), At(9));
  session.OnConnected(At(0), 7);
  session.OnBytes(At(0), TheirOpen());
  EXPECT_EQ(session.last_error(),
            "NOTIFICATION sent: OPEN Message Error, Bad Peer AS (the neighbor's AS is 65002, "
            "configured is 65009: correct as: of this neighbor)");
}

TEST_F(SessionTest, ANeighborThatHangsUpMayNotKnowUs) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.OnClosed(At(0.1), "the neighbor closed the connection");
  EXPECT_EQ(session_.last_error(),
            "the neighbor closed the connection; it sent no OPEN: it may have no neighbor "
            "statement for the address that this host connects from");
}

TEST_F(SessionTest, BacksOffDoublingTo30Seconds) {
  double now = 0;
  for (const double longest : {0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0}) {
    Renew(now);
    ASSERT_EQ(Told(session_), "connect");
    session_.OnClosed(At(now), "connection refused");
    EXPECT_EQ(Told(session_), "close");
    Renew(now + longest * 0.74);
    EXPECT_EQ(Told(session_), "") << longest;
    now += longest;
  }
}

TEST_F(SessionTest, AGoodSessionEndsTheBackOff) {
  for (int i = 0; i < 5; ++i) {
    Renew(-200 + 20 * i);
    session_.OnClosed(At(-200 + 20 * i), "connection refused");
  }
  session_.TakeActions();
  Establish();
  for (int i = 0; i <= 31; ++i) {
    Renew(i);
    KeepThemAlive(i);
  }
  session_.OnClosed(At(31), "the neighbor closed the connection");
  Told(session_);
  Renew(31.5);
  EXPECT_EQ(Told(session_), "connect");
}

TEST_F(SessionTest, ShutdownSaysWhyAndStays) {
  Establish();
  session_.Shutdown(At(1), "disk replaced");
  EXPECT_EQ(Told(session_), "Cease, Administrative Shutdown: \"disk replaced\" | close");
  Renew(100);
  EXPECT_EQ(Told(session_), "");
}

TEST_F(SessionTest, TellsOfARefresh) {
  Establish();
  session_.OnBytes(At(1), MessageOf(BgpType::kRouteRefresh, "0002 00 01"));
  EXPECT_EQ(Told(session_), "refresh-v6");
  session_.OnBytes(At(1), MessageOf(BgpType::kRouteRefresh, "0019 00 46"));
  EXPECT_EQ(Told(session_), "");
}

TEST_F(SessionTest, KeepsWhatAnUpdateWasRefusedWith) {
  Establish();
  session_.OnBytes(At(1), MessageOf(BgpType::kNotification, "03 08 400304 0a000002"));
  EXPECT_EQ(Told(session_), "close");
  const std::string text =
      "NOTIFICATION received: UPDATE Message Error, Invalid NEXT_HOP Attribute (data 40 03 04 0a "
      "00 00 02); set next_hop_v4 or next_hop_v6 to an address of this host on the neighbor's "
      "subnet; a BGP daemon on this host itself accepts no address of this host: use kernel: with "
      "it";
  EXPECT_EQ(session_.last_error(), text);
  EXPECT_EQ(session_.update_error(), text);
}

// RFC 5492 §3: a neighbor without capabilities says so with this; the next OPEN has none.
TEST_F(SessionTest, TriesWithoutCapabilitiesOnce) {
  Renew(0);
  session_.OnConnected(At(0), 7);
  session_.TakeActions();
  session_.OnBytes(At(0), MessageOf(BgpType::kNotification, "02 04"));
  session_.TakeActions();
  Renew(1);
  session_.OnConnected(At(1), 7);
  EXPECT_EQ(ToHex(session_.TakeActions().send),
            Packed(absl::StrCat(kMarkerHex, "001d 01 04 fde9 0003 00000007 00")));
  session_.OnBytes(At(1), MessageOf(BgpType::kOpen, "04 fdea 0003 00000009 00"));
  EXPECT_EQ(session_.Negotiated(), (FamilySet{true, false}));
  session_.OnClosed(At(1), "closed");
  session_.TakeActions();
  Renew(3);
  session_.OnConnected(At(3), 7);
  EXPECT_GT(session_.TakeActions().send.size(), 29u);
}

struct Odd {
  const char* name;
  Session in;
  BgpType type;
  const char* hex;
  const char* said;
};
void PrintTo(const Odd& odd, std::ostream* out) { *out << odd.name; }

// RFC 4271 §6 and §8.2.2, RFC 6608.
// clang-format off
const Odd kOdd[] = {
    {"OpenOfAnotherAs", Session::kOpenSent, BgpType::kOpen, "04 fdeb 0003 00000009 00", "OPEN Message Error, Bad Peer AS | close"},
    {"OpenWithHoldTime0", Session::kOpenSent, BgpType::kOpen, "04 fdea 0000 00000009 00", "OPEN Message Error, Unacceptable Hold Time | close"},
    {"KeepaliveBeforeOpen", Session::kOpenSent, BgpType::kKeepalive, "", "Finite State Machine Error, Unexpected Message in OpenSent State (a KEEPALIVE) | close"},
    {"UpdateBeforeOpen", Session::kOpenSent, BgpType::kUpdate, "0000 0000", "Finite State Machine Error, Unexpected Message in OpenSent State (an UPDATE) | close"},
    {"UpdateBeforeKeepalive", Session::kOpenConfirm, BgpType::kUpdate, "0000 0000", "Finite State Machine Error, Unexpected Message in OpenConfirm State (an UPDATE) | close"},
    {"RefreshBeforeKeepalive", Session::kOpenConfirm, BgpType::kRouteRefresh, "0001 00 01", "Finite State Machine Error, Unexpected Message in OpenConfirm State (a ROUTE-REFRESH) | close"},
    {"SecondOpen", Session::kEstablished, BgpType::kOpen, "04 fdea 0003 00000009 00", "Finite State Machine Error, Unexpected Message in Established State (an OPEN) | close"},
    {"UnframedUpdate", Session::kEstablished, BgpType::kUpdate, "0000 0001", "UPDATE Message Error, Malformed Attribute List | close"},
    {"MalformedUpdate", Session::kEstablished, BgpType::kUpdate, "0000 0004 40010103", ""},
    {"TheirShutdown", Session::kEstablished, BgpType::kNotification, "06 02", "close"},
};
// clang-format on

class OddMessages : public testing::TestWithParam<Odd> {};
TEST_P(OddMessages, AreAnswered) {
  BgpSession session(Options(), kStart);
  session.Renew(At(0), At(2));
  session.OnConnected(At(0), 7);
  if (GetParam().in >= Session::kOpenConfirm) session.OnBytes(At(0), TheirOpen());
  if (GetParam().in == Session::kEstablished) session.OnBytes(At(0), EncodeKeepalive());
  ASSERT_EQ(session.state(), GetParam().in);
  session.TakeActions();
  session.OnBytes(At(0.1), MessageOf(GetParam().type, GetParam().hex));
  EXPECT_EQ(Told(session), GetParam().said);
}
INSTANTIATE_TEST_SUITE_P(Rfc4271, OddMessages, testing::ValuesIn(kOdd),
                         [](const auto& test) { return test.param.name; });

TEST_F(SessionTest, CountsMalformedUpdates) {
  Establish();
  session_.OnBytes(At(1), MessageOf(BgpType::kUpdate, "0000 0004 40010103"));
  EXPECT_EQ(session_.counters().malformed_updates, 1u);
  EXPECT_EQ(session_.state(), Session::kEstablished);
}

TEST_F(SessionTest, NothingBehindABrokenMessageIsRead) {
  Establish();
  Bytes input = FromHex("00");
  input.resize(19, 0xff);
  const Bytes shutdown = MessageOf(BgpType::kNotification, "06 02");
  input.insert(input.end(), shutdown.begin(), shutdown.end());
  session_.OnBytes(At(1), input);
  EXPECT_EQ(Told(session_), "Message Header Error, Connection Not Synchronized | close");
}

}  // namespace
}  // namespace hither
