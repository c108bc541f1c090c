#ifndef HITHER_ANYCAST_VIEW_H_
#define HITHER_ANYCAST_VIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_backend.h"
#include "anycast/signals/outside_watch.h"
#include "anycast/signals/peer_client.h"
#include "base/ip_family.h"
#include "daemon/admin/endpoint_state.h"
#include "daemon/admin/metrics_text.h"

namespace hither {

// What the sidecar knows after a tick, for its pages: made by the loop, immutable, read by the
// admin threads. Times are monotonic like Facts::now, except those named wall.
struct SidecarView {
  struct FamilyView {
    IpFamily family = IpFamily::kV4;
    std::vector<std::string> prefixes;
    Verdict verdict;
    std::vector<std::string> notes;  // Next events: "hold-down until ...", "budget 1 of 2".
    int withdrawals = 0;             // In the window.
    // Do routers have the routes now? No value: unknown.
    std::optional<bool> announced = std::nullopt;
    FleetView fleet = {};  // As seen for this family of this service.
  };
  struct ServiceView {
    std::string name;
    Intent intent;
    std::optional<double> queries_per_second;
    std::vector<FamilyView> families;  // The families in which it has prefixes.
    std::vector<Signal> signals;
    // All families are DOWN because of the drain, and no backend announces them: safe to stop.
    bool is_drained = false;
  };
  struct Probe {
    std::string name;
    HistogramValues latency;
  };
  struct Peer {
    std::string name;
    std::string address;
    bool is_reachable = false;
    std::string error;                   // Of the last fetch; empty: it was good.
    uint64_t unsealed = 0;               // Pages rejected without a valid seal.
    PeerFault fault = PeerFault::kNone;  // Of the last fetch.
  };
  struct Readback {
    std::string name;  // "bird", "frr"
    bool is_ok = false;
    std::string error;
  };
  struct Mismatch {
    std::string prefix;
    std::string where;
    std::string text;
    absl::Time since;
  };

  std::string version;
  std::string node;
  std::string site;
  int64_t pid = 0;
  absl::Time wall;  // When this was made, by the wall clock and the monotonic one.
  absl::Time now;
  absl::Time started_at;
  absl::Duration tick;
  absl::Duration lease;
  std::vector<EndpointState> endpoints;
  std::vector<ServiceView> services;
  std::vector<std::string> backends;
  std::vector<Observation::Session> sessions;
  std::vector<Observation::Seen> seen;
  std::vector<Readback> readbacks;
  std::vector<Mismatch> mismatches;
  std::vector<Probe> probes;
  OutsideView outside;
  std::vector<Peer> peers;
  std::vector<std::string> clones;  // Addresses of other processes with this node's name.
  int withdrawals_max = 0;
  uint64_t ticks = 0;
  uint64_t late_ticks = 0;  // Began over a whole tick too late.
  uint64_t mismatches_total = 0;
  std::string state_failure;  // Why drains would not survive a restart; empty: they would.
  // By service, family, state entered and rule.
  std::map<std::tuple<std::string, std::string, std::string, std::string>, uint64_t> transitions;

  // A monotonic time as the wall clock shows it.
  absl::Time Wall(absl::Time monotonic) const { return wall + (monotonic - now); }
};

}  // namespace hither

#endif  // HITHER_ANYCAST_VIEW_H_
