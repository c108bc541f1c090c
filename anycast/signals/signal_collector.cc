#include "anycast/signals/signal_collector.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/port_owner.h"
#include "daemon/config/nsid.h"
#include "daemon/heartbeat/heartbeat_page.h"

namespace hither {
namespace {

using Transport = Conversation::Transport;
using Kind = ProbeResult::Kind;

constexpr int kVerdictTicksMax = 4;  // An older verdict of a probe does not count.
// Of DnsProbe::kRecent. A briefly busy host may lose one or two.
constexpr size_t kRecentFailuresMin = 4;

// Any worker may answer.
std::vector<std::string> NsidsOf(const Config::Identity& identity) {
  std::vector<std::string> nsids;
  for (int worker = 0; worker < kWorkersMax; ++worker) {
    nsids.push_back(ExpandNsid(identity.nsid_template, identity.site, identity.node, worker));
    if (nsids.size() > 1 && nsids[0] == nsids[1]) break;  // The template does not name the worker.
  }
  return nsids;
}

std::string NameOf(const Config::Identity& identity) {
  return identity.site.empty() ? identity.node : absl::StrCat(identity.node, ".", identity.site);
}

Families FamilyOf(const SocketAddress& address) { return Only(address.family()); }

}  // namespace

SignalCollector::SignalCollector(uv_loop_t& loop, const Config& config,
                                 const AnycastConfig& anycast, std::string run)
    : tick_(anycast.policy.tick),
      made_at_(absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone())),
      our_name_(NameOf(config.identity)),
      nsids_(NsidsOf(config.identity)),
      heartbeat_(config.heartbeat.value_or(kHeartbeatDefaultPath)),
      responder_(anycast.policy) {
  for (const AnycastConfig::Service& service : anycast.services) AddService(loop, service);
  AddPeers(loop, anycast, std::move(run));
}

void SignalCollector::AddService(uv_loop_t& loop, const AnycastConfig::Service& service) {
  Service& added = services_.emplace_back();
  added.name = service.name;
  added.zones = service.zones;
  for (const SocketAddress& address : service.addresses) {
    for (const AnycastConfig::Probe& probe : service.probes) {
      for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        added.probes.push_back(
            std::make_unique<DnsProbe>(loop, transport, address, probe.name, probe.type));
      }
    }
  }
  for (const AnycastConfig::ExecCheck& check : service.checks) {
    added.checks.push_back(std::make_unique<ExecCheck>(loop, check));
  }
}

void SignalCollector::AddPeers(uv_loop_t& loop, const AnycastConfig& anycast, std::string run) {
  const AnycastConfig::Peers& peers = anycast.peers;
  const PeerSelf self{our_name_, std::move(run), peers.keys, peers.accept_unsealed};
  AnycastConfig::Probe probe;
  for (const AnycastConfig::Service& service : anycast.services) {
    if (probe.name.empty() && !service.probes.empty()) probe = service.probes.front();
  }
  for (AnycastConfig::Peer peer : anycast.peers.nodes) {
    if (probe.name.empty()) peer.dns.reset();  // There is no name to query.
    peers_.push_back(std::make_unique<PeerClient>(loop, peer, probe, self));
  }
  for (AnycastConfig::Peer peer : peers.own) {
    peer.dns.reset();
    if (peers.listen.has_value() && peer.address == *peers.listen) continue;
    own_.push_back(std::make_unique<PeerClient>(loop, peer, probe, self));
  }
}

void SignalCollector::TakeOver(const SignalCollector& former) {
  std::map<std::string, const DnsProbe*> before;
  for (const Service& service : former.services_) {
    for (const auto& probe : service.probes) before.emplace(probe->ToText(), probe.get());
  }
  for (const Service& service : services_) {
    for (const auto& probe : service.probes) {
      const auto found = before.find(probe->ToText());
      if (found != before.end()) probe->TakeOver(*found->second);
    }
  }
}

void SignalCollector::LookAtHeartbeat(absl::Time now) {
  now_ = now;
  if (heartbeat_.path().empty()) {
    return responder_.Take(absl::UnavailableError("the configuration has heartbeat: none"),
                           HeartbeatReader::Life::kUnknown, page_, now_);
  }
  const absl::Status read = heartbeat_.Read(page_);
  responder_.Take(read, heartbeat_.life(), page_, now_);
}

void SignalCollector::AskWhatIsDue() {
  AskProbes();
  for (Service& service : services_) {
    for (const auto& check : service.checks) check->Tick(now_);
  }
  for (const auto& peer : peers_) peer->Tick(now_);
  for (const auto& peer : own_) peer->Tick(now_);
}

// After reading the heartbeat: a serial that it reports can be answered by then.
void SignalCollector::AskProbes() {
  uint64_t asked = 0;
  for (const Service& service : services_) {
    for (const auto& probe : service.probes) {
      probe->Ask(now_, nsids_, responder_.SerialOf(probe->name()));
      asked += probe->asked();
    }
  }
  asked_.emplace_back(now_, asked);
  while (asked_.size() > 2 && asked_[1].first <= now_ - ResponderSignals::kWindow) {
    asked_.pop_front();
  }
}

std::vector<Signal> SignalCollector::Signals(absl::string_view name) const {
  std::vector<Signal> out;
  for (const Service& service : services_) {
    if (service.name != name) continue;
    responder_.AddSignals(Summarize(service), out);
    AddZoneSignals(service, out);
    for (const auto& probe : service.probes) out.push_back(ProbeSignal(*probe));
    for (const auto& check : service.checks) out.push_back(check->ToSignal(now_));
    auto seen = OutsideIn(peers_, our_name_, now_, responder_.is_dead());
    if (seen.has_value()) out.push_back(*std::move(seen));
    break;
  }
  return out;
}

void SignalCollector::AddZoneSignals(const Service& service, std::vector<Signal>& out) const {
  std::vector<std::string> zones = service.zones;
  for (const auto& probe : service.probes) {
    const std::string zone = responder_.ZoneOf(probe->name());
    // Without a heartbeat, the probed name stands for its zone.
    zones.push_back(zone.empty() ? probe->name() : zone);
  }
  const absl::Time wall = absl::Now();
  std::vector<Name> told;
  for (const std::string& zone : zones) {
    const absl::StatusOr<Name> apex = Name::FromText(zone);
    if (apex.ok() && std::find(told.begin(), told.end(), *apex) != told.end()) continue;
    if (apex.ok()) told.push_back(*apex);
    out.push_back(responder_.ZoneSignal(zone, wall));
  }
}

// Our loop runs the probes' timers. If the loop was this late, the server was not.
bool SignalCollector::CountsStill(const DnsProbe& probe) const {
  const absl::Duration timeout =
      probe.transport() == Transport::kUdp ? kUdpProbeTimeout : kTcpProbeTimeout;
  return now_ - probe.last().asked_at <= kVerdictTicksMax * tick_ + timeout;
}

ProbeSummary SignalCollector::Summarize(const Service& service) const {
  ProbeSummary summary;
  for (const auto& probe : service.probes) {
    const ProbeResult& last = probe->last();
    if (last.kind == Kind::kNone || last.kind == Kind::kOwnFault || !CountsStill(*probe)) continue;
    ++summary.asked;
    if (last.kind != Kind::kOk && last.kind != Kind::kBehind) continue;
    ++summary.answered;
    summary.answered_at = std::max(summary.answered_at, last.asked_at);
  }
  return summary;
}

// Without UDP a server is useless to most resolvers; without TCP another one is better.
Level SignalCollector::LevelOf(const DnsProbe& probe) const {
  switch (probe.last().kind) {
    case Kind::kNone:
    case Kind::kOwnFault:
      return Level::kUnknown;
    case Kind::kOk:
      return Level::kOk;
    case Kind::kBehind:
      return Level::kSoft;
    case Kind::kImpostor:
      return Level::kHard;
    case Kind::kSilent:
      if (responder_.IsFlooded() || responder_.IsPartlyStuck()) return Level::kSoft;
      break;
    case Kind::kWrong:
    case Kind::kAbsent:
      break;
  }
  return probe.transport() == Transport::kUdp ? Level::kHard : Level::kSoft;
}

// The responder is ours if its page says so: then only one of the two daemons has read the changed
// configuration.
std::string SignalCollector::NsidChange() const {
  const Heartbeat& page = responder_.page();
  if (!responder_.is_known() || page.nsid_template.empty()) return "";
  const std::string theirs = ExpandNsid(page.nsid_template, page.site, page.node, 0);
  if (theirs == nsids_[0]) return "";
  // A reload takes another nsid:, but no other name.
  const bool is_renamed = NameOf({page.site, page.node, ""}) != our_name_;
  return absl::StrCat("; the hitherd of this host was started with the NSID ", theirs,
                      ", and this sidecar with ", nsids_[0], ". If hitherd's is right, ",
                      is_renamed ? "restart the sidecar (systemctl restart hither-anycast)"
                                 : "reload the sidecar (hither reload --anycast default)",
                      "; if the sidecar's is right, restart hitherd");
}

Signal SignalCollector::ProbeSignal(const DnsProbe& probe) const {
  Signal signal{.name = absl::StrCat("probe ", probe.ToText()),
                .level = LevelOf(probe),
                .families = FamilyOf(probe.address()),
                .detail = probe.last().detail};
  const ProbeResult& last = probe.last();
  if (last.kind == Kind::kNone) {
    signal.detail = "not answered yet";
  } else if (!CountsStill(probe)) {
    signal.level = Level::kUnknown;
    signal.detail = absl::StrCat("no verdict for ", absl::FormatDuration(now_ - last.asked_at));
  } else if (last.kind == Kind::kOk) {
    signal.detail = absl::StrCat("correct answer in ", absl::FormatDuration(last.took));
    if (probe.recent_failures() >= kRecentFailuresMin) {
      signal.level = Level::kSoft;
      absl::StrAppend(&signal.detail, ", but ", probe.recent_failures(), " of the last ",
                      DnsProbe::kRecent, " failed");
    }
  } else if (last.kind == Kind::kImpostor) {
    signal.detail += NsidChange();
  } else if (last.kind == Kind::kSilent && signal.level == Level::kSoft && responder_.IsFlooded()) {
    absl::StrAppend(&signal.detail, ", while the kernel drops queries: overload is not a failure");
  }
  const bool is_answered = last.kind == Kind::kNone || last.kind == Kind::kOk ||
                           last.kind == Kind::kBehind || last.kind == Kind::kWrong;
  if (!is_answered && !IsOnThisHost(probe.address())) {
    const std::string address = probe.address().AddressText();
    absl::StrAppend(&signal.detail, "; ", address, " is not an address of this host: ip addr add ",
                    address, FamilyOf(probe.address()) == Families::kIpv6 ? "/128" : "/32",
                    " dev lo");
  }
  if (signal.level == Level::kHard && !probe.was_good()) {
    signal.level = Level::kUnknown;
    absl::StrAppend(&signal.detail, "; this probe has never succeeded since it was configured at ",
                    made_at_, ": check its name and type");
  }
  // In front: after a remedy it would read as a part of it.
  if (probe.failures() > 1) {
    signal.detail = absl::StrCat(probe.failures(), " times: ", signal.detail);
  }
  return signal;
}

std::optional<double> SignalCollector::queries_per_second() const {
  const std::optional<double> all = responder_.queries_per_second();
  if (!all.has_value() || asked_.size() < 2) return all;
  const double seconds = absl::ToDoubleSeconds(asked_.back().first - asked_.front().first);
  const double ours =
      seconds <= 0 ? 0
                   : static_cast<double>(asked_.back().second - asked_.front().second) / seconds;
  // Each peer queries our responder, too.
  const double peers =
      static_cast<double>(peers_.size()) / absl::ToDoubleSeconds(PeerClient::kDnsEvery);
  return std::max(0.0, *all - ours - peers);
}

std::vector<PeerPage::Seen> SignalCollector::Sees() const {
  std::vector<PeerPage::Seen> sees;
  for (const auto& peer : peers_) {
    if (auto seen = peer->Sees()) sees.push_back(*std::move(seen));
  }
  return sees;
}

}  // namespace hither
