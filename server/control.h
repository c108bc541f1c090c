#ifndef HITHER_SERVER_CONTROL_H_
#define HITHER_SERVER_CONTROL_H_

#include <uv.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/net/uv.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/service_manager.h"
#include "daemon/config/config.h"
#include "server/admin_pages.h"
#include "server/heartbeat.h"
#include "server/listen/socket.h"
#include "server/listen/worker.h"
#include "server/load/reloader.h"
#include "server/options.h"
#include "zones/set/zone_set.h"

namespace hither {

// Has the zones loaded, starts and stops the workers, obeys signals and the admin endpoint. Answers
// nothing.
//
// Threads: the control thread makes it and calls its methods, but for Reload(), RequestStop() and
// the pages' View(), which any thread may call while Run() runs. Reloads are the Reloader's, so
// that signals and timers go on; workers wait for neither.
class Control : private ReloadHost {
 public:
  // `config` is what BuildConfig(options) gave; a reload builds it again. Its zones are let go of
  // once they are loaded: they may be a million. `heartbeat` may be null; it outlives the Control.
  Control(const Options& options, Config config, HeartbeatPage* heartbeat = nullptr);
  ~Control() override;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // See Reloader::LoadFirst().
  absl::Status LoadZones(absl::Duration patience = absl::Seconds(3));
  // `listen`: as bound.
  absl::Status StartWorkers(std::vector<WorkerSockets> sockets, std::vector<SocketAddress> listen,
                            std::optional<int> connections_max = std::nullopt);
  // Until SIGTERM, SIGINT or RequestStop(); then all workers have ended. SIGHUP reloads. `admin`
  // may be null. An error only if it cannot begin. A reload that does not heed the StopFlag in time
  // ends with the process, here.
  absl::Status Run(AdminEndpoint* admin, AdminEndpoint* metrics);

  // As AdminAction::begin; the zones to look at are the parameters "zone".
  void Reload(const AdminParameters& parameters, AdminReplier reply);
  void RequestStop();
  ServerView View() const;

 private:
  // The Reloader's host.
  void OnPublish() override;
  void OnLoaded(std::shared_ptr<const ZoneSet> zones) override;
  void OnReloadBegin() override;
  void OnReloadEnd(bool is_good) override;
  void OnFirstLoadEnd(const absl::Status& status) override;

  AdminHandlers Pages();
  AdminHandlers Handlers();
  void OnHangup();
  void StartBeat();
  void OnBeat();
  void BeginStop(absl::string_view why);
  void EndLoad(absl::Time deadline);

  const Options options_;
  Config config_;  // After LoadZones(): immutable, and without zones.
  const absl::Time started_at_;
  std::vector<SocketAddress> listen_;
  std::optional<HeartbeatWriter> heartbeat_writer_;
  ServiceManager manager_;
  absl::Time told_alive_ = absl::InfinitePast();
  std::vector<const AdminEndpoint*> endpoints_;  // Not changed once they serve.
  absl::Status ended_by_;                        // Why Run() ended, if that is an error.
  Reloader reloader_;                            // Before the workers, which read its zones.
  std::vector<std::unique_ptr<Worker>> workers_;

  uv_loop_t loop_;
  UvSignal hangup_;
  UvSignal terminate_;
  UvSignal interrupt_;
  UvTimer beat_;

  Mutex mu_;
  UvAsync stop_call_;  // Send() only under mu_ and if not stopping_.
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hither

#endif  // HITHER_SERVER_CONTROL_H_
