#include "anycast/signals/responder_signals.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hither {
namespace {

constexpr size_t kSamplesMax = 512;       // 5 s of ticks of 10 ms.
constexpr double kFloodDropShare = 0.01;  // Of queries.
constexpr uint64_t kFloodDropsMin = 10;   // A burst at the start is not a flood.

std::string AgeText(absl::Duration age) {
  return absl::FormatDuration(absl::Trunc(age, absl::Milliseconds(1)));
}

Signal Unknown(std::string name, Scope scope, std::string detail) {
  return {.name = std::move(name), .scope = scope, .detail = std::move(detail)};
}

Signal Certain(std::string detail) {
  return {
      .name = "responder", .level = Level::kHard, .is_certain = true, .detail = std::move(detail)};
}

}  // namespace

void ResponderSignals::Take(const absl::Status& read, HeartbeatReader::Life life,
                            const Heartbeat& page, absl::Time now) {
  now_ = now;
  is_known_ = read.ok();
  why_unknown_ = std::string(read.message());
  if (!is_known_) {  // Unless known to be dead, it counts as alive.
    is_dead_ = false;
    samples_.clear();
    return;
  }
  const bool was_dead = is_dead_;
  is_dead_ = life == HeartbeatReader::Life::kDead;
  if (!is_dead_ || !was_dead) dead_since_ = is_dead_ ? now : absl::InfiniteFuture();
  if (page.pid != page_.pid || page.started_at != page_.started_at) samples_.clear();
  page_ = page;
  const Sample sample = Sum(now);
  if (!samples_.empty() && sample.queries < samples_.back().queries) samples_.clear();
  samples_.push_back(sample);
  while (samples_.size() > kSamplesMax ||
         (samples_.size() > 2 && samples_[1].at <= now - kWindow)) {
    samples_.pop_front();
  }
}

ResponderSignals::Sample ResponderSignals::Sum(absl::Time now) const {
  Sample sum{.at = now};
  for (const Heartbeat::Worker& worker : page_.workers) {
    sum.queries += worker.queries;
    sum.answered += worker.answered;
    sum.servfail += worker.servfail;
    sum.dropped += worker.dropped;
    sum.unsent += worker.unsent;
  }
  return sum;
}

ResponderSignals::Sample ResponderSignals::Grown() const {
  if (samples_.size() < 2) return {};
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  const auto grown = [](uint64_t from, uint64_t to) { return to > from ? to - from : 0; };
  return {.at = last.at,
          .queries = grown(first.queries, last.queries),
          .answered = grown(first.answered, last.answered),
          .servfail = grown(first.servfail, last.servfail),
          .dropped = grown(first.dropped, last.dropped),
          .unsent = grown(first.unsent, last.unsent)};
}

bool ResponderSignals::IsStuck(const Heartbeat::Worker& worker) const {
  // A worker that has not begun is measured from the start.
  return now_ - std::max(worker.last_turn, page_.started_at) > policy_.stuck_after;
}

void ResponderSignals::AddSignals(const ProbeSummary& probes, std::vector<Signal>& out) const {
  out.push_back(ResponderSignal(probes));
  if (!is_known_ || is_dead_) return;
  AddWorkers(out);
  const Sample grown = Grown();
  out.push_back(
      ShareSignal("servfail share", grown.servfail, grown.answered, policy_.servfail_share_max));
  out.push_back(ShareSignal("drop share", grown.dropped + grown.unsent,
                            grown.queries + grown.dropped, policy_.drop_share_max));
}

Signal ResponderSignals::ResponderSignal(const ProbeSummary& probes) const {
  if (!is_known_) return Unknown("responder", Scope::kLocal, why_unknown_);
  if (is_dead_) return DeadSignal(probes);
  const std::string who = absl::StrCat("hitherd (pid ", page_.pid, ")");
  if (page_.phase == HeartbeatPhase::kLoading) return Certain(who + " is loading its zones");
  if (page_.phase == HeartbeatPhase::kEnding) return Certain(who + " is shutting down");
  const auto stuck = std::count_if(page_.workers.begin(), page_.workers.end(),
                                   [this](const auto& worker) { return IsStuck(worker); });
  Signal signal{.name = "responder", .level = Level::kOk, .detail = who + " turns"};
  if (stuck < static_cast<int64_t>(page_.workers.size())) return signal;
  signal.level = Level::kHard;
  signal.is_certain = probes.asked > 0 && probes.answered == 0;
  absl::Time last = absl::InfinitePast();
  for (const Heartbeat::Worker& worker : page_.workers) last = std::max(last, worker.last_turn);
  signal.detail = absl::StrCat(who, " hangs: no worker loop has run for ",
                               AgeText(now_ - std::max(last, page_.started_at)),
                               signal.is_certain ? " and no probe is answered" : "");
  return signal;
}

Signal ResponderSignals::DeadSignal(const ProbeSummary& probes) const {
  // The page belongs to a dead process, but a server answers as ours would: its page is elsewhere.
  if (probes.answered > 0 && probes.answered_at > dead_since_) {
    return Unknown("responder", Scope::kLocal,
                   absl::StrCat("hitherd (pid ", page_.pid,
                                ") has exited, yet probes are answered; "
                                "do both daemons have the same heartbeat: path?"));
  }
  return Certain(absl::StrCat("hitherd (pid ", page_.pid, ") has exited: its lock is free"));
}

void ResponderSignals::AddWorkers(std::vector<Signal>& out) const {
  if (page_.workers.size() < 2 || page_.phase != HeartbeatPhase::kServing) return;
  for (size_t i = 0; i < page_.workers.size(); ++i) {
    const Heartbeat::Worker& worker = page_.workers[i];
    Signal signal{.name = absl::StrCat("worker ", i), .level = Level::kOk, .detail = "turns"};
    if (IsStuck(worker)) {
      signal.level = Level::kSoft;
      signal.detail = worker.last_turn == absl::InfinitePast()
                          ? "has never run"
                          : absl::StrCat("has not run for ", AgeText(now_ - worker.last_turn));
    }
    out.push_back(std::move(signal));
  }
}

Signal ResponderSignals::ShareSignal(const char* name, uint64_t part, uint64_t whole,
                                     double share_max) const {
  Signal signal{.name = name, .level = Level::kOk, .detail = ""};
  if (whole < kAnswersMin) {
    signal.detail = "too few queries to judge";
    return signal;
  }
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  if (share > share_max) signal.level = Level::kSoft;
  signal.detail = absl::StrFormat("%.1f %% of %d in %s; %.1f %% are tolerated", share * 100, whole,
                                  absl::FormatDuration(kWindow), share_max * 100);
  return signal;
}

Signal ResponderSignals::ZoneSignal(const std::string& name, absl::Time wall) const {
  std::string title = absl::StrCat("zone ", name);
  if (!is_known_ || is_dead_) return Unknown(title, Scope::kShared, "no heartbeat was read");
  if (!page_.zones_are_known)
    return Unknown(title, Scope::kShared, "the server is updating the zones");
  if (now_ - page_.control_turn > kZonesAgeMax) {
    return Unknown(title, Scope::kShared,
                   absl::StrCat("not reported for ", AgeText(now_ - page_.control_turn)));
  }
  const absl::StatusOr<Name> apex = Name::FromText(name);
  const Heartbeat::Zone* zone = apex.ok() ? page_.Find(*apex) : nullptr;
  if (zone == nullptr) return Unknown(title, Scope::kShared, "the heartbeat does not report it");
  Signal signal{.name = std::move(title),
                .scope = Scope::kShared,
                .level = Level::kOk,
                .detail = absl::StrCat("serial ", zone->serial)};
  if (!(zone->flags & kHeartbeatLoaded)) {
    signal.level = Level::kHard;
    signal.detail = "not loaded: its names get SERVFAIL";
  } else if (zone->flags & kHeartbeatExpired) {
    signal.level = Level::kHard;
    absl::StrAppend(&signal.detail, " has been stale for over its EXPIRE of ", zone->expire_seconds,
                    " s");
  } else if (zone->flags & kHeartbeatStale) {
    signal.level = Level::kSoft;
    absl::StrAppend(&signal.detail, " has been stale since ",
                    absl::FormatTime(absl::RFC3339_sec, zone->stale_since, absl::UTCTimeZone()),
                    ": the last load failed");
  }
  if (signal.level != Level::kHard && zone->signatures_end < wall + policy_.signatures_margin) {
    signal.level = Level::kSoft;
    // Not the time that is left: the journal would have an entry each second.
    absl::StrAppend(&signal.detail, "; its first signature ",
                    zone->signatures_end < wall ? "expired at " : "expires at ",
                    absl::FormatTime(absl::RFC3339_sec, zone->signatures_end, absl::UTCTimeZone()));
  }
  return signal;
}

std::string ResponderSignals::ZoneOf(const std::string& name) const {
  const absl::StatusOr<Name> of = Name::FromText(name);
  if (!is_known_ || !of.ok()) return "";
  // If not all zones are listed, a parent zone may hide the one that is meant.
  const bool all_told = page_.zones_total <= page_.zones.size();
  const Heartbeat::Zone* zone = all_told ? page_.FindEnclosing(*of) : page_.Find(*of);
  return zone == nullptr ? "" : zone->name.ToText();
}

std::optional<uint32_t> ResponderSignals::SerialOf(const std::string& name) const {
  const absl::StatusOr<Name> of = Name::FromText(name);
  if (!is_known_ || is_dead_ || !page_.zones_are_known || !of.ok()) return std::nullopt;
  const Heartbeat::Zone* zone = page_.Find(*of);  // Below the apex there is no SOA to compare.
  if (zone == nullptr || !(zone->flags & kHeartbeatLoaded)) return std::nullopt;
  return zone->serial;
}

std::optional<double> ResponderSignals::queries_per_second() const {
  if (!is_known_ || is_dead_ || samples_.size() < 2) return std::nullopt;
  const double seconds = absl::ToDoubleSeconds(samples_.back().at - samples_.front().at);
  if (seconds <= 0) return std::nullopt;
  return static_cast<double>(Grown().queries) / seconds;
}

bool ResponderSignals::IsPartlyStuck() const {
  if (!is_known_ || is_dead_) return false;
  const auto late = std::count_if(
      page_.workers.begin(), page_.workers.end(),
      [this](const Heartbeat::Worker& worker) { return now_ - worker.last_turn > kLateTurn; });
  return late > 0 && late < static_cast<int64_t>(page_.workers.size());
}

bool ResponderSignals::IsFlooded() const {
  if (!is_known_ || is_dead_ || page_.phase != HeartbeatPhase::kServing) return false;
  if (std::all_of(page_.workers.begin(), page_.workers.end(),
                  [this](const auto& worker) { return IsStuck(worker); })) {
    return false;
  }
  const Sample grown = Grown();
  const double queries = static_cast<double>(grown.queries + grown.dropped);
  return grown.dropped >= kFloodDropsMin &&
         static_cast<double>(grown.dropped) > kFloodDropShare * queries;
}

}  // namespace hither
