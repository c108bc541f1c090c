// Which ticks are worth a line.

#include <algorithm>
#include <utility>

#include "anycast/journal/journal.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/policy/policy_fields.h"

namespace hither {
namespace {

// A signal's detail is for people: a probe that took a millisecond longer is not a change.
bool IsSame(const Signal& a, const Signal& b) {
  return a.name == b.name && a.scope == b.scope && a.level == b.level && a.families == b.families &&
         a.is_certain == b.is_certain;
}

// The number of queries decides only while traffic leaves a draining node. At other times a service
// with about as many queries as the limit would cross it every few seconds.
bool IsDraining(const JournalEntry& entry) {
  return entry.ipv4.verdict.state == State::kDrain || entry.ipv6.verdict.state == State::kDrain;
}

bool IsQuiet(const JournalEntry& entry) {
  const std::optional<double>& queries = entry.facts.queries_per_second;
  return queries.has_value() && *queries <= entry.policy.drained_queries_per_second;
}

bool IsSame(const Verdict& a, const Verdict& b) {
  return a.state == b.state && a.rule == b.rule && a.since == b.since &&
         a.wants_to_withdraw == b.wants_to_withdraw;
}

bool IsSame(const AnycastConfig::Policy& a, const AnycastConfig::Policy& b) {
  return std::ranges::all_of(PolicyFields(), [&](const PolicyField& field) {
    return std::visit([&](auto member) { return a.*member == b.*member; }, field.member);
  });
}

bool IsSame(const Facts& a, const Facts& b) {
  return a.intent == b.intent && a.lost_ipv4 == b.lost_ipv4 && a.lost_ipv6 == b.lost_ipv6 &&
         a.fleet_ipv4 == b.fleet_ipv4 && a.fleet_ipv6 == b.fleet_ipv6 &&
         std::ranges::equal(a.signals, b.signals,
                            [](const Signal& x, const Signal& y) { return IsSame(x, y); });
}

}  // namespace

bool JournalWriter::IsNew(const JournalEntry& entry) const {
  if (!last_.has_value() || !IsSame(entry.policy, last_->policy)) return true;
  // A shorter delay changes no decision: what the policy adds up is right at the next entry.
  const bool is_gap = entry.facts.now - entry.previous > kGapTicks * entry.policy.tick;
  const bool is_other_load =
      (IsDraining(entry) || IsDraining(*last_)) && IsQuiet(entry) != IsQuiet(*last_);
  return is_gap || is_other_load || !IsSame(entry.facts, last_->facts) ||
         !IsSame(entry.ipv4.verdict, last_->ipv4.verdict) ||
         !IsSame(entry.ipv6.verdict, last_->ipv6.verdict) || entry.ticks == kJournalTicksMax;
}

std::string JournalWriter::Tick(absl::Time wall, absl::string_view service,
                                const AnycastConfig::Policy& policy, const Facts& facts,
                                JournalEntry::Family ipv4, JournalEntry::Family ipv6) {
  JournalEntry entry{.wall = wall,
                     .service = std::string(service),
                     .is_first = !last_.has_value(),
                     .follows = last_.has_value() ? std::optional(last_->facts.now) : std::nullopt,
                     .previous = last_.has_value() ? last_tick_ : facts.now,
                     .ticks = ++ticks_,
                     .policy = policy,
                     .facts = facts,
                     .ipv4 = std::move(ipv4),
                     .ipv6 = std::move(ipv6)};
  last_tick_ = facts.now;
  const absl::Duration since_whole = facts.now - last_whole_;
  const bool is_whole_due =
      since_whole >= kJournalWholeEvery || (must_be_whole_ && since_whole >= kJournalWholeAgain);
  const bool is_due = !last_.has_value() || facts.now - last_->facts.now >= kJournalEvery;
  if (!is_whole_due && !is_due && !IsNew(entry)) return "";
  std::string line;
  const bool may_be_changes = !is_whole_due && !must_be_whole_ && last_.has_value();
  if (may_be_changes && IsSame(entry.policy, last_->policy)) {
    line = ToChangeLine(entry, *last_);
  }
  if (line.empty()) {
    line = ToLine(entry);
    last_whole_ = facts.now;
    must_be_whole_ &= line.empty();
  }
  if (line.empty()) return "";  // Too long: the ticks are still counted and reported later.
  ticks_ = 0;
  last_ = std::move(entry);
  return line;
}

}  // namespace hither
