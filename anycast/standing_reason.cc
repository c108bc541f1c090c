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
  if (verdict.state != State::kSoft) return key;
  for (const auto* signals : {&at.shared, &at.soft}) {
    absl::StrAppend(&key, "|");
    for (const Signal* signal : *signals) absl::StrAppend(&key, signal->name, ",");
  }
  return key;
}

std::string LineOf(absl::string_view verb, const Verdict& verdict, IpFamily family,
                   absl::string_view reason) {
  return absl::StrCat(verb, " ", ToText(verdict.state), " family=", WordOf(family),
                      " rule=", verdict.rule, " reason=\"", reason, "\"");
}

}  // namespace

std::string StandingReason::Update(const Verdict& verdict, std::span<const Signal> signals,
                                   IpFamily family, absl::Time now) {
  const Assessment at = Assess(signals, family);
  is_good_ = false;
  const bool is_down = verdict.state == State::kDown;
  std::string key = KeyOf(verdict, at);
  if (state_ != verdict.state) {  // Logged elsewhere, with the rule.
    state_ = verdict.state;
    told_ = key;
    is_fault_told_ = false;
  }
  if (key != key_) {
    key_ = std::move(key);
    since_ = now;
  }
  const bool lasts = now - since_ >= kLasts;
  if (is_down || !at.unknown.empty()) {
    if (!lasts || !reminder_.Holds(key_, now)) return "";
    told_ = key_;
    is_fault_told_ = true;
    return absl::StrCat(LineOf(is_down ? "stays" : "holds", verdict, family,
                               is_down ? verdict.reason : Names(at.unknown)),
                        reminder_.Note(now));
  }
  reminder_.Ended(now);
  if (!lasts || !IsNews(verdict, now)) return "";
  is_good_ = verdict.rule == "ok";
  is_fault_told_ = !is_good_;
  return LineOf("stays", verdict, family, verdict.reason);
}

// A drain explains itself, and its queries change with every tick.
bool StandingReason::IsNews(const Verdict& verdict, absl::Time now) {
  if (verdict.rule == "ok" && !is_fault_told_) told_ = key_;  // It needs no line.
  if (key_ == told_ || verdict.state == State::kDrain) {
    changes_.Ended(now);
    return false;
  }
  if (!changes_.Holds(key_, now)) return false;
  told_ = key_;
  return true;
}

}  // namespace hither
