#include "anycast/route/readback.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

template <typename T>
bool HasAll(const std::vector<T>& seen, const std::vector<T>& asked) {
  return std::all_of(asked.begin(), asked.end(), [&seen](const T& one) {
    return std::find(seen.begin(), seen.end(), one) != seen.end();
  });
}

// How many facts of `asked` are there; none if one is missing.
size_t FactsThere(const SeenAttributes& seen, const RouteAttributes& asked) {
  if (asked.med && seen.med != asked.med) return 0;
  if (!HasAll(seen.communities, asked.communities)) return 0;
  if (!HasAll(seen.large_communities, asked.large_communities)) return 0;
  return (asked.med ? 1 : 0) + asked.communities.size() + asked.large_communities.size();
}

}  // namespace

std::optional<State> TellState(const SeenAttributes& seen, const AnycastConfig::Service& service) {
  std::optional<State> best;
  size_t best_facts = 0;
  for (const auto& [state, asked] :
       {std::pair(State::kUp, &service.up), std::pair(State::kSoft, &service.soft),
        std::pair(State::kDrain, &service.drain)}) {
    const size_t facts = FactsThere(seen, *asked);
    if (facts == 0 || facts < best_facts) continue;
    best = facts == best_facts ? std::optional<State>() : state;
    best_facts = facts;
  }
  return best;
}

bool IsOurs(const SeenAttributes& seen, std::span<const uint32_t> own_ases) {
  const std::vector<uint32_t>& path = seen.as_path;
  if (path.empty()) return true;
  const std::span<const uint32_t> allowed = own_ases.empty() ? std::span(path).first(1) : own_ases;
  return std::all_of(path.begin(), path.end(), [allowed](uint32_t as) {
    return as != kNobodysAs && std::find(allowed.begin(), allowed.end(), as) != allowed.end();
  });
}

const AnycastConfig::Service* FindService(const std::vector<AnycastConfig::Service>& services,
                                          const Prefix& prefix) {
  for (const AnycastConfig::Service& service : services) {
    for (const Prefix& one : service.prefixes) {
      if (one == prefix) return &service;
    }
  }
  return nullptr;
}

std::optional<uint32_t> ParseCommunity(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  uint32_t high = 0;
  uint32_t low = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &high) ||
      !absl::SimpleAtoi(parts[1], &low) || high > 0xFFFF || low > 0xFFFF) {
    return std::nullopt;
  }
  return high << 16 | low;
}

std::optional<LargeCommunity> ParseLargeCommunity(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  LargeCommunity large;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &large.global) ||
      !absl::SimpleAtoi(parts[1], &large.local1) || !absl::SimpleAtoi(parts[2], &large.local2)) {
    return std::nullopt;
  }
  return large;
}

std::vector<uint32_t> ParseAsPath(absl::string_view text) {
  std::vector<uint32_t> path;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" ,{}()[]"), absl::SkipEmpty())) {
    uint32_t as = 0;
    path.push_back(absl::SimpleAtoi(word, &as) ? as : kNobodysAs);
  }
  return path;
}

}  // namespace hither
