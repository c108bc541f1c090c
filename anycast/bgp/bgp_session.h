#ifndef HITHER_ANYCAST_BGP_BGP_SESSION_H_
#define HITHER_ANYCAST_BGP_BGP_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/bgp/bgp_message.h"
#include "anycast/bgp/bgp_notification.h"
#include "anycast/bgp/bgp_open.h"
#include "base/bytes.h"
#include "base/net/back_off.h"

namespace hither {

// The state machine of RFC 4271 §8 with one neighbor, for a speaker that only connects and only
// announces. Pure: events and the time go in, octets and requests come out; it has no socket and no
// clock.
//
// The session is a lease. KEEPALIVE, and everything else, is sent only before `until` of the last
// Renew(): a sidecar that hangs is withdrawn by the neighbor's hold timer. If only the verdict is
// missing while the loop still runs, the session is closed one hold time later. No connection is
// made without a lease.
//
// Omitted: the Active state and collisions (§6.8), because we do not listen; DelayOpen; graceful
// restart. What the neighbor sends is checked, counted and dropped.
//
// Threads: the caller's. Owns: at most one partial message. Errors: last_error(), in words for an
// operator.
class BgpSession {
 public:
  enum class State : uint8_t { kIdle, kConnect, kOpenSent, kOpenConfirm, kEstablished };

  struct Options {
    uint32_t local_as = 0;
    uint32_t peer_as = 0;
    absl::Duration hold_time = absl::Seconds(3);
    FamilySet families;
    std::optional<BgpRole> role = std::nullopt;
    bool role_strict = false;
    bool has_password = false;      // For messages.
    bool has_ttl_security = false;  // For messages.
    uint64_t seed = 0;              // Of the jitter.
  };

  // What the owner must do after an event, in this order.
  struct Actions {
    bool connect = false;
    Bytes send;
    bool close = false;        // When all is sent.
    bool established = false;  // Just now: announce all routes.
    FamilySet refresh;         // ROUTE-REFRESH: announce those of the family again.
  };

  struct Counters {
    uint64_t resets = 0;             // Established sessions that ended.
    uint64_t updates_received = 0;   // And dropped.
    uint64_t malformed_updates = 0;  // Among them.
    uint64_t refreshes = 0;          // Asked for.
  };

  BgpSession(const Options& options, absl::Time now);

  void Renew(absl::Time now, absl::Time until);
  void OnTick(absl::Time now);
  void OnConnected(absl::Time now, uint32_t router_id);
  void OnClosed(absl::Time now, absl::string_view why);  // Or it could not connect.
  void OnBytes(absl::Time now, ByteView bytes);
  // An UPDATE restarts the neighbor's hold timer, so it needs a lease, too.
  bool CanUpdate(absl::Time now) const { return state_ == State::kEstablished && HasLease(now); }
  void SendUpdate(absl::Time now, const Bytes& message);  // If it can; otherwise dropped.
  // A Cease (RFC 4486, RFC 9003). No connection is tried after this.
  void Shutdown(absl::Time now, absl::string_view text, CeaseSubcode subcode = kAdminShutdown);

  Actions TakeActions() { return std::exchange(actions_, {}); }

  State state() const { return state_; }
  absl::Time since() const { return since_; }
  bool HasLease(absl::Time now) const { return now < lease_until_; }
  const std::string& last_error() const { return last_error_; }
  absl::Time last_error_at() const { return last_error_at_; }
  // The error with which the neighbor refused an UPDATE, until a session lasts.
  const std::string& update_error() const { return update_error_; }
  const Counters& counters() const { return counters_; }
  const BgpOpen& theirs() const { return theirs_; }  // Of the current or the last session.
  FamilySet Negotiated() const;
  bool FourOctetAs() const { return ours_.four_octet_as && theirs_.four_octet_as; }

 private:
  void Enter(State state, absl::Time now);
  void Send(absl::Time now, const Bytes& message);
  void SendKeepaliveIfDue(absl::Time now);
  void Fail(absl::Time now, const Notification& notification, absl::string_view why = {});
  void End(absl::Time now, std::string error);
  void OnMessage(absl::Time now, const BgpFrame& frame);
  void OnOpen(absl::Time now, ByteView body);
  void OnKeepalive(absl::Time now);
  void OnUpdate(absl::Time now, ByteView body);
  void OnRefresh(ByteView body);
  void OnNotification(absl::Time now, ByteView body);
  void OnUnexpected(absl::Time now, BgpType type);

  const Options options_;
  State state_ = State::kIdle;
  absl::Time since_;
  bool is_shut_down_ = false;
  bool without_capabilities_ = false;  // The neighbor refused an OPEN that had some.
  Bytes input_;                        // Less than one message, between two calls.
  Actions actions_;
  BgpOpen ours_;
  BgpOpen theirs_;
  BackOff back_off_;
  absl::Time lease_until_ = absl::InfinitePast();
  absl::Time connect_at_;                             // In Idle.
  absl::Time give_up_at_ = absl::InfiniteFuture();    // Of connecting, or the hold timer.
  absl::Time keepalive_at_ = absl::InfiniteFuture();  // From OpenConfirm on.
  absl::Duration hold_time_ = absl::Seconds(3);       // Negotiated.
  std::string last_error_;
  absl::Time last_error_at_ = absl::InfinitePast();
  bool is_explained_ = false;  // A NOTIFICATION said why there is no session; no guess is better.
  std::string update_error_;
  Counters counters_;
};

// "Idle", "Connect", ... as RFC 4271 §8.2.2 writes them.
absl::string_view ToText(BgpSession::State state);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_SESSION_H_
