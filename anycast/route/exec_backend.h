#ifndef HITHER_ANYCAST_ROUTE_EXEC_BACKEND_H_
#define HITHER_ANYCAST_ROUTE_EXEC_BACKEND_H_

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "anycast/route/route_backend.h"
#include "base/net/child_process.h"
#include "base/reminder.h"

namespace hither {

// Announces by commands: one for each transition of a service, one at a time for each service. What
// is wanted when a command ends is what the next one is run for, however often it changed
// meanwhile. A command that fails is run again, after 1 s, then after twice as long up to 60 s.
//
// A command gets in its environment:
//   HITHER_SERVICE         "dns"
//   HITHER_STATE           "UP", "SOFT", "DRAIN" or "DOWN"
//   HITHER_PREVIOUS_STATE  the same, or "UNKNOWN" at the start
//   HITHER_PREFIXES        those that change, with spaces between: "192.0.2.0/24 2001:db8::/48"
//   HITHER_REASON          words for an operator, in one line
//
// There is no lease here: if this process dies, what the last command did stays done. Let the
// service manager run the `down` command then (ExecStopPost= of systemd).
//
// Threads: the loop's.
class ExecBackend : public RouteBackend {
 public:
  ExecBackend(uv_loop_t* loop, const AnycastConfig::Exec& config);

  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) override;
  Observation Observe() const override;
  void Close(absl::string_view reason) override;  // Runs `down`; once for each service.
  bool IsIdle() const override;
  absl::Duration close_max() const override;  // A command that runs, and then `down`.
  absl::string_view name() const override { return "exec"; }

 private:
  struct Place {  // Of one prefix.
    Route wanted;
    bool is_named = false;      // By the last Announce().
    std::optional<State> done;  // What the last successful command was for.
  };
  struct Service {
    absl::btree_map<Prefix, Place> places;
    std::unique_ptr<ChildProcess> child;
    std::vector<Prefix> running;  // What the child is for.
    State running_state = State::kDown;
    int failures = 0;
    absl::Time next = absl::InfinitePast();  // Not before; a monotonic time.
    std::string error;
    Reminder fault;
  };

  void ForgetOthers(Service& service, const std::vector<Route>& routes);
  void Advance(const std::string& name, Service& service, absl::Time now);
  void Run(const std::string& name, Service& service, const Place& first);
  void OnDone(const std::string& name, const ChildProcess::Result& result);
  const std::vector<std::string>& CommandFor(State state, std::optional<State> done) const;

  uv_loop_t* const loop_;
  const AnycastConfig::Exec config_;
  absl::btree_map<std::string, Service> services_;
  bool is_closing_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_EXEC_BACKEND_H_
