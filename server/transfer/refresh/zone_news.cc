#include "server/transfer/refresh/zone_news.h"

#include <utility>
#include <vector>

namespace hither {

void ZoneNews::Consider(ZoneNumber number, RefreshZone& zone, RefreshState state, bool has_refused,
                        absl::string_view error) {
  const bool is_served = state != RefreshState::kExpired;
  const Zone* version = is_served ? zone.version.get() : nullptr;
  const ToldState now = {
      .is_told = true, .has_refused = has_refused, .state = state, .version = version};
  const ToldState& told = zone.told;
  if (told.is_told && told.has_refused == has_refused && told.state == state &&
      told.version == version) {
    return;
  }
  if (told.is_told) --counts_[static_cast<size_t>(told.state)];
  ++counts_[static_cast<size_t>(state)];
  zone.told = now;
  TransferredVersion& news = waiting_[number];
  news = {.zone = Name(zone.name),
          .version = is_served ? zone.version : nullptr,
          .state = state,
          .error = std::string(error),
          .has_refused = has_refused,
          .since = zone.version == nullptr ? absl::InfinitePast()
                                           : absl::FromUnixSeconds(zone.since_seconds)};
}

void ZoneNews::Forget(ZoneNumber number, const RefreshZone& zone) {
  waiting_.erase(number);
  if (zone.told.is_told) --counts_[static_cast<size_t>(zone.told.state)];
}

void ZoneNews::Flush() {
  if (waiting_.empty()) return;
  std::vector<TransferredVersion> versions;
  versions.reserve(waiting_.size());
  for (auto& [number, version] : waiting_) versions.push_back(std::move(version));
  waiting_.clear();
  host_.OnVersions(std::move(versions));
}

}  // namespace hither
