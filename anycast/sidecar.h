#ifndef HITHER_ANYCAST_SIDECAR_H_
#define HITHER_ANYCAST_SIDECAR_H_

#include <uv.h>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/announcer.h"
#include "anycast/commands.h"
#include "anycast/options.h"
#include "anycast/published.h"
#include "anycast/reload_thread.h"
#include "anycast/service.h"
#include "anycast/sidecar_counters.h"
#include "anycast/signals/outside_watch.h"
#include "anycast/signals/signal_collector.h"
#include "anycast/state/records.h"
#include "anycast/stop_sequence.h"
#include "anycast/view.h"
#include "base/net/loop_calls.h"
#include "base/net/uv.h"
#include "base/reminder.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/service_manager.h"
#include "daemon/config/config.h"

namespace hither {

// The tick: signals → policy → announcement → read-back, on one thread with one loop, which nothing
// blocks. What others ask for (pages, commands) comes as a view of the last tick or as a call.
//
// Threads: made and run by one; Reload() and the handlers may be called from any while Run() runs.
class Sidecar : private CommandTarget {
 public:
  Sidecar(const SidecarOptions& options, Config config);
  ~Sidecar() override;
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // What the configuration asks for; nothing is announced yet. A drain of before is taken up.
  absl::Status Start();
  // Until SIGTERM or SIGINT have drained it. Either endpoint may be null.
  absl::Status Run(AdminEndpoint* admin, AdminEndpoint* peers);

 private:
  // Who we are, to peers.
  struct Self {
    std::string name;
    std::string run;  // PeerPage::run of this process.
    absl::Time started_at;
  };

  // The loop's.
  void Tick();
  void AskOutside(absl::Time now);
  void Decide(absl::Time now);
  ServiceFacts FactsOf(const Service& service, absl::Time now) const;
  std::string PeerPageText(absl::Time now) const;
  void AddPeersTo(SidecarView& view, absl::Time now) const;
  void TellClones(const SidecarView& view);
  void ResumeFrom(const KeptState& kept, absl::Time now);
  void Log(const Transition& transition);
  void Publish(absl::Time now);
  void OnSignal(int number);
  void ReloadForSignal();
  void AdvanceStop(absl::Time now);
  void CloseHandles();
  void TellForgotten(const KeptState& kept) const;

  // CommandTarget.
  bool IsEnding() const override { return stop_.HasBegun(); }
  const Config& config() const override { return config_; }
  std::span<Service> services() override { return services_; }
  std::vector<std::string> EndedBy(const AnycastConfig& next) const override {
    return announcer_->EndedBy(next);
  }
  bool EndsAll(const AnycastConfig& next) const override { return announcer_->EndsAll(next); }
  bool EndsAllOf(IpFamily family, const AnycastConfig& next) const override {
    return announcer_->EndsAllOf(family, next);
  }
  void KeepState(absl::Time now) override;
  absl::Status Apply(const Config& config, absl::Time now) override;

  // Any thread's.
  AdminHandlers AdminPages();
  AdminAnswer Command(absl::string_view name, const AdminParameters& parameters);
  AdminAnswer Reload(ReloadWish wish);
  AdminAnswer ReadAndReload(ReloadWish wish);
  AdminAnswer OnLoop(std::function<AdminAnswer()> work);

  const SidecarOptions options_;
  Config config_;
  const Self self_;

  uv_loop_t loop_;
  UvTimer timer_;
  std::array<UvSignal, 3> unix_signals_;  // SIGTERM, SIGINT, SIGHUP.
  LoopCalls calls_;
  ServiceManager manager_;

  std::vector<Service> services_;
  std::unique_ptr<SignalCollector> signals_;
  OutsideWatch outside_;
  std::unique_ptr<Announcer> announcer_;
  Records records_;
  Published published_;
  SidecarCounters counters_;
  Reminder cloned_;
  std::vector<const AdminEndpoint*> endpoints_;
  Commands commands_{*this};
  StopSequence stop_;
  ReloadThread reload_thread_;  // Of SIGHUP.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIDECAR_H_
