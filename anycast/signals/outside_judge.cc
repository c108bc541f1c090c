#include "anycast/signals/outside_judge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

using Word = OutsideWitness::Word;

constexpr size_t kNamesMax = 3;  // People read the reason.

IpFamily FamilyOf(absl::string_view address) {
  return address.find(':') == absl::string_view::npos ? IpFamily::kV4 : IpFamily::kV6;
}

// When the page was written.
bool HearsAnother(const OutsidePage& page, absl::string_view self, IpFamily family) {
  return std::ranges::any_of(page.hears, [&](const OutsidePage::Hears& other) {
    return other.name != self && std::ranges::any_of(other.ages, [&](const auto& entry) {
             return FamilyOf(entry.first) == family && entry.second <= kOutsideSilence;
           });
  });
}

std::vector<const OutsideWitness*> With(const OutsideCase& at, Word word) {
  std::vector<const OutsideWitness*> out;
  for (const OutsideWitness& witness : at.witnesses) {
    if (witness.word == word) out.push_back(&witness);
  }
  return out;
}

std::string Names(const std::vector<const OutsideWitness*>& witnesses) {
  std::vector<std::string> names;
  for (const OutsideWitness* witness : witnesses) {
    if (names.size() == kNamesMax) break;
    names.push_back(witness->name);
    if (!witness->age.has_value()) continue;
    absl::StrAppend(&names.back(), " (for ",
                    absl::FormatDuration(absl::Trunc(*witness->age, absl::Seconds(1))), ")");
  }
  const size_t more = witnesses.size() - names.size();
  return absl::StrCat(absl::StrJoin(names, ", "),
                      more == 0 ? "" : absl::StrCat(" and ", more, " more"));
}

Signal OutsideSignal(Scope scope, Level level, std::string detail) {
  Signal signal;
  signal.scope = scope;
  signal.level = level;
  signal.detail = std::move(detail);
  return signal;
}

// Nothing is known, and never was: this neither withdraws nor prevents announcing.
Signal NoWord(std::string detail) {
  return OutsideSignal(Scope::kShared, Level::kUnknown, std::move(detail));
}

Signal JudgeSilence(const OutsideCase& at, const std::vector<const OutsideWitness*>& silent,
                    const std::vector<const OutsideWitness*>& unproven) {
  if (silent.empty() && unproven.size() > 1) {
    return NoWord(absl::StrCat("no judgement: ", unproven.size(), " peers hear nobody"));
  }
  const std::string who = Names(silent.empty() ? unproven : silent);
  if (!at.is_settled) {
    return OutsideSignal(Scope::kPath, Level::kUnknown,
                         absl::StrCat("not heard since startup by ", who));
  }
  const std::string error =
      at.send_error.empty() ? "" : absl::StrCat("; sending fails: ", at.send_error);
  if (silent.size() < 2) {
    return OutsideSignal(
        Scope::kPath, Level::kSoft,
        absl::StrCat("not heard by ", who, ", and no other peer can confirm it", error));
  }
  return OutsideSignal(Scope::kPath, Level::kHard,
                       absl::StrCat("no answer leaves this node: not heard by ", who, error));
}

Signal Judge(const OutsideCase& at) {
  if (!at.own_fault.empty()) return NoWord(absl::StrCat("no beacons: ", at.own_fault));
  const auto hears = With(at, Word::kHears);
  const auto silent = With(at, Word::kSilent);
  const auto unproven = With(at, Word::kUnproven);
  if (hears.empty() && silent.empty() && unproven.empty()) {
    return NoWord("no judgement: no peer at another site has heard this address yet");
  }
  if (hears.empty()) return JudgeSilence(at, silent, unproven);
  const size_t all = hears.size() + silent.size();
  if (silent.size() > hears.size() && at.is_settled) {
    return OutsideSignal(Scope::kPath, Level::kSoft,
                         absl::StrCat("answers reach only some: ", silent.size(), " of ", all,
                                      " peers do not hear it: ", Names(silent)));
  }
  return OutsideSignal(
      Scope::kPath, Level::kOk,
      absl::StrCat("answers leave: heard by ", hears.size(), " of ", all, " peers"));
}

}  // namespace

OutsideWitness ReadWitness(const OutsidePage& page, absl::string_view peer, absl::string_view self,
                           absl::string_view from, absl::Duration page_age, bool was_heard) {
  OutsideWitness witness;
  witness.name = std::string(peer);
  if (!page.is_present) return witness;
  const auto ours = std::ranges::find(page.hears, self, &OutsidePage::Hears::name);
  if (ours == page.hears.end()) return witness;
  const auto age = ours->ages.find(std::string(from));
  const bool is_heard = age != ours->ages.end();
  if (is_heard) witness.age = age->second + page_age;
  if (is_heard && age->second <= kOutsideSilence) {
    // A page's age can end "heard", but cannot cause "silent".
    if (*witness.age <= kOutsideSilence) witness.word = Word::kHears;
  } else if (ours->is_able && (is_heard || was_heard)) {
    witness.word = HearsAnother(page, self, FamilyOf(from)) ? Word::kSilent : Word::kUnproven;
  }
  return witness;
}

Signal JudgeOutside(const OutsideCase& at, absl::string_view from) {
  Signal signal = Judge(at);
  signal.name = absl::StrCat("outside ", from);
  signal.families = Only(FamilyOf(from));
  return signal;
}

Signal OutsideLatch::Apply(Signal judged, absl::Time now) {
  if (judged.level == Level::kHard) hard_at_ = now;
  if (judged.level == Level::kOk) hard_at_ = absl::InfinitePast();
  if (judged.level == Level::kHard || now - hard_at_ > kOutsideLatch) return judged;
  judged.detail = absl::StrCat("no answer left this node ",
                               absl::FormatDuration(absl::Trunc(now - hard_at_, absl::Seconds(1))),
                               " ago; now: ", judged.detail);
  judged.scope = Scope::kPath;
  judged.level = Level::kUnknown;
  return judged;
}

}  // namespace hither
