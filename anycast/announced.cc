#include "anycast/announced.h"

namespace hither {
namespace {

using Kind = Observation::Kind;

// One place that has it is enough. None at all: `otherwise`.
Kind BestOf(const std::vector<Observation::Seen>& all, const Prefix& prefix, Kind otherwise) {
  std::optional<Kind> best;
  for (const Observation::Seen& seen : all) {
    if (seen.prefix != prefix) continue;
    if (seen.kind == Kind::kAnnounced) return Kind::kAnnounced;
    if (!best.has_value() || seen.kind == Kind::kUnknown) best = seen.kind;
  }
  return best.value_or(otherwise);
}

Kind KindOf(const Prefix& prefix, const Evidence& evidence) {
  const Kind said = BestOf(evidence.said, prefix, Kind::kAbsent);
  if (said == Kind::kAbsent || !evidence.is_read_back) return said;
  const Kind read = BestOf(evidence.read, prefix, Kind::kUnknown);
  if (read == Kind::kAnnounced) return said;
  return evidence.is_read_fresh ? read : Kind::kUnknown;
}

}  // namespace

std::optional<bool> IsAnnounced(std::span<const Prefix> prefixes, const Evidence& evidence) {
  bool is_known = true;
  for (const Prefix& prefix : prefixes) {
    const Kind kind = KindOf(prefix, evidence);
    if (kind == Kind::kAbsent) return false;
    is_known &= kind == Kind::kAnnounced;
  }
  if (prefixes.empty()) return false;
  return is_known ? std::optional<bool>(true) : std::nullopt;
}

}  // namespace hither
