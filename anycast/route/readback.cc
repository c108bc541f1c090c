#include "anycast/route/readback.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

constexpr int kSaid = 2;    // What a tier adds to a route is there.
constexpr int kUnsaid = 1;  // It adds nothing, and nothing is there.

// Of `seen`, those that any tier has: routers add communities of their own.
template <typename T>
std::set<T> Known(const std::vector<T>& seen, std::initializer_list<const std::vector<T>*> tiers) {
  std::set<T> known;
  for (const std::vector<T>* tier : tiers) {
    for (const T& one : *tier) {
      if (std::find(seen.begin(), seen.end(), one) != seen.end()) known.insert(one);
    }
  }
  return known;
}

template <typename T>
int SetPoints(const std::set<T>& seen, const std::vector<T>& asked) {
  if (seen != std::set<T>(asked.begin(), asked.end())) return 0;
  return seen.empty() ? kUnsaid : kSaid;
}

int NumberPoints(uint64_t seen, uint64_t asked) {
  if (seen != asked) return 0;
  return seen == 0 ? kUnsaid : kSaid;
}

// How many ASes are in the path beyond what the unchanged one would have. A router that takes our
// AS out leaves the prepends that it made of ours; over iBGP no AS is added in the first place.
uint64_t PrependsIn(const std::vector<uint32_t>& path, std::span<const uint32_t> own_ases) {
  if (own_ases.empty()) return path.size();
  const auto ours = std::count(path.begin(), path.end(), own_ases[0]);
  const bool is_ibgp =
      std::find(own_ases.begin() + 1, own_ases.end(), own_ases[0]) != own_ases.end();
  return ours == 0 || is_ibgp ? path.size() : static_cast<uint64_t>(ours) - 1;
}

}  // namespace

std::optional<State> TellState(const SeenAttributes& seen, const AnycastConfig::Service& service,
                               std::span<const uint32_t> own_ases) {
  const RouteAttributes* tiers[] = {&service.up, &service.soft, &service.drain};
  constexpr State kStates[] = {State::kUp, State::kSoft, State::kDrain};
  const uint32_t med = seen.med.value_or(0);
  const uint64_t prepends = PrependsIn(seen.as_path, own_ases);
  const auto communities = Known(
      seen.communities, {&tiers[0]->communities, &tiers[1]->communities, &tiers[2]->communities});
  const auto large = Known(
      seen.large_communities,
      {&tiers[0]->large_communities, &tiers[1]->large_communities, &tiers[2]->large_communities});
  bool med_is_known = med == 0;
  bool prepends_are_known = prepends == 0;
  State best = kStates[0];
  int best_points = -1;
  bool is_unique = false;
  for (size_t i = 0; i < std::size(tiers); ++i) {
    const int of_med = NumberPoints(med, tiers[i]->med.value_or(0));
    const int of_path = NumberPoints(prepends, static_cast<uint64_t>(tiers[i]->prepend));
    med_is_known |= of_med > 0;
    prepends_are_known |= of_path > 0;
    const int points = of_med + of_path + SetPoints(communities, tiers[i]->communities) +
                       SetPoints(large, tiers[i]->large_communities);
    if (points < best_points) continue;
    is_unique = points > best_points;
    best = kStates[i];
    best_points = points;
  }
  if (!med_is_known || !prepends_are_known || !is_unique) return std::nullopt;
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
