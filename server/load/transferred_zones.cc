#include "server/load/transferred_zones.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

bool IsTransferred(const ServedZone& zone) {
  return zone.source().kind() == ZoneSource::Kind::kPrimaries;
}

// The series of failures goes on, or begins now.
void SetError(const ServedZone& before, std::string error, absl::Time now, ServedZone& served) {
  served.set_last_error(std::move(error), before.has_failed() ? before.failed_since() : now);
}

// A fault without words is still one for status and the heartbeat.
std::string ErrorOf(const TransferredVersion& version) {
  if (!version.error.empty()) {
    // The reason alone would not say that the zone was served before.
    return absl::StrCat(version.state == RefreshState::kExpired ? "expired: " : "", version.error);
  }
  if (version.has_refused) return "a later version was refused";
  switch (version.state) {
    case RefreshState::kFresh:
      return "";
    case RefreshState::kStale:
      return "the last refresh failed";
    case RefreshState::kExpired:
      return "expired: no primary has confirmed the zone for too long";
    case RefreshState::kEmpty:
      break;
  }
  return "no version has been transferred yet";
}

ServedZone Served(const ServedZone& before, const TransferredVersion& version, absl::Time now) {
  ServedZone served(before.source());
  const bool has_expired = version.state == RefreshState::kExpired;
  const bool is_empty = !has_expired && version.version == nullptr;
  bool is_stale = has_expired || version.state == RefreshState::kStale;
  if (is_empty) {
    served.zone = before.zone;
    served.set_loaded_at(before.loaded_at());
    is_stale = before.zone != nullptr;
  } else if (!has_expired) {
    served.zone = version.version;
    served.set_loaded_at(version.since == absl::InfinitePast() ? now : version.since);
  }
  if (std::string error = ErrorOf(version); !error.empty()) {
    SetError(before, std::move(error), now, served);
  }
  served.set_transfer_state(is_stale, version.has_refused);
  return served;
}

// Of a zone that comes from primaries since this load.
ServedZone FromFileBefore(ZoneSource source, const ServedZone& before, absl::Time now) {
  ServedZone served(source);
  served.zone = before.zone;
  served.set_loaded_at(before.loaded_at());
  SetError(before,
           before.zone == nullptr
               ? "no version has been transferred yet"
               : "no version has been transferred yet; the version from its file is still served",
           now, served);
  served.set_transfer_state(/*is_stale=*/before.zone != nullptr, /*has_refused=*/false);
  return served;
}

}  // namespace

std::shared_ptr<const ZoneSet> WithVersions(const ZoneSet& published,
                                            std::span<const TransferredVersion> versions,
                                            absl::Time now) {
  auto set = std::make_shared<ZoneSet>(published.Copy());
  for (const TransferredVersion& version : versions) {
    const ServedZone* before = set->FindExact(version.zone);
    if (before == nullptr || !IsTransferred(*before)) continue;
    set->Add(Served(*before, version, now));
  }
  return set;
}

std::shared_ptr<const ZoneSet> WithPublished(const ZoneSet& loaded, const ZoneSet& published,
                                             absl::Time now) {
  auto set = std::make_shared<ZoneSet>(loaded.Copy());
  for (const ServedZone& zone : loaded.zones()) {
    const bool has_only_error = zone.zone == nullptr && zone.has_failed();
    if (!IsTransferred(zone) && !has_only_error) continue;
    const ServedZone* before = published.FindExact(zone.apex());
    if (before == nullptr) continue;
    if (!IsTransferred(zone)) {
      ServedZone kept = zone;
      kept.zone = before->zone;
      kept.set_loaded_at(before->loaded_at());
      set->Add(std::move(kept));
    } else if (IsTransferred(*before)) {
      set->Add(ServedZone(zone.source(), *before));
    } else {
      set->Add(FromFileBefore(zone.source(), *before, now));
    }
  }
  return set;
}

}  // namespace hither
