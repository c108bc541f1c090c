#ifndef HITHER_SERVER_CONTROL_H_
#define HITHER_SERVER_CONTROL_H_

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/service_manager.h"
#include "daemon/config/config.h"
#include "server/admin_pages.h"
#include "server/heartbeat.h"
#include "server/listen/socket.h"
#include "server/listen/worker.h"
#include "server/load/load_thread.h"
#include "server/load/zone_store.h"
#include "server/options.h"
#include "zones/set/zone_set.h"

namespace hither {

// Loads zones, starts and stops the workers, obeys signals and the admin endpoint. Answers nothing.
//
// Threads: the control thread makes it and calls its methods, but for Reload(), RequestStop() and
// the pages' View(), which any thread may call while Run() runs. Reloads are the LoadThread's and
// those that it makes, so that signals and timers go on; workers wait for neither.
class Control {
 public:
  // `config` is what BuildConfig(options) gave; a reload builds it again. Its zones are let go of
  // once they are loaded: they may be a million. `heartbeat` may be null; it outlives the Control.
  Control(const Options& options, Config config, HeartbeatPage* heartbeat = nullptr);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Returns when all zones are loaded, or, if that takes longer than `patience`, when some are: the
  // others get SERVFAIL until they are loaded, which goes on. An error only if not one zone can be
  // served.
  absl::Status LoadZones(absl::Duration patience = absl::Seconds(3));
  // `listen`: as bound.
  absl::Status StartWorkers(std::vector<WorkerSockets> sockets, std::vector<SocketAddress> listen,
                            std::optional<int> connections_max = std::nullopt);
  // Until SIGTERM, SIGINT or RequestStop(); then all workers have ended. SIGHUP reloads. `admin`
  // may be null. An error only if it cannot begin. A reload that does not heed the StopFlag in time
  // ends with the process, here.
  absl::Status Run(AdminEndpoint* admin, AdminEndpoint* metrics);

  // Reads the configuration and what has changed of the zones. Waits for the end: of a reload that
  // began after the call. Returns a summary, or all errors.
  absl::StatusOr<std::string> Reload();
  void RequestStop();
  ServerView View() const;

 private:
  // Not a Status: that is counted by reference, and would be freed by two threads together.
  struct ReloadAnswer {
    bool ok;
    std::string text;
  };
  using ReloadPromise = std::promise<ReloadAnswer>;

  struct ReloadOutcome {
    absl::Status config;  // If not OK, nothing was loaded: nothing has changed.
    LoadReport zones;
    absl::Duration took;
  };

  AdminHandlers Pages();
  AdminHandlers Handlers();
  void OnCall();
  void BeginReload();
  void LoadOnItsThread(bool first);
  absl::Status LoadFirst();
  absl::Status LoadAnew();
  void EndReload();
  bool WaitForZones(absl::Duration patience);
  absl::Status EndFirstLoad();
  void AllAreLoaded();
  void PublishPart(absl::Time now);
  void Publish(std::shared_ptr<const ZoneSet> zones);
  void StartBeat();
  void OnBeat();
  void BeginStop(absl::string_view why);
  void EndLoad(absl::Time deadline);
  ReloadAnswer Summary() const;
  LoadReport Load(const ZoneSources& zones);  // Throws std::bad_alloc.

  const Options options_;
  Config config_;            // After LoadZones(): immutable, and without zones.
  ZoneSources first_zones_;  // Until they are loaded.
  const absl::Time started_at_;
  StopFlag stop_loading_;  // Before store_, which looks at it.
  std::vector<SocketAddress> listen_;
  ZoneStore store_;  // The loading thread's while loading_, the control thread's otherwise.
  Snapshot<ZoneSet> zones_;
  std::optional<HeartbeatWriter> heartbeat_writer_;
  ServiceManager manager_;
  absl::Time told_alive_ = absl::InfinitePast();
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<const AdminEndpoint*> endpoints_;  // Not changed once they serve.
  std::atomic<uint64_t> reloads_{0};
  std::atomic<uint64_t> reloads_failed_{0};

  uv_loop_t loop_;
  uv_signal_t hangup_;
  uv_signal_t terminate_;
  uv_signal_t interrupt_;
  uv_async_t call_;
  uv_timer_t reap_;
  uv_timer_t beat_;
  bool loading_ = false;
  bool loading_first_ = false;  // Zones are published as they are loaded (PublishPart()).
  size_t published_part_ = 0;
  absl::Time next_part_ = absl::InfinitePast();
  absl::Status ended_by_;  // Why Run() ended, if that is an error.
  bool again_ = false;     // A reload was asked for while one was running.
  bool stopping_ = false;
  std::vector<ReloadPromise> answered_by_this_;  // Who waits for the reload that runs.
  ReloadOutcome outcome_;                        // As store_.
  std::atomic<bool> loaded_{false};              // The loading thread is done with both.

  Mutex mu_;
  std::vector<ReloadPromise> waiting_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;  // Nobody would answer any more.
  std::atomic<bool> stop_requested_{false};

  LoadThread loader_;  // The last: it ends before what it uses.
};

}  // namespace hither

#endif  // HITHER_SERVER_CONTROL_H_
