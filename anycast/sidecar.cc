#include "anycast/sidecar.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "anycast/host_check.h"
#include "anycast/signals/page_seal.h"
#include "anycast/signals/peer_page.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/within_memory.h"
#include "daemon/config/anycast_check.h"

namespace hither {
namespace {

// Withdrawals are sent and the sessions closed within the backends' time and this; then the process
// leaves as it is, and what is left ends with it.
constexpr absl::Duration kClosingAir = absl::Seconds(1);
// Beyond drain_max, at which the policy withdraws what still drains.
constexpr absl::Duration kDrainAir = absl::Seconds(1);
constexpr std::array<int, 3> kUnixSignals = {SIGTERM, SIGINT, SIGHUP};

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

}  // namespace

Sidecar::Sidecar(const SidecarOptions& options, Config config)
    : options_(options),
      config_(std::move(config)),
      self_({NodeName(config_), NewNonce(), MonotonicNow()}),
      outside_(self_.name, config_.identity.site) {
  config_.zones = {};  // Perhaps a million; the responder's.
  HITHER_CHECK(uv_loop_init(&loop_) == 0);
  timer_ = UvTimer(loop_, [this] { Tick(); });
  for (UvSignal& signal : unix_signals_) {
    signal = UvSignal(loop_, [this](int number) { OnSignal(number); });
  }
  calls_.Open(loop_);
}

Sidecar::~Sidecar() {
  reload_thread_.Join();
  CloseHandles();
  uv_run(&loop_, UV_RUN_DEFAULT);
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

absl::Status Sidecar::Start() {
  const absl::Time now = MonotonicNow();
  // A node that was drained must not come back because a file is damaged: the operator decides.
  const absl::StatusOr<KeptState> kept = records_.Open(config_.anycast);
  if (!kept.ok()) return kept.status();
  announcer_ = std::make_unique<Announcer>(loop_);
  if (auto applied = Apply(config_, now); !applied.ok()) return applied;
  ResumeFrom(*kept, now);
  TellForgotten(*kept);
  if (auto started = records_.Start(); !started.ok()) return started;
  Publish(now);
  return absl::OkStatus();
}

void Sidecar::ResumeFrom(const KeptState& kept, absl::Time now) {
  const absl::Time wall = records_.WallOf(kept);
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
  if (auto status = Records::Check(config.anycast); !status.ok()) return status;
  if (auto status = announcer_->Configure(config.anycast, now); !status.ok()) return status;
  auto signals = std::make_unique<SignalCollector>(loop_, config, config.anycast, self_.run);
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
  records_.MoveTo(config.anycast);
  for (const auto& warnings : {CheckAnycast(config).warnings, HostWarnings(config.anycast)}) {
    for (const std::string& warning : warnings) hither::Log(LogLevel::kWarning, Printable(warning));
  }
  config_ = config;
  config_.zones = {};
  timer_.StartEvery(config_.anycast.policy.tick);
  return absl::OkStatus();
}

absl::Status Sidecar::Run(AdminEndpoint* admin, AdminEndpoint* peers) {
  // First: who has been answered may send one.
  for (size_t i = 0; i < kUnixSignals.size(); ++i) unix_signals_[i].Start(kUnixSignals[i]);
  for (const AdminEndpoint* endpoint : {admin, peers}) {
    if (endpoint != nullptr) endpoints_.push_back(endpoint);
  }
  if (admin != nullptr) {
    if (auto serving = admin->Serve(AdminPages()); !serving.ok()) return serving;
  }
  if (peers != nullptr) {
    if (auto serving = peers->Serve(published_.Pages()); !serving.ok()) return serving;
  }
  manager_.Ready("watching");
  hither::Log(LogLevel::kInfo, SidecarVersion(), " watches: node ", self_.name, ", ",
              services_.size(), " services");
  uv_run(&loop_, UV_RUN_DEFAULT);  // Until CloseHandles().
  if (peers != nullptr) peers->Stop();
  if (admin != nullptr) admin->Stop();
  hither::Log(LogLevel::kInfo, "ended");
  return absl::OkStatus();
}

void Sidecar::Tick() {
  const absl::Time now = MonotonicNow();
  counters_.CountTick(now, config_.anycast.policy.tick);
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
  manager_.StillAliveAt(now);
  if (stop_.HasBegun()) AdvanceStop(now);
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
  std::vector<StandingLine> standing;
  const bool is_broken = records_.TakeJournalBreak();
  for (Service& service : services_) {
    if (is_broken) service.RestartJournal();
    service.Tick(config_.anycast.peers, self_.name, FactsOf(service, now), now, transitions);
    service.TellStanding(now, standing);
    records_.AppendToJournal(service.JournalLine(absl::Now()));
  }
  for (const Transition& transition : transitions) Log(transition);
  for (const StandingLine& line : standing) {
    hither::Log(line.is_good ? LogLevel::kInfo : LogLevel::kWarning, Printable(line.text));
  }
  KeepState(now);
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
  facts.peers_ipv4 = ReportsOf(signals_->peers(), service.name(), IpFamily::kV4, now);
  facts.peers_ipv6 = ReportsOf(signals_->peers(), service.name(), IpFamily::kV6, now);
  return facts;
}

std::string Sidecar::PeerPageText(absl::Time now) const {
  PeerPage page;
  page.name = self_.name;
  page.site = config_.identity.site;
  page.run = self_.run;
  for (const Service& service : services_) {
    PeerPage::Service& told = page.services.emplace_back();
    told.name = service.name();
    told.ipv4 = StandingOf(service.Told(IpFamily::kV4, now));
    told.ipv6 = StandingOf(service.Told(IpFamily::kV6, now));
  }
  page.sees = signals_->Sees();
  page.outside = outside_.page();
  return EncodePeerPage(page);
}

void Sidecar::Log(const Transition& transition) {
  const LogLevel level = transition.to == State::kDown ? LogLevel::kWarning : LogLevel::kInfo;
  hither::Log(level, ToLine(transition));
  counters_.Count(transition);
  manager_.Status(ToLine(transition));
}

void Sidecar::KeepState(absl::Time now) {
  const absl::Time wall = records_.WallOf(now);
  std::map<std::string, KeptState::Service> kept;
  for (const Service& service : services_) kept[service.name()] = service.Keep(wall, now);
  records_.Keep(std::move(kept), now);
}

void Sidecar::Publish(absl::Time now) {
  auto view = std::make_shared<SidecarView>();
  view->version = SidecarVersion();
  view->node = config_.identity.node;
  view->site = config_.identity.site;
  view->pid = getpid();
  view->wall = absl::Now();
  view->now = now;
  view->started_at = self_.started_at;
  view->tick = config_.anycast.policy.tick;
  view->lease = config_.anycast.policy.lease;
  view->withdrawals_max = config_.anycast.policy.withdrawals_max;
  view->state_failure = records_.Failure();
  counters_.AddTo(*view);
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
  const std::vector<std::string>& keys = config_.anycast.peers.keys;
  published_.Set(std::move(view), PeerPageText(now), keys.empty() ? "" : keys.front());
}

void Sidecar::AddPeersTo(SidecarView& view, absl::Time now) const {
  for (const std::unique_ptr<PeerClient>& peer : signals_->peers()) {
    view.peers.push_back({peer->name(), peer->address().ToText(), peer->IsReachable(now),
                          peer->error(), peer->unsealed(), peer->fault()});
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
      LogLevel::kWarning, "another node has the name of this one, ", self_.name, ": at ", where,
      "; peers take both for one; give one of them another identity:", cloned_.Note(view.now));
}

void Sidecar::OnSignal(int number) {
  if (number == SIGHUP) {
    if (const absl::Status log = ReopenLog(); !log.ok()) {
      hither::Log(LogLevel::kWarning, "log: ", log.message());
    }
    return ReloadForSignal();
  }
  const absl::Time now = MonotonicNow();
  const bool is_first = stop_.Ask(now, now + config_.anycast.policy.drain_max + kDrainAir);
  hither::Log(LogLevel::kInfo, number == SIGTERM ? "SIGTERM" : "SIGINT",
              is_first ? ": draining, then the end" : ": withdrawing at once");
  manager_.Stopping();
  if (!is_first) return;
  for (Service& service : services_) service.DrainForStop(now);
}

// Not on the loop, and never waited for by it: the reload waits for the loop.
void Sidecar::ReloadForSignal() {
  const absl::Status started = reload_thread_.Start([this] {
    const absl::Status enough = WithinMemory("reload", [this] { (void)Reload({}); });
    if (!enough.ok()) hither::Log(LogLevel::kError, enough.message());
  });
  if (started.ok()) return;
  const bool is_busy = absl::IsFailedPrecondition(started);
  hither::Log(is_busy ? LogLevel::kWarning : LogLevel::kError, started.message());
}

void Sidecar::AdvanceStop(absl::Time now) {
  manager_.ExtendTimeout(absl::Seconds(10));
  const bool is_announced = std::ranges::any_of(services_, &Service::IsAnnounced);
  switch (stop_.Due(is_announced, announcer_->IsIdle(), now)) {
    case StopSequence::Step::kWait:
      return;
    case StopSequence::Step::kClose:
      announcer_->Close(is_announced ? "hither-anycast ends" : "hither-anycast ends, drained", now);
      return stop_.Close(now + announcer_->close_max() + kClosingAir);
    case StopSequence::Step::kLeave:
      return CloseHandles();
  }
}

// The loop ends once they are closed.
void Sidecar::CloseHandles() {
  calls_.Close();
  timer_.Close();
  for (UvSignal& signal : unix_signals_) signal.Close();
  signals_.reset();
  announcer_.reset();
}

}  // namespace hither
