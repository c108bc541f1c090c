#include "server/control.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/log.h"
#include "base/within_memory.h"
#include "server/load/check_zones.h"
#include "server/load/load_ticker.h"
#include "server/privileges.h"
#include "server/settings.h"

namespace hither {
namespace {

constexpr uint64_t kReapEveryMs = 100;
// The end takes no longer for a reload than for TCP clients (kFarewellMaxMs in worker.cc).
constexpr absl::Duration kLoadEndMax = absl::Seconds(2);
constexpr absl::Duration kProgressEvery = absl::Seconds(2);
// While zones are loaded, those that are ready are published so often at most: to publish a million
// takes a while itself.
constexpr absl::Duration kPartEvery = absl::Seconds(1);

// For a signal during the first load: nothing is served yet, and nothing has to be tidied.
void EndAtOnce(int /*number*/) {
  constexpr char kText[] = "hitherd: stopped while loading\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
  ::_exit(kExitFine);
}

LoadOptions Stoppable(LoadOptions options, const StopFlag& stop) {
  options.limits.file.stop = &stop;
  options.limits.zone.stop = &stop;
  return options;
}

template <typename Handle>
void CloseHandle(Handle& handle) {
  auto* base = reinterpret_cast<uv_handle_t*>(&handle);
  if (!uv_is_closing(base)) uv_close(base, nullptr);
}

}  // namespace

Control::Control(const Options& options, Config config, HeartbeatPage* heartbeat)
    : options_(options),
      config_(std::move(config)),
      started_at_(absl::Now()),
      store_(Stoppable(LoadOptionsOf(config_), stop_loading_)),
      zones_(store_.set()) {
  HITHER_CHECK(uv_loop_init(&loop_) == 0);
  HITHER_CHECK(uv_signal_init(&loop_, &hangup_) == 0);
  HITHER_CHECK(uv_signal_init(&loop_, &terminate_) == 0);
  HITHER_CHECK(uv_signal_init(&loop_, &interrupt_) == 0);
  HITHER_CHECK(uv_timer_init(&loop_, &reap_) == 0);
  HITHER_CHECK(uv_timer_init(&loop_, &beat_) == 0);
  const auto on_call = [](uv_async_t* h) { static_cast<Control*>(h->data)->OnCall(); };
  HITHER_CHECK(uv_async_init(&loop_, &call_, on_call) == 0);
  hangup_.data = terminate_.data = interrupt_.data = reap_.data = call_.data = beat_.data = this;
  if (heartbeat != nullptr) heartbeat_writer_.emplace(*heartbeat);
  // From now on, not from Run() on: to be told to reload during a long load must not end us.
  uv_signal_start(
      &hangup_,
      [](uv_signal_t* h, int) {
        const absl::Status reopened = ReopenLog();
        if (!reopened.ok()) Log(LogLevel::kWarning, "log: ", reopened.message());
        static_cast<Control*>(h->data)->BeginReload();
      },
      SIGHUP);
}

Control::~Control() {
  BeginStop("");
  uv_run(&loop_, UV_RUN_DEFAULT);
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

LoadReport Control::Load(const ZoneSources& zones) {
  LoadProgress progress;
  const LoadTicker ticker(progress, kProgressEvery);
  return store_.Load(zones, absl::Now(), progress);
}

absl::Status Control::LoadZones(absl::Duration patience) {
  ::signal(SIGTERM, EndAtOnce);  // Until StartWorkers() has a better answer.
  ::signal(SIGINT, EndAtOnce);
  // Before the first answer: who was told to end must not drop what it has begun to answer.
  const absl::Status loader = loader_.Start();
  if (!loader.ok()) return loader;
  first_zones_ = std::exchange(config_.zones, {});  // The set will hold names and paths.
  Log(LogLevel::kInfo, "loading ", first_zones_.size(), " zones");
  loading_ = loading_first_ = true;
  loader_.Run([this] { LoadOnItsThread(/*first=*/true); });
  if (WaitForZones(patience)) return EndFirstLoad();
  Log(LogLevel::kWarning, "answering from ", published_part_, " of ", first_zones_.size(),
      " zones; the others get SERVFAIL until they are loaded");
  return absl::OkStatus();
}

// True: all are loaded. False: some are, and it takes long.
bool Control::WaitForZones(absl::Duration patience) {
  const absl::Duration look_every =
      std::clamp(patience, absl::Milliseconds(1), absl::Milliseconds(100));
  const absl::Time patient_until = absl::Now() + patience;
  while (!loader_.WaitUntil(std::max(patient_until, absl::Now() + look_every))) {
    PublishPart(absl::Now());
    if (published_part_ > 0) return false;
  }
  return true;
}

// The zones that are loaded by now, while others are not.
void Control::PublishPart(absl::Time now) {
  if (published_part_ > 0 && now < next_part_) return;
  const absl::Status enough = WithinMemory("publish zones", [this] {
    std::shared_ptr<const ZoneSet> part = store_.Partial(published_part_);
    if (part == nullptr) return;
    published_part_ = part->served();
    Publish(std::move(part));
  });
  constexpr int kShare = 20;  // Of one thread's time, at most.
  next_part_ = now + std::max(kPartEvery, kShare * (absl::Now() - now));
}

absl::Status Control::EndFirstLoad() {
  loaded_.store(false, std::memory_order_relaxed);
  loading_ = loading_first_ = false;
  const size_t zones = first_zones_.size();
  first_zones_ = {};
  if (!outcome_.config.ok()) return outcome_.config;
  Publish(store_.set());
  if (heartbeat_writer_.has_value()) heartbeat_writer_->TakeZones(store_.set(), absl::Now());
  const LoadReport& report = outcome_.zones;
  Log(LogLevel::kInfo, "loaded ", report.served, " of ", zones, " zones, ", report.records,
      " records, in ", absl::FormatDuration(outcome_.took));
  if (report.served > 0) return absl::OkStatus();
  return absl::UnavailableError("not one zone could be loaded; see the errors above");
}

absl::Status Control::StartWorkers(std::vector<WorkerSockets> sockets,
                                   std::vector<SocketAddress> listen,
                                   std::optional<int> connections_max) {
  listen_ = std::move(listen);
  Config config = config_;
  config.tcp.connections_max = connections_max.value_or(config.tcp.connections_max);
  // Threads made from now on (workers, HTTP) read no zone files. `user: root` stays root, as asked
  // for: it opens the log again in a folder that may be another user's.
  if (::geteuid() != 0) DropThreadCapabilities();
  const auto on_end = [](uv_signal_t* h, int number) {
    static_cast<Control*>(h->data)->BeginStop(number == SIGTERM ? "SIGTERM" : "SIGINT");
  };
  uv_signal_start(&terminate_, on_end, SIGTERM);
  uv_signal_start(&interrupt_, on_end, SIGINT);
  for (size_t i = 0; i < sockets.size(); ++i) {
    WorkerOptions options = WorkerOptionsOf(config, sockets.size(), i);
    if (heartbeat_writer_.has_value()) options.heartbeat = &heartbeat_writer_->page().worker(i);
    workers_.push_back(std::make_unique<Worker>(options, std::move(sockets[i]), zones_));
    const absl::Status started = workers_.back()->Start();
    if (!started.ok()) return started;
  }
  StartBeat();
  const auto text_of = [](std::string* out, const SocketAddress& a) { out->append(a.ToText()); };
  Log(LogLevel::kInfo, VersionText(), " answers: site ", config_.identity.site, ", node ",
      config_.identity.node, ", ", workers_.size(), " workers on ",
      absl::StrJoin(listen_, " ", text_of));
  return absl::OkStatus();
}

absl::Status Control::Run(AdminEndpoint* admin, AdminEndpoint* metrics) {
  for (const AdminEndpoint* endpoint : {admin, metrics}) {
    if (endpoint != nullptr) endpoints_.push_back(endpoint);
  }
  absl::Status serving = admin == nullptr ? absl::OkStatus() : admin->Serve(Handlers());
  if (serving.ok() && metrics != nullptr) serving = metrics->Serve(Pages());
  if (!serving.ok()) BeginStop("");
  if (!stopping_) manager_.Ready(loading_first_ ? "answering; loading zones" : "answering");
  uv_run(&loop_, UV_RUN_DEFAULT);  // Until BeginStop() has closed every handle.
  const absl::Time load_end = absl::Now() + kLoadEndMax;
  if (metrics != nullptr) metrics->Stop();
  if (admin != nullptr) admin->Stop();
  for (const auto& worker : workers_) worker->Join();
  EndLoad(load_end);
  Log(LogLevel::kInfo, "ended");
  return serving.ok() ? ended_by_ : serving;
}

// Parts of a load look at no flag: to read a long list, to check a large zone. Nothing that they
// hold needs an orderly end, so rather than wait for them the process leaves.
void Control::EndLoad(absl::Time deadline) {
  if (!loading_ || loader_.WaitUntil(deadline)) return;
  Log(LogLevel::kInfo, "ended; a reload was given up");
  ::_exit(kExitFine);
}

// What anybody may read.
AdminHandlers Control::Pages() {
  AdminHandlers pages;
  pages.metrics = [this] { return MetricsPage(View()); };
  pages.health = [this] { return HealthOf(View()); };
  pages.status = [this] { return ToJson(PublicStatusOf(View())); };
  return pages;
}

AdminHandlers Control::Handlers() {
  AdminHandlers handlers = Pages();
  handlers.status = [this] { return ToJson(StatusOf(View())); };
  handlers.reload = [this] { return Reload(); };
  return handlers;
}

ServerView Control::View() const {
  ServerView view;
  view.config = &config_;
  view.listen = listen_;
  view.zones = zones_.current();
  view.started_at = started_at_;
  view.now = absl::Now();
  for (const AdminEndpoint* endpoint : endpoints_) view.endpoints.push_back(endpoint->state());
  view.reloads = reloads_.load(std::memory_order_relaxed);
  view.reloads_failed = reloads_failed_.load(std::memory_order_relaxed);
  for (const auto& worker : workers_) {
    const uint64_t turn_ms = worker->last_turn_ms();
    const uint64_t now_ms = uv_hrtime() / 1'000'000;
    const uint64_t since_ms = now_ms > turn_ms ? now_ms - turn_ms : 0;
    view.workers.push_back({&worker->counters(), &worker->latency(),
                            absl::Milliseconds(static_cast<int64_t>(since_ms))});
  }
  return view;
}

absl::StatusOr<std::string> Control::Reload() {
  std::future<ReloadAnswer> promised;
  {
    MutexLock lock(mu_);
    if (closed_) return absl::UnavailableError("the server is ending");
    promised = waiting_.emplace_back().get_future();
    uv_async_send(&call_);  // Under the lock: BeginStop() closes the handle.
  }
  ReloadAnswer answer = promised.get();
  if (answer.ok) return std::move(answer.text);
  return absl::UnknownError(answer.text);
}

void Control::RequestStop() {
  stop_requested_.store(true, std::memory_order_release);
  MutexLock lock(mu_);
  if (!closed_) uv_async_send(&call_);
}

void Control::OnCall() {
  if (stop_requested_.load(std::memory_order_acquire)) return BeginStop("asked to");
  if (loaded_.exchange(false, std::memory_order_acquire)) {
    loading_first_ ? AllAreLoaded() : EndReload();
  }
  bool asked = false;
  {
    MutexLock lock(mu_);
    asked = !waiting_.empty();
  }
  if (asked) BeginReload();
}

void Control::BeginReload() {
  if (stopping_) return;
  if (loading_) {
    again_ = true;
    return;
  }
  loading_ = true;
  again_ = false;
  manager_.Reloading();
  {
    MutexLock lock(mu_);
    answered_by_this_ = std::exchange(waiting_, {});
  }
  Log(LogLevel::kInfo, "reload begins");
  loader_.Run([this] { LoadOnItsThread(/*first=*/false); });
}

void Control::LoadOnItsThread(bool first) {
  // Workers keep their cores: to load is never as urgent as to answer. Linux has this by thread. At
  // first nobody is answered, most times.
  if (!first) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
  const absl::Time began = absl::Now();
  outcome_ = {};
  outcome_.config = first ? LoadFirst() : WithinMemory("reload", [this] { return LoadAnew(); });
  outcome_.took = absl::Now() - began;
  // The list of zones, and what reading them took: of a million it is 200 MB.
  if (!stop_loading_.IsRaised()) malloc_trim(0);
  loaded_.store(true, std::memory_order_release);
  MutexLock lock(mu_);
  if (!closed_) uv_async_send(&call_);  // Else nobody waits for it.
}

absl::Status Control::LoadFirst() {
  return WithinMemory(absl::StrCat("load ", first_zones_.size(), " zones"),
                      [this] { outcome_.zones = Load(first_zones_); });
}

absl::Status Control::LoadAnew() {
  const absl::StatusOr<Config> config = BuildConfig(options_);
  if (!config.ok()) return config.status();
  const std::vector<std::string> keys = SettingsThatNeedRestart(config_, *config);
  if (!keys.empty()) {
    Log(LogLevel::kWarning,
        "these settings changed and take effect after a restart: ", absl::StrJoin(keys, ", "));
  }
  outcome_.zones = Load(config->zones);
  return absl::OkStatus();
}

void Control::EndReload() {
  loading_ = false;
  if (outcome_.config.ok() && outcome_.zones.changed()) {
    Publish(store_.set());
    if (heartbeat_writer_.has_value()) heartbeat_writer_->TakeZones(store_.set(), absl::Now());
  }
  const ReloadAnswer answer = Summary();
  reloads_.fetch_add(1, std::memory_order_relaxed);
  if (!answer.ok) reloads_failed_.fetch_add(1, std::memory_order_relaxed);
  for (ReloadPromise& waiter : answered_by_this_) waiter.set_value(answer);
  answered_by_this_.clear();
  manager_.Ready(answer.ok ? "answering" : "answering; the last reload failed");
  if (again_) BeginReload();
}

// After a start that did not wait for it.
void Control::AllAreLoaded() {
  ended_by_ = EndFirstLoad();
  if (!ended_by_.ok()) return BeginStop(ended_by_.message());
  if (heartbeat_writer_.has_value()) heartbeat_writer_->page().TellPhase(HeartbeatPhase::kServing);
  manager_.Status("answering");
  if (again_) BeginReload();
}

Control::ReloadAnswer Control::Summary() const {
  if (!outcome_.config.ok()) {
    const std::string why(outcome_.config.message());
    Log(LogLevel::kError, why, "\nreload failed: nothing has changed");
    return {false, why};
  }
  const LoadReport& zones = outcome_.zones;
  const std::string text = absl::StrCat(zones.loaded, " zones read, ", zones.unchanged,
                                        " unchanged, ", zones.failed, " failed, ", zones.removed,
                                        " removed, in ", absl::FormatDuration(outcome_.took));
  Log(zones.failed == 0 ? LogLevel::kInfo : LogLevel::kError, "reload ends: ", text);
  if (zones.failed == 0) return {true, text};
  const std::string more = zones.errors_omitted == 0 ? ""
                                                     : absl::StrCat("\nand ", zones.errors_omitted,
                                                                    " more errors; see the log");
  return {false, absl::StrCat(absl::StrJoin(zones.errors, "\n"), more, "\n", text)};
}

void Control::StartBeat() {
  // The sidecar announces no site whose zones are still missing.
  if (heartbeat_writer_.has_value() && !loading_first_) {
    heartbeat_writer_->page().TellPhase(HeartbeatPhase::kServing);
  }
  const auto on_beat = [](uv_timer_t* timer) { static_cast<Control*>(timer->data)->OnBeat(); };
  uv_timer_start(&beat_, on_beat, HeartbeatWriter::kBeatEveryMs, HeartbeatWriter::kBeatEveryMs);
}

void Control::OnBeat() {
  const absl::Time now = absl::Now();
  if (loading_first_) PublishPart(now);
  if (heartbeat_writer_.has_value()) heartbeat_writer_->Beat(now);
  const auto period = manager_.watchdog_period();
  if (!period.has_value() || now - told_alive_ < *period / 3) return;
  // A worker that is stuck is a server that must be restarted, whatever this thread does.
  if (!HealthOfWorkers(View()).ok()) return;
  told_alive_ = now;
  manager_.StillAlive();
}

void Control::Publish(std::shared_ptr<const ZoneSet> zones) {
  zones_.Reap();  // Not only by the timer: reloads may follow each other faster than it.
  zones_.Publish(std::move(zones));
  for (const auto& worker : workers_) worker->Wake();
  const auto on_reap = [](uv_timer_t* timer) {
    if (static_cast<Control*>(timer->data)->zones_.Reap() > 0) return;
    uv_timer_stop(timer);
    malloc_trim(0);  // What the old zones were made of goes back to the system.
  };
  // Not again while it runs: a new start puts its next time off.
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&reap_)) != 0) return;
  uv_timer_start(&reap_, on_reap, kReapEveryMs, kReapEveryMs);
}

void Control::BeginStop(absl::string_view why) {
  if (std::exchange(stopping_, true)) return;
  if (!why.empty()) Log(LogLevel::kInfo, why, ": ending");
  stop_loading_.Raise();
  manager_.Stopping();
  if (heartbeat_writer_.has_value()) heartbeat_writer_->page().TellPhase(HeartbeatPhase::kEnding);
  for (const auto& worker : workers_) worker->RequestStop();
  {
    MutexLock lock(mu_);
    closed_ = true;
    // A reload that runs does not end here: nothing of it would be published.
    for (auto* waiters : {&waiting_, &answered_by_this_}) {
      for (ReloadPromise& waiter : *waiters) waiter.set_value({false, "the server is ending"});
      waiters->clear();
    }
    CloseHandle(call_);
  }
  // From here on a second signal ends the process at once.
  CloseHandle(hangup_);
  CloseHandle(terminate_);
  CloseHandle(interrupt_);
  CloseHandle(reap_);
  CloseHandle(beat_);
}

}  // namespace hither
