#ifndef HITHER_ANYCAST_ROUTE_ROUTE_BACKEND_H_
#define HITHER_ANYCAST_ROUTE_ROUTE_BACKEND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "base/prefix.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// One prefix and its wanted state. kDown: withdrawn.
struct Route {
  Prefix prefix;
  State state = State::kDown;
  RouteAttributes attributes;  // Of the state; empty when kDown.
  std::string service;
  std::string reason;  // For RFC 9003 and for commands.
  friend bool operator==(const Route&, const Route&) = default;
};

// What is really announced, as far as the backend can tell.
struct Observation {
  enum class Kind : uint8_t { kAnnounced, kAbsent, kUnknown };
  struct Seen {
    Prefix prefix;
    std::string where;  // "bgp 10.0.0.1", "kernel wp-up", "bird uplink", "frr 10.0.0.1"
    Kind kind = Kind::kUnknown;
    std::optional<State> state;  // Where it can be told from what is seen.
    std::string detail;          // Why unknown, or what is odd.
  };
  struct Session {  // Of BGP.
    std::string neighbor;
    std::string state;  // "Established", "Connect", ...
    absl::Time since;
    std::string last_error;  // "NOTIFICATION received: Hold Timer Expired", or empty.
    uint64_t resets = 0;
    std::vector<std::string> rejected;  // What the neighbor could not or would not take.
    std::string description;            // The operator's.
    std::string identifier;             // The BGP identifier that we say.
    std::vector<std::string> warnings;  // What is configured and looks wrong.
    // The last NOTIFICATION, if a later error hides it (SessionReasons); and when it came.
    std::string last_reason = {};
    absl::Time last_reason_at = {};
    absl::Time last_error_at = absl::InfinitePast();
  };
  std::vector<Seen> seen;
  std::vector<Session> sessions;
};

// Brings the routes to their wanted states. Every call is repeatable: Announce() passes all
// wanted routes at every tick, and the backend does what differs from what it sees, again and
// again.
//
// Threads: the loop's. Nothing waits: a backend that needs time goes on between the ticks.
class RouteBackend {
 public:
  virtual ~RouteBackend() = default;

  // All prefixes that are ours, withdrawn ones as kDown. The announcement is a lease: what keeps it
  // alive (KEEPALIVEs, lifetimes) must stop once `until` (a monotonic absl::Time as Facts::now)
  // has passed without another call.
  virtual void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) = 0;

  // Announces these again although nothing has changed: another router has lost them.
  virtual void AnnounceAgain(const std::vector<Prefix>& /*prefixes*/) {}

  // The latest known routes. Does not wait; Announce() sends the requests.
  virtual Observation Observe() const = 0;

  // Withdraws everything (RFC 9003 `reason`); then IsIdle() becomes true.
  virtual void Close(absl::string_view reason) = 0;
  virtual bool IsIdle() const = 0;
  virtual absl::Duration close_max() const { return absl::Seconds(2); }  // Not waited for longer.

  // The services have changed; announcements continue. Errors: these cannot be announced.
  virtual absl::Status SetServices(const std::vector<AnycastConfig::Service>& /*services*/) {
    return absl::OkStatus();
  }

  // The rest has changed, and differs in nothing that would end what is announced (Announcer
  // knows).
  virtual void SetConfig(const AnycastConfig& /*config*/) {}

  virtual absl::string_view name() const = 0;  // "bgp", "kernel", "exec", "dry-run"
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_ROUTE_BACKEND_H_
