#include "anycast/sidecar.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "anycast/signals/page_seal.h"
#include "anycast/signals/peer_page.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/thread.h"
#include "base/within_memory.h"
#include "daemon/config/anycast_check.h"

namespace hither {
namespace {

// Withdrawals are sent and the sessions closed within the backends' time and this; then the process
// leaves as it is, and what is left ends with it.
constexpr absl::Duration kClosingAir = absl::Seconds(1);
constexpr absl::Duration kClockWander = absl::Seconds(2);

uint64_t Milliseconds(absl::Duration duration) {
  return static_cast<uint64_t>(absl::ToInt64Milliseconds(duration));
}

std::optional<PeerPage::Standing> StandingOf(const std::optional<Service::Tells>& told) {
  if (!told.has_value()) return std::nullopt;
  PeerPage::Standing standing;
  standing.state = told->state;
  standing.announced = told->announced;
  standing.wants_to_withdraw = told->wants_to_withdraw;
  standing.yielded = told->has_yielded;
  return standing;
}

HistogramValues LatencyOf(const DnsProbe& probe) {
  HistogramValues values;
  for (size_t i = 0; i < DnsProbe::kBuckets.size(); ++i) {
    values.count += probe.latency().counts[i];
    values.borders.push_back({absl::ToDoubleSeconds(DnsProbe::kBuckets[i]), values.count});
  }
  values.count += probe.latency().counts.back();
  values.sum = absl::ToDoubleSeconds(probe.latency().sum);
  return values;
}

template <typename Handle>
void CloseHandle(Handle& handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle), nullptr);
}

}  // namespace

Sidecar::Sidecar(const SidecarOptions& options, Config config)
    : options_(options),
      config_(std::move(config)),
      self_(NodeName(config_)),
      run_(NewNonce()),
      started_at_(MonotonicNow()),
      outside_(self_, config_.identity.site) {
  config_.zones = {};  // Perhaps a million; the responder's.
  HITHER_CHECK(uv_loop_init(&loop_) == 0);
  HITHER_CHECK(uv_timer_init(&loop_, &timer_) == 0);
  for (uv_signal_t* handle : {&terminate_, &interrupt_, &hangup_}) {
    HITHER_CHECK(uv_signal_init(&loop_, handle) == 0);
    handle->data = this;
  }
  timer_.data = this;
  calls_.Open(loop_);
}

Sidecar::~Sidecar() {
  if (hangup_reload_.joinable()) hangup_reload_.join();
  signals_.reset();
  announcer_.reset();
  if (stop_ != Stop::kDone) CloseHandles();
  uv_run(&loop_, UV_RUN_DEFAULT);
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

absl::Status Sidecar::Start() {
  const absl::Time now = MonotonicNow();
  // A node that was drained must not come back because a file is damaged: the operator decides.
  const absl::StatusOr<KeptState> kept = keeper_.Open(config_.anycast.state_file);
  if (!kept.ok()) return kept.status();
  announcer_ = std::make_unique<Announcer>(loop_);
  if (auto applied = Apply(config_, now); !applied.ok()) return applied;
  ResumeFrom(*kept, now);
  TellForgotten(*kept);
  if (auto started = disk_.Start(); !started.ok()) return started;
  Publish(now);
  return absl::OkStatus();
}

void Sidecar::ResumeFrom(const KeptState& kept, absl::Time now) {
  const absl::Time wall = WallOf(kept, boot_id_, BootNow(), absl::Now());
  for (Service& service : services_) {
    const auto found = kept.services.find(service.name());
    if (found == kept.services.end()) continue;
    const KeptState::Service& from = found->second;
    service.Resume(from, wall, now);
    const bool was_announced = from.ipv4.was_announced || from.ipv6.was_announced;
    if (!was_announced || from.drain) continue;
    hither::Log(LogLevel::kWarning, "service ", service.name(), " was announced when the sidecar ",
                "ended, not in order: that counts as a withdrawal");
  }
}

// A service that was drained and has another name now would come back without a word.
void Sidecar::TellForgotten(const KeptState& kept) const {
  for (const auto& [name, service] : kept.services) {
    const bool is_ours = std::ranges::find(services_, name, &Service::name) != services_.end();
    if (is_ours || !service.drain) continue;
    hither::Log(LogLevel::kWarning, "forgets the drain of service ", name, ", kept in ",
                config_.anycast.state_file, ": no service has that name; if it has another one ",
                "now, drain that: hither drain SERVICE");
  }
}

absl::Status Sidecar::Apply(const Config& config, absl::Time now) {
  if (auto status = CheckFiles(config.anycast); !status.ok()) return status;
  if (auto status = announcer_->Configure(config.anycast, now); !status.ok()) return status;
  auto signals = std::make_unique<SignalCollector>(loop_, config, config.anycast, run_);
  if (signals_ != nullptr) signals->TakeOver(*signals_);
  signals_ = std::move(signals);
  outside_.Configure(config.anycast);
  std::vector<Service> services;
  for (const AnycastConfig::Service& service : config.anycast.services) {
    services.emplace_back(service, config.anycast.policy);
    for (const Service& former : services_) {
      if (former.name() == service.name) services.back().TakeOver(former);
    }
  }
  services_ = std::move(services);
  keeper_.MoveTo(config.anycast.state_file);
  for (const std::string& warning : CheckAnycast(config).warnings) {
    hither::Log(LogLevel::kWarning, warning);
  }
  config_ = config;
  config_.zones = {};
  const uint64_t tick_ms = Milliseconds(config_.anycast.policy.tick);
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Sidecar*>(timer->data)->Tick(); }, tick_ms,
      tick_ms);
  return absl::OkStatus();
}

absl::Status Sidecar::Run(AdminEndpoint* admin, AdminEndpoint* peers) {
  for (const AdminEndpoint* endpoint : {admin, peers}) {
    if (endpoint != nullptr) endpoints_.push_back(endpoint);
  }
  if (admin != nullptr) {
    if (auto serving = admin->Serve(AdminPages()); !serving.ok()) return serving;
  }
  if (peers != nullptr) {
    if (auto serving = peers->Serve(PeerPages()); !serving.ok()) return serving;
  }
  const auto on_signal = [](uv_signal_t* handle, int number) {
    static_cast<Sidecar*>(handle->data)->OnSignal(number);
  };
  uv_signal_start(&terminate_, on_signal, SIGTERM);
  uv_signal_start(&interrupt_, on_signal, SIGINT);
  uv_signal_start(&hangup_, on_signal, SIGHUP);
  manager_.Ready("watching");
  hither::Log(LogLevel::kInfo, SidecarVersion(), " watches: node ", self_, ", ", services_.size(),
              " services");
  uv_run(&loop_, UV_RUN_DEFAULT);  // Until CloseHandles().
  if (peers != nullptr) peers->Stop();
  if (admin != nullptr) admin->Stop();
  hither::Log(LogLevel::kInfo, "ended");
  return absl::OkStatus();
}

void Sidecar::Tick() {
  const absl::Time now = MonotonicNow();
  const absl::Duration tick = config_.anycast.policy.tick;
  if (last_tick_ != absl::InfinitePast() && now - last_tick_ > 2 * tick) ++late_ticks_;
  last_tick_ = now;
  ++ticks_;
  signals_->LookAtHeartbeat(now);
  AskOutside(now);
  Decide(now);
  std::vector<Route> routes;
  for (const Service& service : services_) service.AddRoutes(routes);
  announcer_->Tick(routes, now, now + config_.anycast.policy.lease);
  for (Service& service : services_) {
    service.NoteAnnounced(
        [this](const std::vector<Prefix>& prefixes) { return announcer_->Announced(prefixes); });
  }
  // Our page must be out before we ask the others': see fleet.h, why two nodes never pass together.
  Publish(now);
  signals_->AskWhatIsDue();
  const auto period = manager_.watchdog_period();
  if (period.has_value() && now - last_alive_ >= *period / 3) {
    last_alive_ = now;
    manager_.StillAlive();
  }
  if (stop_ != Stop::kNo) AdvanceStop(now);
}

void Sidecar::AskOutside(absl::Time now) {
  std::vector<OutsidePeer> peers;
  for (const std::unique_ptr<PeerClient>& peer : signals_->peers()) {
    OutsidePeer& told = peers.emplace_back();
    told.name = peer->name();
    told.asked_at = peer->asked_at();
    told.is_fresh = peer->IsReachable(now);
    if (peer->page() == nullptr) continue;
    told.site = peer->page()->site;
    told.page = &peer->page()->outside;
  }
  outside_.Tick(now, peers);
}

void Sidecar::Decide(absl::Time now) {
  std::vector<Transition> transitions;
  std::vector<std::string> standing;
  for (Service& service : services_) {
    service.Tick(config_.anycast.peers, self_, FactsOf(service, now), now, transitions);
    service.TellStanding(now, standing);
    NoteInJournal(service.JournalLine(absl::Now()));
  }
  for (const Transition& transition : transitions) Log(transition);
  for (const std::string& line : standing) hither::Log(LogLevel::kWarning, Printable(line));
  KeepState(now);
}

absl::Status Sidecar::CheckFiles(const AnycastConfig& config) {
  if (auto state = PrepareFolderOf("state file", config.state_file); !state.ok()) return state;
  if (auto journal = PrepareFolderOf("journal", config.journal_file); !journal.ok()) return journal;
  JournalFile journal;  // What is no file will never be one; a disk may be mended.
  const absl::Status opened = journal.Open(config.journal_file);
  if (absl::IsInvalidArgument(opened)) return opened;
  if (!opened.ok()) hither::Log(LogLevel::kError, opened.message());
  return absl::OkStatus();
}

void Sidecar::NoteInJournal(std::string line) {
  if (line.empty() || config_.anycast.journal_file.empty()) return;
  disk_.Post([journal = journal_, path = config_.anycast.journal_file, line = std::move(line)] {
    const absl::Status noted = journal->AppendTo(path, line);
    if (!noted.ok()) hither::Log(LogLevel::kWarning, noted.message());
  });
}

ServiceFacts Sidecar::FactsOf(const Service& service, absl::Time now) const {
  ServiceFacts facts;
  facts.signals = signals_->Signals(service.name());
  outside_.AddSignals(service.name(), facts.signals);
  facts.queries_per_second = signals_->queries_per_second();
  const AnycastConfig& config = config_.anycast;
  if (config.kernel.has_value() && !config.bgp.has_value() && !config.exec.has_value()) {
    facts.outlives = config.kernel->lease;
  }
  facts.peers_ipv4 = ReportsOf(signals_->peers(), service.name(), Families::kIpv4, now);
  facts.peers_ipv6 = ReportsOf(signals_->peers(), service.name(), Families::kIpv6, now);
  return facts;
}

std::string Sidecar::PeerPageText(absl::Time now) const {
  PeerPage page;
  page.name = self_;
  page.site = config_.identity.site;
  page.run = run_;
  for (const Service& service : services_) {
    PeerPage::Service& told = page.services.emplace_back();
    told.name = service.name();
    told.ipv4 = StandingOf(service.Told(Families::kIpv4, now));
    told.ipv6 = StandingOf(service.Told(Families::kIpv6, now));
  }
  page.sees = signals_->Sees();
  page.outside = outside_.page();
  return EncodePeerPage(page);
}

void Sidecar::Log(const Transition& transition) {
  const LogLevel level = transition.to == State::kDown ? LogLevel::kWarning : LogLevel::kInfo;
  hither::Log(level, ToLine(transition));
  ++transitions_[{transition.service, std::string(ToText(transition.family)),
                  std::string(ToText(transition.to)), transition.rule}];
  manager_.Status(ToLine(transition));
}

void Sidecar::KeepState(absl::Time now) {
  // The wall clock may be set; what it is ahead by wanders by less than this.
  const absl::Duration ahead = absl::Now() - now;
  if (absl::AbsDuration(ahead - wall_ahead_) > kClockWander) wall_ahead_ = ahead;
  const absl::Duration boot_ahead = BootNow() - now;
  if (absl::AbsDuration(boot_ahead - boot_ahead_) > kClockWander) boot_ahead_ = boot_ahead;
  KeptState state;
  state.boot = {boot_id_, wall_ahead_ - boot_ahead_};
  for (const Service& service : services_) {
    state.services[service.name()] = service.Keep(now + wall_ahead_, now);
  }
  keeper_.Keep(state, now);
}

void Sidecar::Publish(absl::Time now) {
  auto view = std::make_shared<SidecarView>();
  view->version = SidecarVersion();
  view->node = config_.identity.node;
  view->site = config_.identity.site;
  view->pid = getpid();
  view->wall = absl::Now();
  view->now = now;
  view->started_at = started_at_;
  view->tick = config_.anycast.policy.tick;
  view->lease = config_.anycast.policy.lease;
  view->withdrawals_max = config_.anycast.policy.withdrawals_max;
  view->ticks = ticks_;
  view->late_ticks = late_ticks_;
  view->state_failure = keeper_.Failure();
  view->transitions = transitions_;
  for (const AdminEndpoint* endpoint : endpoints_) view->endpoints.push_back(endpoint->state());
  for (const Service& service : services_) view->services.push_back(service.View(now));
  view->outside = outside_.view();
  announcer_->AddTo(*view);
  for (const SignalCollector::Service& service : signals_->services()) {
    for (const std::unique_ptr<DnsProbe>& probe : service.probes) {
      view->probes.push_back({probe->ToText(), LatencyOf(*probe)});
    }
  }
  AddPeersTo(*view, now);
  TellClones(*view);
  std::string page = PeerPageText(now);
  const std::vector<std::string>& keys = config_.anycast.peers.keys;
  MutexLock lock(mu_);
  view_ = std::move(view);
  peer_page_ = std::move(page);
  peer_key_ = keys.empty() ? "" : keys.front();
}

void Sidecar::AddPeersTo(SidecarView& view, absl::Time now) const {
  for (const std::unique_ptr<PeerClient>& peer : signals_->peers()) {
    view.peers.push_back({peer->name(), peer->address().ToText(), peer->IsReachable(now),
                          peer->error(), peer->unsealed()});
    if (peer->IsClone()) view.clones.push_back(peer->address().ToText());
  }
  for (const std::unique_ptr<PeerClient>& peer : signals_->own()) {
    if (peer->IsClone()) view.clones.push_back(peer->address().ToText());
  }
}

void Sidecar::TellClones(const SidecarView& view) {
  if (view.clones.empty()) {
    if (!cloned_.Ended(view.now)) return;
    return hither::Log(LogLevel::kInfo, "no other node uses this node's name now");
  }
  const std::string where = absl::StrJoin(view.clones, ", ");
  if (!cloned_.Holds(where, view.now)) return;
  hither::Log(
      LogLevel::kWarning, "another node has the name of this one, ", self_, ": at ", where,
      "; peers take both for one; give one of them another identity:", cloned_.Note(view.now));
}

Sidecar::View Sidecar::CurrentView() const {
  MutexLock lock(mu_);
  return view_;
}

void Sidecar::OnSignal(int number) {
  if (number == SIGHUP) {
    if (const absl::Status log = ReopenLog(); !log.ok()) {
      hither::Log(LogLevel::kWarning, "log: ", log.message());
    }
    return ReloadForSignal();
  }
  const absl::Time now = MonotonicNow();
  const bool again = stop_ != Stop::kNo;
  hither::Log(LogLevel::kInfo, number == SIGTERM ? "SIGTERM" : "SIGINT",
              again ? ": withdrawing at once" : ": draining, then the end");
  manager_.Stopping();
  if (again) {
    stop_deadline_ = now;
  } else {
    stop_ = Stop::kDraining;
    stop_deadline_ = now + config_.anycast.policy.drain_max + absl::Seconds(1);
    for (Service& service : services_) service.DrainForStop(now);
  }
}

// Not on the loop, and never waited for by it: the reload waits for the loop.
void Sidecar::ReloadForSignal() {
  if (hangup_reload_runs_.exchange(true)) {
    return hither::Log(LogLevel::kWarning,
                       "a reload is already running; send SIGHUP again after it");
  }
  if (hangup_reload_.joinable()) hangup_reload_.join();  // It has ended.
  auto thread = StartThread("reload", [this] {
    const absl::Status enough = WithinMemory("reload", [this] { (void)Reload({}); });
    if (!enough.ok()) hither::Log(LogLevel::kError, enough.message());
    hangup_reload_runs_ = false;
  });
  if (thread.ok()) {
    hangup_reload_ = *std::move(thread);
  } else {
    hangup_reload_runs_ = false;
    hither::Log(LogLevel::kError, thread.status().message());
  }
}

void Sidecar::AdvanceStop(absl::Time now) {
  manager_.ExtendTimeout(absl::Seconds(10));
  if (stop_ == Stop::kDraining) {
    bool is_announced = false;
    for (const Service& service : services_) is_announced |= service.IsAnnounced();
    if (is_announced && now < stop_deadline_) return;
    announcer_->Close(is_announced ? "hither-anycast ends" : "hither-anycast ends, drained", now);
    stop_ = Stop::kClosing;
    stop_deadline_ = now + announcer_->close_max() + kClosingAir;
    return;
  }
  if (stop_ == Stop::kClosing && (announcer_->IsIdle() || now >= stop_deadline_)) CloseHandles();
}

void Sidecar::CloseHandles() {
  stop_ = Stop::kDone;
  calls_.Close();
  CloseHandle(timer_);
  CloseHandle(terminate_);
  CloseHandle(interrupt_);
  CloseHandle(hangup_);
  signals_.reset();
  announcer_.reset();
}

}  // namespace hither
