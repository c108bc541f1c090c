#include "server/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/make_folder.h"
#include "dns/rr_type.h"
#include "server/privileges.h"
#include "server/signatures_end.h"

namespace hither {
namespace {

// RFC 1035 §3.3.13: SERIAL, REFRESH, RETRY, EXPIRE and MINIMUM, of four octets each, end the RDATA.
uint32_t ExpireSecondsOf(const Zone& zone) {
  constexpr size_t kExpireFromEnd = 8;
  const RRset* soa = zone.FindRRset(kApex, RrType::kSoa);
  if (soa == nullptr) return 0;
  const ByteView rdata = RecordRange(*soa).front();
  return rdata.size() < 20 ? 0 : LoadU32(rdata.data() + rdata.size() - kExpireFromEnd);
}

HeartbeatZone ToHeartbeat(const ServedZone& served, absl::Time now) {
  HeartbeatZone out;
  out.name = served.apex();
  if (served.zone == nullptr) return out;
  out.serial = served.zone->serial();
  out.flags = kHeartbeatLoaded;
  out.expire_seconds = ExpireSecondsOf(*served.zone);
  out.signatures_end = SignaturesEnd(*served.zone, now);
  if (!served.has_failed()) return out;
  out.flags |= kHeartbeatStale;
  out.stale_since = served.failed_since();
  return out;
}

// From then on the served version is older than its primary's operator allows.
absl::Time ExpiryOf(const HeartbeatZone& zone) {
  return zone.stale_since + absl::Seconds(zone.expire_seconds);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeartbeatPage>> OpenHeartbeat(const Config& config, size_t workers) {
  const bool is_default = !config.heartbeat.has_value();
  const std::string path = config.heartbeat.value_or(kHeartbeatDefaultPath);
  if (path.empty()) return nullptr;
  const std::string folder = FolderOfFile(path);
  // A sidecar needs it: without it the site would stay withdrawn. /run is new at each boot.
  if (!is_default || config.anycast.is_present) {
    const FileOwner owner = ServiceOwner(config).value_or(kNobodyElse);
    const absl::Status made = MakeFolder(folder, kRunFolderMode, owner.user, owner.group);
    if (!made.ok()) Log(LogLevel::kWarning, "no heartbeat: ", made.message());
  }
  if (is_default && ::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) != 0) {
    Log(LogLevel::kInfo, "no heartbeat: ", folder, ": ", std::strerror(errno),
        "; hither-anycast needs that folder, or another path in heartbeat:");
    return nullptr;
  }
  const Config::Identity& identity = config.identity;
  const std::optional<FileOwner> owner = ServiceOwner(config);
  auto page =
      HeartbeatPage::Create(path, {identity.site, identity.node, identity.nsid_template}, workers,
                            owner.has_value() ? std::optional(owner->group) : std::nullopt);
  if (page.ok() || !is_default || absl::IsAlreadyExists(page.status())) return page;
  Log(LogLevel::kWarning, "no heartbeat: ", page.status().message());
  return nullptr;
}

void HeartbeatWriter::TakeZones(std::shared_ptr<const ZoneSet> zones, absl::Time now) {
  told_.clear();
  expiries_.clear();
  zones_ = std::move(zones);
  counts_ = {.total = zones_->zones().size(), .loaded = zones_->served()};
  for (const bool failed : {true, false}) {
    for (const ServedZone& served : zones_->zones()) {
      if (served.has_failed() != failed) continue;
      if (!failed && told_.size() == kHeartbeatZonesMax) break;
      const HeartbeatZone zone = ToHeartbeat(served, now);
      if (zone.flags & kHeartbeatStale) expiries_.push_back(ExpiryOf(zone));
      if (told_.size() < kHeartbeatZonesMax) told_.push_back(zone);
    }
  }
  std::sort(expiries_.begin(), expiries_.end());
  counts_.stale = expiries_.size();
  TellZones(now);
}

void HeartbeatWriter::Beat(absl::Time now) {
  page_.TellControlTurn();
  if (++beats_ % kBeatsPerZones == 0) TellZones(now);
}

void HeartbeatWriter::TellZones(absl::Time now) {
  for (HeartbeatZone& zone : told_) {
    if ((zone.flags & kHeartbeatStale) && now >= ExpiryOf(zone)) zone.flags |= kHeartbeatExpired;
  }
  const auto expired = std::upper_bound(expiries_.begin(), expiries_.end(), now);
  counts_.expired = static_cast<uint64_t>(expired - expiries_.begin());
  page_.TellZones(counts_, told_);
}

}  // namespace hither
