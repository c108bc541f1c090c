#include "server/control.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/log.h"
#include "base/printable.h"
#include "server/privileges.h"
#include "server/settings.h"

namespace hither {
namespace {

// The end takes no longer for a reload than for TCP clients (kFarewellMaxMs in worker.cc).
constexpr absl::Duration kLoadEndMax = absl::Seconds(2);

// For a signal during the first load: nothing is served yet, and nothing has to be tidied.
void EndAtOnce(int /*number*/) {
  constexpr char kText[] = "hitherd: stopped while loading\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
  ::_exit(kExitFine);
}

}  // namespace

Control::Control(const Options& options, Config config, HeartbeatPage* heartbeat)
    : options_(options),
      config_(std::move(config)),
      started_at_(absl::Now()),
      reloader_(
          config_, [this] { return BuildConfig(options_); }, *this) {
  HITHER_CHECK(uv_loop_init(&loop_) == 0);
  hangup_ = UvSignal(loop_, [this](int) { OnHangup(); });
  for (UvSignal* signal : {&terminate_, &interrupt_}) {
    *signal = UvSignal(loop_,
                       [this](int number) { BeginStop(number == SIGTERM ? "SIGTERM" : "SIGINT"); });
  }
  beat_ = UvTimer(loop_, [this] { OnBeat(); });
  HITHER_CHECK(stop_call_.Open(loop_, [this] { BeginStop("asked to"); }) == 0);
  reloader_.Open(loop_);
  if (heartbeat != nullptr) heartbeat_writer_.emplace(*heartbeat);
  // From now on, not from Run() on: to be told to reload during a long load must not end us.
  hangup_.Start(SIGHUP);
}

Control::~Control() {
  BeginStop("");
  uv_run(&loop_, UV_RUN_DEFAULT);
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

absl::Status Control::LoadZones(absl::Duration patience) {
  ::signal(SIGTERM, EndAtOnce);  // Until StartWorkers() has a better answer.
  ::signal(SIGINT, EndAtOnce);
  // The set will hold names and paths.
  return reloader_.LoadFirst(std::exchange(config_.zones, {}), patience);
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
  terminate_.Start(SIGTERM);
  interrupt_.Start(SIGINT);
  for (size_t i = 0; i < sockets.size(); ++i) {
    WorkerOptions options = WorkerOptionsOf(config, sockets.size(), i);
    if (heartbeat_writer_.has_value()) options.heartbeat = &heartbeat_writer_->page().worker(i);
    workers_.push_back(std::make_unique<Worker>(options, std::move(sockets[i]), reloader_.zones()));
    const absl::Status started = workers_.back()->Start();
    if (!started.ok()) return started;
  }
  StartBeat();
  const auto text_of = [](std::string* out, const SocketAddress& a) { out->append(a.ToText()); };
  const std::string& site = config_.identity.site;
  Log(LogLevel::kInfo, VersionText(), " answers: ", site.empty() ? "no site set" : "site ", site,
      ", node ", config_.identity.node, ", ", workers_.size(), " workers on ",
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
  if (serving.ok()) {
    manager_.Ready(reloader_.IsLoadingFirst() ? "answering; loading zones" : "answering");
  }
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
  if (reloader_.WaitUntil(deadline)) return;
  Log(LogLevel::kInfo, "ended; a reload was given up");
  ::_exit(kExitFine);
}

// What anybody may read.
AdminHandlers Control::Pages() {
  AdminHandlers pages;
  pages.metrics = [this] { return MetricsPage(View()); };
  pages.health = [this] { return HealthOf(View()); };
  pages.health_note = [this] { return HealthNote(View()); };
  pages.status = [this] { return ToJson(PublicStatusOf(View())); };
  return pages;
}

AdminHandlers Control::Handlers() {
  AdminHandlers handlers = Pages();
  handlers.status = [this] { return ToJson(StatusOf(View())); };
  handlers.reload = [this](const AdminParameters& parameters, AdminReplier reply) {
    Reload(parameters, std::move(reply));
  };
  return handlers;
}

void Control::Reload(const AdminParameters& parameters, AdminReplier reply) {
  ZoneNames only;
  for (const auto& [key, value] : parameters) {
    if (key != "zone") continue;
    const absl::StatusOr<Name> name = Name::FromText(value);
    if (!name.ok()) {
      return reply({.code = 400,
                    .text = absl::StrCat("zone name ", Printable(value), ": ",
                                         name.status().message(), "\n")});
    }
    only.insert(absl::AsciiStrToLower(name->ToText()));
  }
  reloader_.Reload(std::move(only), [reply = std::move(reply)](bool ok, const std::string& text) {
    reply({.code = ok ? 200 : 500, .text = absl::StrCat(text, "\n")});
  });
}

ServerView Control::View() const {
  ServerView view;
  view.config = &config_;
  view.listen = listen_;
  view.zones = reloader_.zones().current();
  view.started_at = started_at_;
  view.now = absl::Now();
  for (const AdminEndpoint* endpoint : endpoints_) view.endpoints.push_back(endpoint->state());
  view.reloads = reloader_.reloads();
  view.reloads_failed = reloader_.reloads_failed();
  for (const auto& worker : workers_) {
    const uint64_t turn_ms = worker->last_turn_ms();
    const uint64_t now_ms = uv_hrtime() / 1'000'000;
    const uint64_t since_ms = now_ms > turn_ms ? now_ms - turn_ms : 0;
    view.workers.push_back({&worker->counters(), &worker->latency(),
                            absl::Milliseconds(static_cast<int64_t>(since_ms))});
  }
  return view;
}

void Control::RequestStop() {
  MutexLock lock(mu_);
  if (!stopping_) stop_call_.Send();  // Under the lock: BeginStop() closes the handle.
}

void Control::OnHangup() {
  const absl::Status reopened = ReopenLog();
  if (!reopened.ok()) Log(LogLevel::kWarning, "log: ", reopened.message());
  reloader_.Begin();
}

void Control::OnPublish() {
  for (const auto& worker : workers_) worker->Wake();
}

void Control::OnLoaded(std::shared_ptr<const ZoneSet> zones) {
  if (heartbeat_writer_.has_value()) heartbeat_writer_->TakeZones(std::move(zones), absl::Now());
}

void Control::OnReloadBegin() { manager_.Reloading(); }

void Control::OnReloadEnd(bool is_good) {
  manager_.Ready(is_good ? "answering" : "answering; the last reload failed");
}

void Control::OnFirstLoadEnd(const absl::Status& status) {
  ended_by_ = status;
  if (!status.ok()) return BeginStop(status.message());
  if (heartbeat_writer_.has_value()) heartbeat_writer_->page().TellPhase(HeartbeatPhase::kServing);
  manager_.Status("answering");
}

void Control::StartBeat() {
  // The sidecar announces no site whose zones are still missing.
  if (heartbeat_writer_.has_value() && !reloader_.IsLoadingFirst()) {
    heartbeat_writer_->page().TellPhase(HeartbeatPhase::kServing);
  }
  beat_.StartEvery(absl::Milliseconds(HeartbeatWriter::kBeatEveryMs));
}

void Control::OnBeat() {
  const absl::Time now = absl::Now();
  reloader_.PublishReady(now);
  if (heartbeat_writer_.has_value()) heartbeat_writer_->Beat(now);
  const auto period = manager_.watchdog_period();
  if (!period.has_value() || now - told_alive_ < *period / 3) return;
  // A worker that is stuck is a server that must be restarted, whatever this thread does.
  if (!HealthOfWorkers(View()).ok()) return;
  told_alive_ = now;
  manager_.StillAlive();
}

void Control::BeginStop(absl::string_view why) {
  {
    MutexLock lock(mu_);
    if (std::exchange(stopping_, true)) return;
    stop_call_.Close();
  }
  if (!why.empty()) Log(LogLevel::kInfo, why, ": ending");
  manager_.Stopping();
  if (heartbeat_writer_.has_value()) heartbeat_writer_->page().TellPhase(HeartbeatPhase::kEnding);
  for (const auto& worker : workers_) worker->RequestStop();
  reloader_.Stop();
  // From here on a second signal ends the process at once.
  hangup_.Close();
  terminate_.Close();
  interrupt_.Close();
  beat_.Close();
}

}  // namespace hither
