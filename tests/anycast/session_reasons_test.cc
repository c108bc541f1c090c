#include "anycast/session_reasons.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000);

std::vector<Observation::Session> One(const char* state, const char* error) {
  Observation::Session session;
  session.neighbor = "10.0.0.1";
  session.state = state;
  session.last_error = error;
  return {session};
}

std::string ReasonAfter(const SessionReasons& reasons, const char* state, const char* error) {
  auto sessions = One(state, error);
  reasons.AddTo(sessions);
  return sessions[0].last_reason;
}

// The router says what is wrong once, and resets each later connection.
TEST(SessionReasons, AResetDoesNotHideTheNotification) {
  SessionReasons reasons;
  reasons.Note(One("Idle", "NOTIFICATION received: OPEN Message Error, Bad Peer AS"), kNow);
  EXPECT_EQ(ReasonAfter(reasons, "Idle", "NOTIFICATION received: OPEN Message Error, Bad Peer AS"),
            "");
  reasons.Note(One("Connect", "Connection reset by peer"), kNow + absl::Seconds(3));
  auto sessions = One("Connect", "Connection reset by peer");
  reasons.AddTo(sessions);
  EXPECT_EQ(sessions[0].last_reason, "NOTIFICATION received: OPEN Message Error, Bad Peer AS");
  EXPECT_EQ(sessions[0].last_reason_at, kNow);
}

TEST(SessionReasons, AreForgottenWhenTheSessionIsEstablished) {
  SessionReasons reasons;
  reasons.Note(One("Idle", "NOTIFICATION sent: Hold Timer Expired"), kNow);
  reasons.Note(One("Established", "NOTIFICATION sent: Hold Timer Expired"), kNow);
  EXPECT_EQ(ReasonAfter(reasons, "Idle", "Connection refused"), "");
}

TEST(SessionReasons, OfANeighborThatIsGoneAreForgotten) {
  SessionReasons reasons;
  reasons.Note(One("Idle", "NOTIFICATION received: Cease"), kNow);
  reasons.Note({}, kNow);
  EXPECT_EQ(ReasonAfter(reasons, "Idle", "Connection refused"), "");
}

}  // namespace
}  // namespace hither
