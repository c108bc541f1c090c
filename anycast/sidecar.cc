#include "anycast/sidecar.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "anycast/clock.h"
#include "anycast/signals/peer_page.h"
#include "server/base/log.h"
#include "server/base/thread.h"
#include "zones/check.h"

namespace hither {
namespace {

// Withdrawals are sent and the sessions closed within this; then the process leaves as it is, and
// what is left ends with it.
constexpr absl::Duration kClosingMax = absl::Seconds(3);
// Flap budgets are kept so often at most: a state file on a slow disk stalls the tick.
constexpr absl::Duration kKeepEvery = absl::Seconds(1);

uint64_t Milliseconds(absl::Duration duration) {
  return static_cast<uint64_t>(absl::ToInt64Milliseconds(duration));
}

// What a peer told of one family of a service, if it told anything.
PeerReport ReportOf(const PeerClient& peer, absl::string_view service, Families family,
                    absl::Time now) {
  PeerReport report;
  report.name = peer.name();
  if (!peer.IsReachable(now)) return report;
  report.asked_at = peer.asked_at();
  for (const PeerPage::Service& told : peer.page()->services) {
    if (told.name != service) continue;
    const PeerPage::Standing& standing = family == Families::kIpv6 ? told.ipv6 : told.ipv4;
    report.state = standing.state;
    report.wants_to_withdraw = standing.wants_to_withdraw;
  }
  return report;
}

PeerPage::Standing StandingOf(const std::optional<Service::Tells>& told) {
  PeerPage::Standing standing;
  if (!told.has_value()) return standing;
  standing.state = told->state;
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
      started_at_(MonotonicNow()) {
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
  const std::string& path = config_.anycast.state_file;
  absl::StatusOr<KeptState> kept = path.empty() ? KeptState{} : LoadState(path);
  // A node that was drained must not come back because a file is damaged: the operator decides.
  if (!kept.ok()) return kept.status();
  kept_ = *std::move(kept);
  announcer_ = std::make_unique<Announcer>(loop_);
  if (auto applied = Apply(config_, now); !applied.ok()) return applied;
  for (Service& service : services_) {
    const auto found = kept_.services.find(service.name());
    if (found != kept_.services.end()) service.Resume(found->second, absl::Now(), now);
  }
  if (!path.empty()) {  // Now rather than at the first drain.
    if (auto saved = SaveState(path, kept_); !saved.ok()) return saved;
  }
  Publish(now);
  return absl::OkStatus();
}

absl::Status Sidecar::Apply(const Config& config, absl::Time now) {
  if (auto status = announcer_->Configure(config.anycast, now); !status.ok()) return status;
  if (auto opened = journal_.Open(config.anycast.journal_file); !opened.ok()) return opened;
  signals_ = std::make_unique<SignalCollector>(loop_, config, config.anycast);
  std::vector<Service> services;
  for (const AnycastConfig::Service& service : config.anycast.services) {
    services.emplace_back(service, config.anycast.policy);
    for (const Service& former : services_) {
      if (former.name() == service.name) services.back().TakeOver(former);
    }
  }
  services_ = std::move(services);
  config_ = config;
  config_.zones = {};
  const uint64_t tick_ms = Milliseconds(config_.anycast.policy.tick);
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Sidecar*>(timer->data)->Tick(); }, tick_ms,
      tick_ms);
  return absl::OkStatus();
}

absl::Status Sidecar::Run(AdminEndpoint* admin, AdminEndpoint* peers) {
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
  Decide(now);
  std::vector<Route> routes;
  for (const Service& service : services_) service.AddRoutes(routes);
  announcer_->Tick(routes, now, now + config_.anycast.policy.lease);
  // Our page must be out before we ask the others': see fleet.h, why two nodes never pass together.
  Publish(now);
  signals_->Tick(now);
  const auto period = manager_.watchdog_period();
  if (period.has_value() && now - last_alive_ >= *period / 3) {
    last_alive_ = now;
    manager_.StillAlive();
  }
  if (stop_ != Stop::kNo) AdvanceStop(now);
}

void Sidecar::Decide(absl::Time now) {
  std::vector<Transition> transitions;
  for (Service& service : services_) {
    service.Tick(config_.anycast.peers, self_, FactsOf(service, now), now, transitions);
    const absl::Status noted = journal_.Append(service.JournalLine(absl::Now()));
    if (!noted.ok()) hither::Log(LogLevel::kWarning, noted.message());
  }
  for (const Transition& transition : transitions) Log(transition);
  if (!transitions.empty() || now - kept_at_ >= kKeepEvery) KeepState(now);
}

ServiceFacts Sidecar::FactsOf(const Service& service, absl::Time now) const {
  ServiceFacts facts;
  facts.signals = signals_->Signals(service.name());
  facts.queries_per_second = signals_->queries_per_second();
  for (const std::unique_ptr<PeerClient>& peer : signals_->peers()) {
    facts.peers_ipv4.push_back(ReportOf(*peer, service.name(), Families::kIpv4, now));
    facts.peers_ipv6.push_back(ReportOf(*peer, service.name(), Families::kIpv6, now));
  }
  return facts;
}

std::string Sidecar::PeerPageText(absl::Time now) const {
  PeerPage page;
  page.name = self_;
  page.site = config_.identity.site;
  for (const Service& service : services_) {
    PeerPage::Service& told = page.services.emplace_back();
    told.name = service.name();
    told.ipv4 = StandingOf(service.Told(Families::kIpv4, now));
    told.ipv6 = StandingOf(service.Told(Families::kIpv6, now));
  }
  page.sees = signals_->Sees();
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
  kept_at_ = now;
  const std::string& path = config_.anycast.state_file;
  KeptState state;
  const absl::Time wall = absl::Now();
  // To the second, so that two clocks which are read one after the other make no difference.
  for (const Service& service : services_) {
    state.services[service.name()] = service.Keep(absl::FromUnixSeconds(absl::ToUnixSeconds(wall)),
                                                  absl::FromUnixSeconds(absl::ToUnixSeconds(now)));
  }
  if (path.empty() || state == kept_) return;
  const absl::Status saved = SaveState(path, state);
  if (saved.ok()) {
    kept_ = std::move(state);
  } else {
    hither::Log(LogLevel::kWarning, "state not kept: ", saved.message());
  }
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
  view->transitions = transitions_;
  for (const Service& service : services_) view->services.push_back(service.View(now));
  if (!services_.empty()) view->fleet = services_.front().fleet();
  announcer_->AddTo(*view);
  for (const SignalCollector::Service& service : signals_->services()) {
    for (const std::unique_ptr<DnsProbe>& probe : service.probes) {
      view->probes.push_back({probe->ToText(), LatencyOf(*probe)});
    }
  }
  std::string page = PeerPageText(now);
  MutexLock lock(mu_);
  view_ = std::move(view);
  peer_page_ = std::move(page);
}

Sidecar::View Sidecar::CurrentView() const {
  MutexLock lock(mu_);
  return view_;
}

std::string Sidecar::CurrentPeerPage() const {
  MutexLock lock(mu_);
  return peer_page_;
}

void Sidecar::OnSignal(int number) {
  if (number == SIGHUP) {
    if (const absl::Status log = ReopenLog(); !log.ok()) {
      hither::Log(LogLevel::kWarning, "log: ", log.message());
    }
    if (hangup_reload_.joinable()) hangup_reload_.join();  // It ends with its Call().
    auto thread = StartThread("reload", [this] { (void)Reload({}); });
    if (thread.ok()) hangup_reload_ = *std::move(thread);
    return;
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

void Sidecar::AdvanceStop(absl::Time now) {
  manager_.ExtendTimeout(absl::Seconds(10));
  if (stop_ == Stop::kDraining) {
    bool is_announced = false;
    for (const Service& service : services_) is_announced |= service.IsAnnounced();
    if (is_announced && now < stop_deadline_) return;
    announcer_->Close(is_announced ? "hither-anycast ends" : "hither-anycast ends, drained", now);
    stop_ = Stop::kClosing;
    stop_deadline_ = now + kClosingMax;
    return;
  }
  if (stop_ == Stop::kClosing && (announcer_->IsIdle() || now >= stop_deadline_)) CloseHandles();
}

void Sidecar::CloseHandles() {
  stop_ = Stop::kDone;
  KeepState(MonotonicNow());
  calls_.Close();
  CloseHandle(timer_);
  CloseHandle(terminate_);
  CloseHandle(interrupt_);
  CloseHandle(hangup_);
  signals_.reset();
  announcer_.reset();
}

}  // namespace hither
