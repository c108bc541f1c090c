#include "anycast/service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "anycast/policy/explain.h"
#include "base/printable.h"

namespace hither {
namespace {

// Between the monotonic clock and the wall clock, read together.
std::vector<absl::Time> Shifted(const std::vector<absl::Time>& times, absl::Duration by) {
  std::vector<absl::Time> shifted;
  for (const absl::Time at : times) shifted.push_back(at + by);
  return shifted;
}

bool IsIn(const std::vector<Prefix>& prefixes, const Prefix& prefix) {
  return std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end();
}

std::vector<std::string> Texts(const std::vector<Prefix>& prefixes) {
  std::vector<std::string> texts;
  for (const Prefix& prefix : prefixes) texts.push_back(prefix.ToText());
  return texts;
}

// A loop that continues after a hang learns within this time that its sessions have ended.
constexpr absl::Duration kHungMax = absl::Seconds(3);
constexpr absl::Duration kClockWander = absl::Seconds(2);

constexpr absl::string_view kUnprovenReason = "added by a reload, not yet healthy";

}  // namespace

std::string ToLine(const Transition& t) {
  const std::string reason = absl::StrReplaceAll(Printable(t.reason), {{"\"", "'"}});
  return absl::StrCat("transition service=", t.service, " family=", WordOf(t.family),
                      " from=", ToText(t.from), " to=", ToText(t.to), " rule=", t.rule,
                      " after=", absl::FormatDuration(absl::Trunc(t.after, absl::Milliseconds(1))),
                      " prefixes=", absl::StrJoin(t.prefixes, ","), " reason=\"", reason, "\"");
}

Service::Service(const AnycastConfig::Service& config, const AnycastConfig::Policy& policy)
    : config_(config), policy_(policy) {
  families_[0].family = IpFamily::kV4;
  families_[1].family = IpFamily::kV6;
  for (Family& family : families_) {
    for (const Prefix& prefix : config_.prefixes) {
      if (prefix.family == family.family) family.prefixes.push_back(prefix);
    }
  }
}

void Service::Tick(const AnycastConfig::Peers& peers, absl::string_view self,
                   const ServiceFacts& facts, absl::Time now,
                   std::vector<Transition>& transitions) {
  const absl::Duration passed = now - std::exchange(last_tick_, now);
  if (passed > policy_.lease && passed != absl::InfiniteDuration()) hung_at_ = now;
  facts_.now = now;
  facts_.signals = facts.signals;
  facts_.intent = intent_;
  facts_.queries_per_second = facts.queries_per_second;
  for (Family& family : families_) {
    const bool is_v6 = family.family == IpFamily::kV6;
    FleetView& fleet = is_v6 ? facts_.fleet_ipv6 : facts_.fleet_ipv4;
    fleet = ViewFleet(peers, self, is_v6 ? facts.peers_ipv6 : facts.peers_ipv4, now, family.wish);
    (is_v6 ? facts_.lost_ipv6 : facts_.lost_ipv4) = IsLost(family, passed, facts, now);
    const Verdict before = family.verdict;
    family.before = family.memory;
    family.verdict = Decide(policy_, family.family, facts_, family.memory);
    TellWish(family.verdict, now, family.wish);
    Prove(family, transitions);
    if (!family.has_prefixes() || family.verdict.state == before.state) continue;
    const bool is_first = before.rule.empty();
    transitions.push_back({config_.name, family.family, Texts(family.prefixes), before.state,
                           family.verdict.state, family.verdict.rule, family.verdict.reason,
                           is_first ? absl::ZeroDuration() : now - before.since});
  }
}

// `passed` since the previous tick. Beyond the lease nothing kept the announcement: either its end
// shows in the next ticks, or it did not end.
bool Service::IsLost(Family& family, absl::Duration passed, const ServiceFacts& facts,
                     absl::Time now) const {
  if (passed > policy_.lease && passed != absl::InfiniteDuration()) {
    family.was_announced = family.announced == true;
  }
  const bool is_lost =
      family.was_announced && (family.announced == false || passed > facts.outlives);
  if (is_lost || now - hung_at_ > kHungMax) family.was_announced = false;
  return is_lost;
}

void Service::Prove(Family& family, std::vector<Transition>& transitions) const {
  const bool is_good = family.memory.good_for.has_value() &&
                       *family.memory.good_for >= policy_.rise_first &&
                       family.verdict.state >= State::kSoft;
  if (family.unproven.empty() || !is_good) return;
  transitions.push_back({config_.name, family.family, Texts(family.unproven), State::kDown,
                         family.verdict.state, family.verdict.rule,
                         "added by a reload, and healthy", absl::ZeroDuration()});
  family.unproven.clear();
}

// Prefixes that a reload has added wait, without effect on the others.
void Service::NoteAnnounced(
    absl::FunctionRef<std::optional<bool>(const std::vector<Prefix>&)> is_announced) {
  for (Family& family : families_) {
    std::vector<Prefix> wanted = family.prefixes;
    std::erase_if(wanted, [&](const Prefix& prefix) { return IsIn(family.unproven, prefix); });
    family.announced = is_announced(wanted);
  }
}

void Service::TellStanding(absl::Time now, std::vector<StandingLine>& lines) {
  for (Family& family : families_) {
    if (!family.has_prefixes()) continue;
    const std::string line =
        family.standing.Update(family.verdict, facts_.signals, family.family, now);
    if (line.empty()) continue;
    lines.push_back({absl::StrCat("service=", config_.name, " ", line), family.standing.is_good()});
  }
}

std::string Service::JournalLine(absl::Time wall) {
  return journal_.Tick(wall, config_.name, policy_, facts_,
                       {families_[0].verdict, families_[0].before},
                       {families_[1].verdict, families_[1].before});
}

const RouteAttributes& Service::AttributesOf(State state) const {
  static const RouteAttributes kNone;
  switch (state) {
    case State::kUp:
      return config_.up;
    case State::kSoft:
      return config_.soft;
    case State::kDrain:
      return config_.drain;
    case State::kDown:
      break;
  }
  return kNone;
}

void Service::AddRoutes(std::vector<Route>& routes) const {
  for (const Family& family : families_) {
    for (const Prefix& prefix : family.prefixes) {
      const bool waits = IsIn(family.unproven, prefix);
      const State state = waits ? State::kDown : family.verdict.state;
      routes.push_back({prefix, state, AttributesOf(state), config_.name,
                        waits ? std::string(kUnprovenReason) : family.verdict.reason});
    }
  }
}

void Service::Drain(absl::Time now) {
  drain_ends_with_us_ = false;
  if (intent_.drain) return;
  intent_.drain = true;
  intent_.drain_since = now;
}

void Service::DrainForStop(absl::Time now) {
  if (intent_.drain) return;
  Drain(now);
  drain_ends_with_us_ = true;
}

void Service::Undrain(absl::Time now) {
  intent_.drain = drain_ends_with_us_ = false;
  intent_.drain_since = absl::InfiniteFuture();
  intent_.forgiven_at = now;
  for (Family& family : families_) Forgive(now, family.memory);  // Saved before the next tick.
}

bool Service::IsDrained() const { return intent_.drain && !IsAnnounced(); }

bool Service::IsAnnounced() const {
  return std::any_of(families_.begin(), families_.end(), [](const Family& family) {
    return family.has_prefixes() && family.verdict.state != State::kDown;
  });
}

KeptState::Service Service::Keep(absl::Time wall, absl::Time now) const {
  const absl::Duration to_wall = wall - now;
  KeptState::Service kept;
  kept.drain = intent_.drain && !drain_ends_with_us_;
  if (kept.drain) kept.drain_since = intent_.drain_since + to_wall;
  if (intent_.frozen_until > now) kept.frozen_until = intent_.frozen_until + to_wall;
  for (const Family& family : families_) {
    if (!family.has_prefixes()) continue;  // Never announced, so never withdrawn.
    KeptState::Family& to = family.family == IpFamily::kV6 ? kept.ipv6 : kept.ipv4;
    to.withdrawals = Shifted(family.memory.withdrawals, to_wall);
    to.hold_down = family.memory.hold_down;
    to.hold_down_until = family.memory.hold_down_until + to_wall;
    // A drain is an orderly withdrawal, whatever ends it.
    to.was_announced = family.announced == true && !intent_.drain;
  }
  return kept;
}

void Service::Resume(const KeptState::Service& kept, absl::Time wall, absl::Time now) {
  const absl::Duration to_monotonic = now - wall;
  intent_ = {};
  intent_.drain = kept.drain;
  // The wall clock may have been set back: a drain cannot begin in the future.
  if (kept.drain) intent_.drain_since = std::min(kept.drain_since + to_monotonic, now);
  intent_.frozen_until = std::min(kept.frozen_until + to_monotonic, now + absl::Hours(24));
  for (Family& family : families_) {
    const KeptState::Family& from = family.family == IpFamily::kV6 ? kept.ipv6 : kept.ipv4;
    PolicyMemory memory;
    // A time in the future is from a clock that was wrong, then or now: it proves nothing.
    for (const absl::Time at : Shifted(from.withdrawals, to_monotonic)) {
      const bool is_over = now - at >= policy_.withdrawals_window;
      if (at <= now + kClockWander && !is_over) memory.withdrawals.push_back(std::min(at, now));
    }
    memory.has_withdrawn = !memory.withdrawals.empty();
    const absl::Time until = from.hold_down_until + to_monotonic;
    if (until - from.hold_down <= now + kClockWander) {
      memory.hold_down = from.hold_down;
      memory.hold_down_until = std::min(until, now + policy_.hold_down_max);
    }
    family.memory = hither::Resume(memory, now);
    if (family.has_prefixes() && from.was_announced && !kept.drain) CountLoss(now, family.memory);
  }
}

void Service::TakeOver(const Service& former) {
  intent_ = former.intent_;
  drain_ends_with_us_ = former.drain_ends_with_us_;
  last_tick_ = former.last_tick_;
  hung_at_ = former.hung_at_;
  facts_ = former.facts_;
  for (Family& family : families_) {
    const Family& before = former.families_[family.family == IpFamily::kV6 ? 1 : 0];
    for (const Prefix& prefix : family.prefixes) {
      if (IsIn(before.prefixes, prefix) && !IsIn(before.unproven, prefix)) continue;
      family.unproven.push_back(prefix);
    }
    if (family.unproven.size() == family.prefixes.size()) {  // None of it is announced.
      family.unproven.clear();
      if (before.has_prefixes()) family.memory = hither::Resume(before.memory, former.facts_.now);
      continue;
    }
    family.memory = before.memory;
    family.wish = before.wish;
    family.verdict = before.verdict;
    family.standing = before.standing;
    family.announced = before.announced;
    if (!family.unproven.empty()) family.memory.good_for.reset();  // It belonged to other prefixes.
  }
}

SidecarView::FamilyView Service::FamilyViewOf(const Family& family, absl::Time now) const {
  SidecarView::FamilyView view;
  view.family = family.family;
  view.prefixes = Texts(family.prefixes);
  view.verdict = family.verdict;
  view.announced = family.announced;
  view.fleet = facts_.fleet(family.family);
  view.withdrawals = WithdrawalsInWindow(policy_, family.memory, now);
  view.notes =
      Explain(policy_, config_.name, family.family, facts_, family.verdict, family.memory).outlook;
  for (const Prefix& prefix : family.unproven) {
    view.notes.push_back(absl::StrCat(prefix.ToText(), " is not announced: ", kUnprovenReason));
  }
  return view;
}

SidecarView::ServiceView Service::View(absl::Time now) const {
  SidecarView::ServiceView view;
  view.name = config_.name;
  view.intent = intent_;
  view.queries_per_second = facts_.queries_per_second;
  view.signals = facts_.signals;
  view.is_drained = IsDrained();
  for (const Family& family : families_) {
    if (family.has_prefixes()) view.families.push_back(FamilyViewOf(family, now));
  }
  return view;
}

std::optional<Service::Tells> Service::Told(IpFamily which, absl::Time now) const {
  for (const Family& family : families_) {
    if (family.family != which || !family.has_prefixes()) continue;
    return Tells{family.verdict.state, family.announced, family.wish.stands(),
                 family.wish.has_yielded(now)};
  }
  return std::nullopt;
}

std::optional<bool> Service::AnotherAnnounces() const {
  bool all = true;
  bool is_known = true;
  for (const Family& family : families_) {
    if (!family.has_prefixes() || family.verdict.state == State::kDown) continue;
    const FleetView& fleet = facts_.fleet(family.family);
    if (fleet.others_announcing > 0) continue;
    all = false;
    // A peer that does not answer, or does not know, may announce.
    is_known &= fleet.is_asked && fleet.is_known && fleet.others_unknown == 0;
  }
  if (all) return true;
  return is_known ? std::optional<bool>(false) : std::nullopt;
}

}  // namespace hither
