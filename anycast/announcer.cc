#include "anycast/announcer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_reload.h"
#include "anycast/bgp/bgp_speaker.h"
#include "anycast/route/bird_readback.h"
#include "anycast/route/dry_run_backend.h"
#include "anycast/route/exec_backend.h"
#include "anycast/route/frr_readback.h"
#include "anycast/route/kernel_backend.h"
#include "base/clock.h"
#include "base/log.h"

namespace hither {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);

// Must a backend be replaced by a new one? `bgp` changes neighbor by neighbor.
bool Differs(absl::string_view name, const AnycastConfig& a, const AnycastConfig& b) {
  if (name == "bgp") return a.bgp.has_value() != b.bgp.has_value();
  if (name == "kernel") return a.kernel != b.kernel;
  if (name == "exec") return a.exec != b.exec;
  return a.dry_run != b.dry_run;
}

// The ASes that a route of this node has passed on its way to the router that is read back from:
// ours, and what that router may put before it. Empty without `bgp`.
std::vector<uint32_t> OwnAses(const AnycastConfig& config) {
  if (!config.bgp.has_value()) return {};
  std::vector<uint32_t> ases = {config.bgp->local_as};
  for (const AnycastConfig::Neighbor& neighbor : config.bgp->neighbors) ases.push_back(neighbor.as);
  return ases;
}

// Will no session that is established now live on?
bool EndsEverySession(const Observation& observed, const AnycastConfig& from,
                      const AnycastConfig& to) {
  for (const NeighborChange& change : PlanReload(*from.bgp, *to.bgp)) {
    if (change.kind != NeighborChange::Kind::kNone) continue;
    const std::string address = change.neighbor.AddressText();
    for (const Observation::Session& session : observed.sessions) {
      if (session.neighbor == address && session.state == "Established") return false;
    }
  }
  return true;
}

// To want nothing announced is not enough: a command may still run, or have failed. Read-backs do
// not count: of two nodes behind a router, the other one's route looks like ours there.
bool MayBeAnnounced(const SidecarView::ServiceView& service,
                    const std::vector<Observation::Seen>& all) {
  std::set<std::string> prefixes;
  for (const auto& family : service.families) {
    prefixes.insert(family.prefixes.begin(), family.prefixes.end());
  }
  return std::any_of(all.begin(), all.end(), [&](const Observation::Seen& seen) {
    const bool may_be = seen.kind == Observation::Kind::kAnnounced ||
                        (seen.kind == Observation::Kind::kUnknown && !seen.detail.empty());
    return may_be && prefixes.contains(seen.prefix.ToText());
  });
}

}  // namespace

bool Announcer::Has(absl::string_view name) const {
  return std::any_of(backends_.begin(), backends_.end(),
                     [&](const Backend& backend) { return backend.backend->name() == name; });
}

void Announcer::CloseBackend(Backend& backend, absl::string_view reason, absl::Time now) {
  if (backend.IsClosing()) return;
  backend.backend->Close(reason);
  backend.closed_at = now;
}

absl::Status Announcer::Configure(const AnycastConfig& config, absl::Time now) {
  if (config.kernel.has_value()) {
    // Whatever cannot be made is refused before anything is taken down.
    if (auto trial = KernelBackend::Create(*config.kernel, config.services); !trial.ok()) {
      return trial.status();
    }
  }
  const bool is_first = !std::exchange(is_configured_, true);
  for (Backend& backend : backends_) {
    if (Differs(backend.backend->name(), config_, config)) {
      CloseBackend(backend, "reconfigured", now);
    } else if (auto set = backend.backend->SetServices(config.services); !set.ok()) {
      Log(LogLevel::kError, set.message());  // Tried above: it is the host that refuses now.
    } else {
      backend.backend->SetConfig(config);
    }
  }
  config_ = config;
  readbacks_.clear();
  const std::vector<uint32_t> own_ases = OwnAses(config_);
  if (!config_.readback.bird_socket.empty()) {
    readbacks_.push_back(
        std::make_unique<BirdReadback>(&loop_, config_.readback, config_.services, own_ases));
  }
  if (!config_.readback.frr_command.empty()) {
    readbacks_.push_back(
        std::make_unique<FrrReadback>(&loop_, config_.readback, config_.services, own_ases));
  }
  const absl::Status made = MakeMissing();
  if (is_first) return made;
  tried_ = now;
  return absl::OkStatus();
}

// Each for itself: one that cannot be made keeps no other from it.
absl::Status Announcer::MakeMissing() {
  const auto add = [this](std::unique_ptr<RouteBackend> backend) {
    backends_.push_back({std::move(backend), absl::InfiniteFuture()});
  };
  absl::Status status;
  if (config_.kernel.has_value() && !Has("kernel")) {
    auto kernel = KernelBackend::Create(*config_.kernel, config_.services);
    status = kernel.status();
    if (kernel.ok()) add(*std::move(kernel));
  }
  if (config_.bgp.has_value() && !Has("bgp")) {
    add(std::make_unique<BgpSpeaker>(&loop_, config_));
  }
  if (config_.exec.has_value() && !Has("exec")) {
    add(std::make_unique<ExecBackend>(&loop_, *config_.exec));
  }
  if (config_.dry_run && !Has("dry-run")) add(std::make_unique<DryRunBackend>());
  const std::string failure(status.message());
  const absl::Time now = MonotonicNow();
  if (failure.empty()) {
    if (missing_.Ended(now)) Log(LogLevel::kInfo, "the kernel backend works again");
  } else if (missing_.Holds(failure, now)) {
    Log(LogLevel::kError, failure, "; the sidecar retries every second", missing_.Note(now));
  }
  failure_ = failure;
  return status;
}

void Announcer::RetryMissing(absl::Time now) {
  if (failure_.empty() || now - tried_ < kRetry) return;
  tried_ = now;
  MakeMissing().IgnoreError();  // It has been told.
}

void Announcer::DropIdle(absl::Time now) {
  const auto has_ended = [now](const Backend& backend) {
    return backend.IsClosing() &&
           (backend.backend->IsIdle() || now - backend.closed_at > backend.backend->close_max());
  };
  if (std::erase_if(backends_, has_ended) == 0) return RetryMissing(now);
  tried_ = now;
  MakeMissing().IgnoreError();
}

std::vector<std::string> Announcer::EndedBy(const AnycastConfig& config) const {
  std::vector<std::string> lines;
  for (const Backend& backend : backends_) {
    const absl::string_view name = backend.backend->name();
    if (name == "bgp" && config_.bgp.has_value() && config.bgp.has_value()) {
      for (const NeighborChange& change : PlanReload(*config_.bgp, *config.bgp)) {
        if (change.kind != NeighborChange::Kind::kNone) lines.push_back(change.ToText());
      }
    }
    if (!Differs(name, config_, config) || name == "dry-run") continue;
    lines.push_back(absl::StrCat("restarts the ", name, " backend because its settings changed; ",
                                 "its routes are withdrawn briefly"));
  }
  return lines;
}

// A dry run announces nothing: what it would go on with does not count.
bool Announcer::EndsAll(const AnycastConfig& config) const {
  bool any_ends = false;
  for (const Backend& backend : backends_) {
    const absl::string_view name = backend.backend->name();
    if (name == "dry-run") continue;
    any_ends = true;
    if (backend.IsClosing() || Differs(name, config_, config)) continue;
    if (name != "bgp" || !EndsEverySession(backend.backend->Observe(), config_, config)) {
      return false;
    }
  }
  return any_ends;
}

void Announcer::Tick(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  if (is_closed_) return;
  DropIdle(now);
  for (Backend& backend : backends_) {
    if (!backend.IsClosing()) backend.backend->Announce(routes, now, until);
  }
  for (const std::string& line : differences_.Update(routes, Observe(now), now)) {
    Log(LogLevel::kWarning, line);
  }
  const std::vector<Prefix> again = differences_.TakeToAnnounceAgain(now);
  if (again.empty()) return;
  for (Backend& backend : backends_) backend.backend->AnnounceAgain(again);
}

// What backends and read-backs see, which is also the evidence. A backend that is closing
// withdraws: what it still has is on its way out.
std::vector<Observation> Announcer::Observe(absl::Time now) {
  std::vector<Observation> all;
  evidence_ = {};
  for (const Backend& backend : backends_) {
    if (backend.IsClosing()) continue;
    const Observation& one = all.emplace_back(backend.backend->Observe());
    evidence_.said.insert(evidence_.said.end(), one.seen.begin(), one.seen.end());
  }
  evidence_.is_read_back = !readbacks_.empty();
  evidence_.is_read_fresh = true;
  for (const std::unique_ptr<Readback>& readback : readbacks_) {
    readback->Ask(now);
    const bool is_fresh = readback->Seen().IsFresh(now);
    evidence_.is_read_fresh &= is_fresh;
    if (!is_fresh) continue;
    const Observation& one = all.emplace_back(readback->Seen().observation);
    evidence_.read.insert(evidence_.read.end(), one.seen.begin(), one.seen.end());
  }
  return all;
}

void Announcer::Close(absl::string_view reason, absl::Time now) {
  is_closed_ = true;
  evidence_ = {};
  for (Backend& backend : backends_) CloseBackend(backend, reason, now);
}

absl::Duration Announcer::close_max() const {
  absl::Duration longest;
  for (const Backend& backend : backends_) {
    longest = std::max(longest, backend.backend->close_max());
  }
  return longest;
}

bool Announcer::IsIdle() const {
  return std::all_of(backends_.begin(), backends_.end(),
                     [](const Backend& backend) { return backend.backend->IsIdle(); });
}

void Announcer::AddTo(SidecarView& view) const {
  for (const Backend& backend : backends_) {
    view.backends.emplace_back(backend.backend->name());
    Observation observed = backend.backend->Observe();
    std::move(observed.seen.begin(), observed.seen.end(), std::back_inserter(view.seen));
    std::move(observed.sessions.begin(), observed.sessions.end(),
              std::back_inserter(view.sessions));
  }
  for (SidecarView::ServiceView& service : view.services) {
    if (service.is_drained) service.is_drained = !MayBeAnnounced(service, view.seen);
  }
  if (!failure_.empty()) view.backends.push_back(absl::StrCat("kernel (", failure_, ")"));
  for (const std::unique_ptr<Readback>& readback : readbacks_) {
    const ReadbackView& seen = readback->Seen();
    view.backends.push_back(
        absl::StrCat("read back from ", readback->name(),
                     seen.status.ok() ? "" : absl::StrCat(" (", seen.status.message(), ")")));
    if (!seen.IsFresh(view.now)) continue;
    view.seen.insert(view.seen.end(), seen.observation.seen.begin(), seen.observation.seen.end());
  }
  for (const Difference& difference : differences_.Counted()) {
    view.mismatches.push_back({difference.prefix.ToText(), difference.where,
                               difference.WantedAndSeen(), difference.since});
  }
  view.mismatches_total = differences_.total();
}

}  // namespace hither
