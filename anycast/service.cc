#include "anycast/service.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "anycast/policy/explain.h"
#include "server/base/printable.h"

namespace hither {
namespace {

constexpr int FamilyNumber(Families family) {
  return family == Families::kIpv6 ? AF_INET6 : AF_INET;
}

// Between the monotonic clock and the wall's, both read at once.
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

constexpr absl::string_view kUnprovenReason = "added by a reload, not yet seen to be good";

}  // namespace

std::string ToLine(const Transition& t) {
  const std::string reason = absl::StrReplaceAll(Printable(t.reason), {{"\"", "'"}});
  return absl::StrCat("transition service=", t.service, " family=", ToText(t.family),
                      " from=", ToText(t.from), " to=", ToText(t.to), " rule=", t.rule,
                      " after=", absl::FormatDuration(absl::Trunc(t.after, absl::Milliseconds(1))),
                      " prefixes=", absl::StrJoin(t.prefixes, ","), " reason=\"", reason, "\"");
}

Service::Service(const AnycastConfig::Service& config, const AnycastConfig::Policy& policy)
    : config_(config), policy_(policy) {
  families_[0].family = Families::kIpv4;
  families_[1].family = Families::kIpv6;
  for (Family& family : families_) {
    for (const Prefix& prefix : config_.prefixes) {
      if (prefix.family == FamilyNumber(family.family)) family.prefixes.push_back(prefix);
    }
  }
}

void Service::Tick(const AnycastConfig::Peers& peers, absl::string_view self,
                   const ServiceFacts& facts, absl::Time now,
                   std::vector<Transition>& transitions) {
  facts_.now = now;
  facts_.signals = facts.signals;
  facts_.intent = intent_;
  facts_.queries_per_second = facts.queries_per_second;
  for (Family& family : families_) {
    const bool is_v6 = family.family == Families::kIpv6;
    FleetView& fleet = is_v6 ? facts_.fleet_ipv6 : facts_.fleet_ipv4;
    fleet = ViewFleet(peers, self, is_v6 ? facts.peers_ipv6 : facts.peers_ipv4, now, family.wish);
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

void Service::Prove(Family& family, std::vector<Transition>& transitions) const {
  const bool is_good = family.memory.good_for.has_value() &&
                       *family.memory.good_for >= policy_.rise_first &&
                       family.verdict.state >= State::kSoft;
  if (family.unproven.empty() || !is_good) return;
  transitions.push_back({config_.name, family.family, Texts(family.unproven), State::kDown,
                         family.verdict.state, family.verdict.rule,
                         "added by a reload, and seen to be good", absl::ZeroDuration()});
  family.unproven.clear();
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
  for (Family& family : families_) Forgive(now, family.memory);  // To be kept before the next tick.
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
    if (!family.has_prefixes()) continue;  // What was never announced was never withdrawn.
    KeptState::Family& to = family.family == Families::kIpv6 ? kept.ipv6 : kept.ipv4;
    to.withdrawals = Shifted(family.memory.withdrawals, to_wall);
    to.hold_down = family.memory.hold_down;
    to.hold_down_until = family.memory.hold_down_until + to_wall;
  }
  return kept;
}

void Service::Resume(const KeptState::Service& kept, absl::Time wall, absl::Time now) {
  const absl::Duration to_monotonic = now - wall;
  intent_ = {};
  intent_.drain = kept.drain;
  // The wall clock may have been set back: a drain does not begin in the future.
  if (kept.drain) intent_.drain_since = std::min(kept.drain_since + to_monotonic, now);
  intent_.frozen_until = std::min(kept.frozen_until + to_monotonic, now + absl::Hours(24));
  for (Family& family : families_) {
    const KeptState::Family& from = family.family == Families::kIpv6 ? kept.ipv6 : kept.ipv4;
    PolicyMemory memory;
    memory.withdrawals = Shifted(from.withdrawals, to_monotonic);
    // A clock that was set back must not make a budget last for years.
    for (absl::Time& at : memory.withdrawals) at = std::min(at, now);
    memory.has_withdrawn = !from.withdrawals.empty();
    memory.hold_down = from.hold_down;
    memory.hold_down_until =
        std::min(from.hold_down_until + to_monotonic, now + policy_.hold_down_max);
    family.memory = hither::Resume(memory, now);
  }
}

void Service::TakeOver(const Service& former) {
  intent_ = former.intent_;
  drain_ends_with_us_ = former.drain_ends_with_us_;
  facts_ = former.facts_;
  for (Family& family : families_) {
    const Family& before = former.families_[family.family == Families::kIpv6 ? 1 : 0];
    for (const Prefix& prefix : family.prefixes) {
      if (IsIn(before.prefixes, prefix) && !IsIn(before.unproven, prefix)) continue;
      family.unproven.push_back(prefix);
    }
    if (family.unproven.size() == family.prefixes.size()) {  // Nothing of it is announced.
      family.unproven.clear();
      if (before.has_prefixes()) family.memory = hither::Resume(before.memory, former.facts_.now);
      continue;
    }
    family.memory = before.memory;
    family.wish = before.wish;
    family.verdict = before.verdict;
    if (!family.unproven.empty()) family.memory.good_for.reset();  // It was another's.
  }
}

SidecarView::FamilyView Service::FamilyViewOf(const Family& family, absl::Time now) const {
  SidecarView::FamilyView view;
  view.is_v6 = family.family == Families::kIpv6;
  view.prefixes = Texts(family.prefixes);
  view.verdict = family.verdict;
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

std::optional<Service::Tells> Service::Told(Families which, absl::Time now) const {
  for (const Family& family : families_) {
    if (family.family != which || !family.has_prefixes()) continue;
    return Tells{family.verdict.state, family.wish.stands(), family.wish.has_yielded(now)};
  }
  return std::nullopt;
}

const FleetView& Service::fleet() const {
  return facts_.fleet(families_[0].has_prefixes() ? Families::kIpv4 : Families::kIpv6);
}

std::optional<bool> Service::AnotherAnnounces() const {
  bool all = true;
  for (const Family& family : families_) {
    if (!family.has_prefixes()) continue;
    const FleetView& fleet = facts_.fleet(family.family);
    if (!fleet.is_asked || !fleet.is_known) return std::nullopt;
    all &= fleet.others_announcing > 0;
  }
  return all;
}

}  // namespace hither
