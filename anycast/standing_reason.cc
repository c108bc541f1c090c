#include "anycast/standing_reason.h"

#include "absl/strings/str_cat.h"
#include "anycast/policy/assessment.h"

namespace hither {
namespace {

std::string KeyOf(const Verdict& verdict, const Assessment& at) {
  std::string key = verdict.rule;
  for (const auto* signals : {&at.certain, &at.hard, &at.unknown}) {
    absl::StrAppend(&key, "|");
    for (const Signal* signal : *signals) absl::StrAppend(&key, signal->name, ",");
  }
  return key;
}

}  // namespace

std::string StandingReason::Update(const Verdict& verdict, std::span<const Signal> signals,
                                   IpFamily family, absl::Time now) {
  const Assessment at = Assess(signals, family);
  const bool is_down = verdict.state == State::kDown;
  const bool is_worth_it = is_down || !at.unknown.empty();
  std::string key = is_worth_it ? KeyOf(verdict, at) : "";
  if (key != key_) {
    key_ = std::move(key);
    since_ = now;
  }
  if (!is_worth_it) reminder_.Ended(now);  // A change of state is logged elsewhere.
  if (!is_worth_it || now - since_ < kLasts || !reminder_.Holds(key_, now)) return "";
  return absl::StrCat(is_down ? "stays DOWN" : absl::StrCat("holds ", ToText(verdict.state)),
                      " family=", WordOf(family), " rule=", verdict.rule, " reason=\"",
                      is_down ? verdict.reason : Names(at.unknown), "\"", reminder_.Note(now));
}

}  // namespace hither
