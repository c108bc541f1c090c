#ifndef HITHER_ANYCAST_SIDECAR_H_
#define HITHER_ANYCAST_SIDECAR_H_

#include <uv.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "anycast/announcer.h"
#include "anycast/options.h"
#include "anycast/service.h"
#include "anycast/signals/outside_watch.h"
#include "anycast/signals/signal_collector.h"
#include "anycast/state/disk_work.h"
#include "anycast/state/journal_file.h"
#include "anycast/state/state_keeper.h"
#include "anycast/view.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/net/loop_calls.h"
#include "base/reminder.h"
#include "daemon/admin/admin_endpoint.h"
#include "daemon/admin/service_manager.h"
#include "daemon/config/config.h"

namespace hither {

// The tick: signals → policy → announcement → read-back, on one thread with one loop, which nothing
// blocks. What others ask for (pages, commands) comes as a view of the last tick or as a call.
//
// Threads: made and run by one; Reload() and the handlers may be called from any while Run() runs.
class Sidecar {
 public:
  Sidecar(const SidecarOptions& options, Config config);
  ~Sidecar();
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // What the configuration asks for; nothing is announced yet. A drain of before is taken up.
  absl::Status Start();
  // Until SIGTERM or SIGINT have drained it. Either endpoint may be null.
  absl::Status Run(AdminEndpoint* admin, AdminEndpoint* peers);

 private:
  struct ReloadWish {
    bool confirm = false;
    bool dry_run = false;
  };
  using View = std::shared_ptr<const SidecarView>;

  // The loop's.
  void Tick();
  void AskOutside(absl::Time now);
  void Decide(absl::Time now);
  ServiceFacts FactsOf(const Service& service, absl::Time now) const;
  void NoteInJournal(std::string line);
  std::string PeerPageText(absl::Time now) const;
  void AddPeersTo(SidecarView& view, absl::Time now) const;
  void TellClones(const SidecarView& view);
  void ResumeFrom(const KeptState& kept, absl::Time now);
  void Log(const Transition& transition);
  void Publish(absl::Time now);
  void KeepState(absl::Time now);
  void OnSignal(int number);
  void ReloadForSignal();
  void AdvanceStop(absl::Time now);
  void CloseHandles();
  static absl::Status CheckFiles(const AnycastConfig& config);
  absl::Status Apply(const Config& config, absl::Time now);
  void TellForgotten(const KeptState& kept) const;
  Config WithoutRestart(Config config, std::string& lines) const;
  AdminAnswer ReloadTo(const Config& asked, ReloadWish wish);
  std::string WithdrawnBy(const Config& config, bool& needs_confirm) const;
  AdminAnswer Command(absl::string_view what, const AdminParameters& parameters);
  AdminAnswer Obey(absl::string_view what, const std::vector<Service*>& services,
                   const AdminParameters& parameters, absl::Time now);
  AdminAnswer DrainServices(const std::vector<Service*>& services, bool is_confirmed,
                            absl::Time now);

  // Any thread's.
  AdminHandlers AdminPages();
  AdminHandlers PeerPages();
  AdminAnswer Reload(ReloadWish wish);
  AdminAnswer ReadAndReload(ReloadWish wish);
  AdminAnswer OnLoop(std::function<AdminAnswer()> work);
  View CurrentView() const;
  AdminAnswer PeerPageAnswer(const AdminParameters& parameters) const;

  const SidecarOptions options_;
  Config config_;
  const std::string self_;  // What peers call this node.
  const std::string run_;   // PeerPage::run of this process.
  const absl::Time started_at_;

  uv_loop_t loop_;
  uv_timer_t timer_;
  uv_signal_t terminate_;
  uv_signal_t interrupt_;
  uv_signal_t hangup_;
  LoopCalls calls_;
  ServiceManager manager_;

  std::vector<Service> services_;
  std::unique_ptr<SignalCollector> signals_;
  OutsideWatch outside_;
  std::unique_ptr<Announcer> announcer_;
  DiskWork disk_;
  std::shared_ptr<JournalFile> journal_ = std::make_shared<JournalFile>();  // disk_'s.
  StateKeeper keeper_{disk_};
  // Between the clocks. Kept, so that a state is the same one as long as nothing has changed.
  absl::Duration wall_ahead_;  // Of the monotonic clock.
  absl::Duration boot_ahead_;  // CLOCK_BOOTTIME, likewise.
  const std::string boot_id_ = BootId();
  Reminder cloned_;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, uint64_t> transitions_;
  std::vector<const AdminEndpoint*> endpoints_;
  uint64_t ticks_ = 0;
  uint64_t late_ticks_ = 0;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time last_alive_ = absl::InfinitePast();
  enum class Stop : uint8_t { kNo, kDraining, kClosing, kDone } stop_ = Stop::kNo;
  absl::Time stop_deadline_ = absl::InfiniteFuture();
  std::thread hangup_reload_;
  std::atomic<bool> hangup_reload_runs_ = false;

  mutable Mutex mu_;
  View view_ ABSL_GUARDED_BY(mu_);
  std::string peer_page_ ABSL_GUARDED_BY(mu_);
  std::string peer_key_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIDECAR_H_
