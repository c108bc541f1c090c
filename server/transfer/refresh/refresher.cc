#include "server/transfer/refresh/refresher.h"

#include <algorithm>
#include <utility>

#include "dns/serial.h"
#include "server/transfer/refresh/zone_status.h"

namespace hither {

Refresher::Refresher(RefreshParts parts)
    : desk_(std::move(parts)),
      reading_(desk_),
      making_(desk_),
      turns_(desk_, making_),
      orders_(desk_),
      setup_(desk_, reading_) {}

void Refresher::Wake(ZoneNumber number) {
  RefreshZone* zone = desk_.zones.At(number);
  if (zone == nullptr) return;
  const bool is_due = zone->phase == ZonePhase::kIdle && zone->timer.due() <= desk_.Now().steady;
  if (is_due) return desk_.Request(number, *zone);
  desk_.Settle(number, *zone);
}

void Refresher::Work() {
  reading_.ReadSome();
  const absl::Time now = desk_.Now().steady;
  for (int i = 0; i < kDueMax; ++i) {
    const std::optional<ZoneNumber> number = desk_.due.FirstUntil(now);
    if (!number) break;
    Wake(*number);
  }
  orders_.BeginWaiting();
  turns_.BeginAll();
  Flush(now);
}

// While zones are read from disk their versions are collected: each publication has a cost of its
// own.
void Refresher::Flush(absl::Time now) {
  if (desk_.news.waiting() == 0) return;
  if (group_until_ == absl::InfiniteFuture()) group_until_ = now + kGroupWait;
  const bool waits = reading_.left() > 0 && desk_.news.waiting() < kGroupZonesMax;
  if (waits && now < group_until_) return;
  group_until_ = absl::InfiniteFuture();
  desk_.news.Flush();
}

absl::Time Refresher::next_wake() const {
  return std::min({desk_.due.first(), desk_.queue.next_rest_end(), group_until_});
}

bool Refresher::IsNews(const RefreshZone& zone, std::optional<uint32_t> hint) const {
  if (!hint || zone.version == nullptr) return true;
  return SerialIsAfter(*hint, zone.version->serial()) &&
         desk_.HoldOf(zone, *hint) != Hold::kRolledBack &&
         zone.timer.MayTransfer(*hint, desk_.Now());
}

void Refresher::OnNotify(NameView name, std::optional<uint32_t> hint, absl::string_view by) {
  const std::optional<ZoneNumber> number = desk_.zones.Find(name);
  RefreshZone* zone = number ? desk_.zones.At(*number) : nullptr;
  if (zone == nullptr || zone->is_gone || zone->phase == ZonePhase::kUnread ||
      zone->phase == ZonePhase::kReading || !IsNews(*zone, hint)) {
    return;
  }
  zone->is_notified = true;
  zone->timer.OnNotify(hint, desk_.Now());
  const std::optional<PrimaryNumber> primary = desk_.primaries.Find(by);
  if (zone->phase == ZonePhase::kWaiting) {
    zone->is_notified = false;
    desk_.queue.Request(*number, Urgency::kNotify, primary);
  } else if (zone->phase == ZonePhase::kIdle && zone->timer.due() <= desk_.Now().steady) {
    desk_.Request(*number, *zone, primary);
  }
  desk_.Settle(*number, *zone);
}

std::optional<ZoneTransferStatus> Refresher::Status(NameView name) {
  const std::optional<ZoneNumber> number = desk_.zones.Find(name);
  const RefreshZone* zone = number ? desk_.zones.At(*number) : nullptr;
  if (zone == nullptr || zone->is_gone) return std::nullopt;
  return StatusOf(desk_, *number, *zone);
}

std::vector<ZoneTransferStatus> Refresher::Statuses(size_t first, size_t max) {
  std::vector<ZoneTransferStatus> statuses;
  const std::vector<ZoneNumber>& order = desk_.zones.order();
  for (size_t at = first; at < order.size() && statuses.size() < max; ++at) {
    const RefreshZone* zone = desk_.zones.At(order[at]);
    if (zone != nullptr) statuses.push_back(StatusOf(desk_, order[at], *zone));
  }
  return statuses;
}

TransferService::Counts Refresher::Counts() {
  const RefreshTally& tally = desk_.tally;
  const VersionKeeper::Counts keeper = desk_.parts.keeper.counts();
  TransferService::Counts counts;
  counts.zones = desk_.zones.order().size();
  counts.zones_empty = desk_.news.count(RefreshState::kEmpty);
  counts.zones_stale = desk_.news.count(RefreshState::kStale);
  counts.zones_expired = desk_.news.count(RefreshState::kExpired);
  counts.zones_refused = desk_.reports.refused_count();
  counts.transfers_ixfr = tally.transfers_ixfr;
  counts.transfers_axfr = tally.transfers_axfr;
  counts.transfers_failed = tally.transfers_failed;
  counts.checks = tally.checks;
  counts.octets = tally.octets;
  counts.waiting = desk_.queue.waiting();
  counts.under_way = desk_.queue.under_way();
  counts.versions_made = tally.versions_made;
  counts.versions_refused = tally.versions_refused;
  counts.log_disk_bytes = keeper.disk_bytes;
  counts.log_live_bytes = keeper.live_bytes;
  counts.log_syncs = keeper.syncs;
  counts.log_errors = keeper.disk_errors;
  counts.disk_error = keeper.last_disk_error;
  return counts;
}

}  // namespace hither
