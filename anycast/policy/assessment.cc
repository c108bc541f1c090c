#include "anycast/policy/assessment.h"

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr size_t kNamesMax = 3;  // A reason is read by people, and goes into BGP's shutdown text.

std::vector<const Signal*>* PlaceOf(const Signal& signal, Assessment& at) {
  const bool is_shared = signal.scope == Scope::kShared;
  switch (signal.level) {
    case Level::kOk:
      return nullptr;
    case Level::kUnknown:
      return is_shared ? nullptr : &at.unknown;
    case Level::kSoft:
      return &at.soft;
    case Level::kHard:
      return signal.is_certain ? &at.certain : is_shared ? &at.shared : &at.hard;
  }
  return nullptr;
}

}  // namespace

bool Concerns(const Signal& signal, IpFamily family) { return Has(signal.families, family); }

Assessment Assess(std::span<const Signal> signals, IpFamily family) {
  Assessment at;
  for (const Signal& signal : signals) {
    if (!Concerns(signal, family)) continue;
    if (auto* place = PlaceOf(signal, at)) place->push_back(&signal);
    const bool is_fine = signal.level == Level::kOk || signal.level == Level::kSoft;
    if (is_fine && signal.scope != Scope::kShared) ++at.ok;
  }
  return at;
}

std::string Names(const std::vector<const Signal*>& signals) {
  std::string text;
  for (size_t i = 0; i < signals.size() && i < kNamesMax; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "; ", signals[i]->name);
    if (!signals[i]->detail.empty()) absl::StrAppend(&text, ": ", signals[i]->detail);
  }
  if (signals.size() > kNamesMax) {
    absl::StrAppend(&text, "; and ", signals.size() - kNamesMax, " more");
  }
  return text;
}

}  // namespace hither
