#ifndef HITHER_ANYCAST_ANNOUNCER_H_
#define HITHER_ANYCAST_ANNOUNCER_H_

#include <uv.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/announced.h"
#include "anycast/backend_kinds.h"
#include "anycast/route/readback.h"
#include "anycast/route/reconcile.h"
#include "anycast/route/route_backend.h"
#include "anycast/session_reasons.h"
#include "anycast/view.h"
#include "base/reminder.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// All backends of a configuration, and what routing daemons say that they announce. Every tick
// everything wanted is said again, so that what was refused or lost is mended.
//
// Threads: the loop's.
class Announcer {
 public:
  // `kinds` outlives it.
  explicit Announcer(uv_loop_t& loop, std::span<const BackendKind> kinds = BackendKinds())
      : loop_(loop), kinds_(kinds) {}

  // Makes the backends that the configuration asks for. Those whose part is as it was stay, with
  // their sessions; the others are closed first, and created again once they have ended. Of
  // `bgp` only the sessions end whose own settings changed (see PlanReload()). Errors, before
  // anything is taken down: a configuration that cannot work. What cannot be made only now (but for
  // the first time, when it is an error) is tried again each second.
  absl::Status Configure(const AnycastConfig& config, absl::Time now);
  // Which sessions and leases would begin or end by it, a line each.
  std::vector<std::string> EndedBy(const AnycastConfig& config) const;
  bool EndsAll(const AnycastConfig& config) const;  // Nothing would stay announced throughout.
  // The same of what is announced now over one family, which is not nothing.
  bool EndsAllOf(IpFamily family, const AnycastConfig& config) const;

  void Tick(const std::vector<Route>& routes, absl::Time now, absl::Time until);

  // Withdraws everything, for good.
  void Close(absl::string_view reason, absl::Time now);
  bool IsIdle() const;
  absl::Duration close_max() const;  // So long after Close() it may take.

  // Do routers have all of these, as of the last tick? No value: unknown.
  std::optional<bool> Announced(const std::vector<Prefix>& prefixes) const {
    return IsAnnounced(prefixes, evidence_);
  }

  // After its services: those that a backend still announces are not drained.
  void AddTo(SidecarView& view) const;

 private:
  struct Slot {
    const BackendKind* kind = nullptr;
    std::unique_ptr<RouteBackend> backend;
    absl::Time closed_at = absl::InfiniteFuture();  // InfiniteFuture(): it is not closing.
    bool IsClosing() const { return closed_at != absl::InfiniteFuture(); }
    void Close(absl::string_view reason, absl::Time now);
    bool HasEnded(absl::Time now) const;
  };
  struct Missing {  // What could not be made last.
    absl::string_view kind;
    std::string why;  // Empty: nothing is missing.
    Reminder reminder;
  };
  bool Has(const BackendKind& kind) const;
  absl::Status MakeMissing();
  void MakeReadbacks();
  void LogReadback(const Readback& readback, absl::Time now);
  void RetryMissing(absl::Time now);
  void DropIdle(absl::Time now);
  std::vector<Observation> Observe(absl::Time now);

  uv_loop_t& loop_;
  const std::span<const BackendKind> kinds_;
  AnycastConfig config_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<Readback>> readbacks_;
  std::map<std::string, Reminder> readback_faults_;  // By the read-back's name.
  Differences differences_;
  SessionReasons reasons_;
  Evidence evidence_;
  Missing missing_;
  absl::Time tried_ = absl::InfinitePast();
  bool is_configured_ = false;
  bool is_closed_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ANNOUNCER_H_
