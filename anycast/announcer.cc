#include "anycast/announcer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/route/bird_readback.h"
#include "anycast/route/frr_readback.h"
#include "base/clock.h"
#include "base/log.h"

namespace hither {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);

// The ASes that a route of this node has passed on its way to the router that is read back from:
// ours, and what that router may put before it. Empty without `bgp`.
std::vector<uint32_t> OwnAses(const AnycastConfig& config) {
  if (!config.bgp.has_value()) return {};
  std::vector<uint32_t> ases = {config.bgp->local_as};
  for (const AnycastConfig::Neighbor& neighbor : config.bgp->neighbors) ases.push_back(neighbor.as);
  return ases;
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

void Announcer::Slot::Close(absl::string_view reason, absl::Time now) {
  if (IsClosing()) return;
  backend->Close(reason);
  closed_at = now;
}

bool Announcer::Slot::HasEnded(absl::Time now) const {
  return IsClosing() && (backend->IsIdle() || now - closed_at > backend->close_max());
}

bool Announcer::Has(const BackendKind& kind) const {
  return std::ranges::find(slots_, &kind, &Slot::kind) != slots_.end();
}

absl::Status Announcer::Configure(const AnycastConfig& config, absl::Time now) {
  for (const BackendKind& kind : kinds_) {
    if (kind.try_out == nullptr || !kind.is_wanted(config)) continue;
    if (auto trial = kind.try_out(config); !trial.ok()) return trial;
  }
  const bool is_first = !std::exchange(is_configured_, true);
  for (Slot& slot : slots_) {
    if (slot.kind->differs(config_, config)) {
      slot.Close("reconfigured", now);
    } else if (auto set = slot.backend->SetServices(config.services); !set.ok()) {
      Log(LogLevel::kError, set.message());  // Tried above: it is the host that refuses now.
    } else {
      slot.backend->SetConfig(config);
    }
  }
  config_ = config;
  MakeReadbacks();
  const absl::Status made = MakeMissing();
  if (is_first) return made;
  tried_ = now;
  return absl::OkStatus();
}

void Announcer::MakeReadbacks() {
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
}

// Each for itself: one that cannot be made does not prevent the others.
absl::Status Announcer::MakeMissing() {
  absl::Status status;
  missing_.why.clear();
  for (const BackendKind& kind : kinds_) {
    if (!kind.is_wanted(config_) || Has(kind)) continue;
    auto backend = kind.make(loop_, config_);
    if (backend.ok()) {
      slots_.push_back({.kind = &kind, .backend = *std::move(backend)});
    } else if (status.ok()) {
      status = backend.status();
      missing_.kind = kind.name;
      missing_.why = std::string(status.message());
    }
  }
  const absl::Time now = MonotonicNow();
  if (status.ok()) {
    if (missing_.reminder.Ended(now)) {
      Log(LogLevel::kInfo, "the ", missing_.kind, " backend works again");
    }
  } else if (missing_.reminder.Holds(missing_.why, now)) {
    Log(LogLevel::kError, missing_.why, "; the sidecar retries every second",
        missing_.reminder.Note(now));
  }
  return status;
}

void Announcer::RetryMissing(absl::Time now) {
  if (missing_.why.empty() || now - tried_ < kRetry) return;
  tried_ = now;
  MakeMissing().IgnoreError();  // It has been told.
}

void Announcer::DropIdle(absl::Time now) {
  const auto has_ended = [now](const Slot& slot) { return slot.HasEnded(now); };
  if (std::erase_if(slots_, has_ended) == 0) return RetryMissing(now);
  tried_ = now;
  MakeMissing().IgnoreError();
}

std::vector<std::string> Announcer::EndedBy(const AnycastConfig& config) const {
  std::vector<std::string> lines;
  for (const Slot& slot : slots_) {
    if (slot.kind->ended_by != nullptr) {
      for (std::string& line : slot.kind->ended_by(config_, config)) {
        lines.push_back(std::move(line));
      }
    }
    if (!slot.kind->announces || !slot.kind->differs(config_, config)) continue;
    lines.push_back(absl::StrCat("restarts the ", slot.kind->name,
                                 " backend because its settings changed; its routes are withdrawn ",
                                 "briefly"));
  }
  return lines;
}

bool Announcer::EndsAll(const AnycastConfig& config) const {
  bool any_ends = false;
  for (const Slot& slot : slots_) {
    const BackendKind& kind = *slot.kind;
    if (!kind.announces) continue;
    any_ends = true;
    if (slot.IsClosing() || kind.differs(config_, config)) continue;
    const bool ends_all =
        kind.ends_all_of != nullptr && kind.ends_all_of(slot.backend->Observe(), config_, config);
    if (!ends_all) return false;
  }
  return any_ends;
}

bool Announcer::EndsAllOf(IpFamily family, const AnycastConfig& config) const {
  bool any_ends = false;
  for (const Slot& slot : slots_) {
    const BackendKind& kind = *slot.kind;
    if (!kind.announces || slot.IsClosing()) continue;
    const Observation observed = slot.backend->Observe();
    const bool has_family = std::ranges::any_of(observed.seen, [family](const auto& seen) {
      return seen.prefix.family == family && seen.kind == Observation::Kind::kAnnounced;
    });
    if (!has_family) continue;
    any_ends = true;
    const bool ends =
        kind.differs(config_, config) ||
        (kind.ends_family != nullptr && kind.ends_family(family, observed, config_, config));
    if (!ends) return false;
  }
  return any_ends;
}

void Announcer::Tick(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  if (is_closed_) return;
  DropIdle(now);
  for (Slot& slot : slots_) {
    if (!slot.IsClosing()) slot.backend->Announce(routes, now, until);
  }
  for (const std::string& line : differences_.Update(routes, Observe(now), now)) {
    Log(LogLevel::kWarning, line);
  }
  const std::vector<Prefix> again = differences_.TakeToAnnounceAgain(now);
  if (again.empty()) return;
  for (Slot& slot : slots_) slot.backend->AnnounceAgain(again);
}

// What backends and read-backs see, which is also the evidence. A backend that is closing
// withdraws: what it still has is on its way out.
std::vector<Observation> Announcer::Observe(absl::Time now) {
  std::vector<Observation> all;
  evidence_ = {};
  for (const Slot& slot : slots_) {
    if (slot.IsClosing()) continue;
    const Observation& one = all.emplace_back(slot.backend->Observe());
    evidence_.said.insert(evidence_.said.end(), one.seen.begin(), one.seen.end());
    if (!one.sessions.empty()) reasons_.Note(one.sessions, now);
  }
  evidence_.is_read_back = !readbacks_.empty();
  evidence_.is_read_fresh = true;
  for (const std::unique_ptr<Readback>& readback : readbacks_) {
    readback->Ask(now);
    LogReadback(*readback, now);
    const bool is_fresh = readback->Seen().IsFresh(now);
    evidence_.is_read_fresh &= is_fresh;
    if (!is_fresh) continue;
    const Observation& one = all.emplace_back(readback->Seen().observation);
    evidence_.read.insert(evidence_.read.end(), one.seen.begin(), one.seen.end());
  }
  return all;
}

// Without read-back nothing reveals a filter, so its failure must not pass in silence.
void Announcer::LogReadback(const Readback& readback, absl::Time now) {
  const absl::Status& status = readback.Seen().status;
  if (absl::IsUnknown(status)) return;  // Not asked yet.
  Reminder& fault = readback_faults_[std::string(readback.name())];
  if (status.ok()) {
    if (fault.Ended(now)) Log(LogLevel::kInfo, "readback: ", readback.name(), ": works again");
  } else if (fault.Holds(status.message(), now)) {
    Log(LogLevel::kWarning, "readback: ", readback.name(), ": ", status.message(),
        "; the sidecar does not see what its router announces", fault.Note(now));
  }
}

void Announcer::Close(absl::string_view reason, absl::Time now) {
  is_closed_ = true;
  evidence_ = {};
  for (Slot& slot : slots_) slot.Close(reason, now);
}

absl::Duration Announcer::close_max() const {
  absl::Duration longest;
  for (const Slot& slot : slots_) {
    longest = std::max(longest, slot.backend->close_max());
  }
  return longest;
}

bool Announcer::IsIdle() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) { return slot.backend->IsIdle(); });
}

void Announcer::AddTo(SidecarView& view) const {
  for (const Slot& slot : slots_) {
    view.backends.emplace_back(slot.backend->name());
    Observation observed = slot.backend->Observe();
    std::move(observed.seen.begin(), observed.seen.end(), std::back_inserter(view.seen));
    std::move(observed.sessions.begin(), observed.sessions.end(),
              std::back_inserter(view.sessions));
  }
  reasons_.AddTo(view.sessions);
  for (SidecarView::ServiceView& service : view.services) {
    if (service.is_drained) service.is_drained = !MayBeAnnounced(service, view.seen);
  }
  if (!missing_.why.empty()) {
    view.backends.push_back(absl::StrCat(missing_.kind, " (", missing_.why, ")"));
  }
  for (const std::unique_ptr<Readback>& readback : readbacks_) {
    const ReadbackView& seen = readback->Seen();
    view.backends.push_back(
        absl::StrCat("read back from ", readback->name(),
                     seen.status.ok() ? "" : absl::StrCat(" (", seen.status.message(), ")")));
    view.readbacks.push_back({std::string(readback->name()),
                              seen.status.ok() && seen.IsFresh(view.now),
                              std::string(seen.status.message())});
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
