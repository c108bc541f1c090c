#ifndef HITHER_SERVER_TRANSFER_REFRESH_REFRESH_DESK_H_
#define HITHER_SERVER_TRANSFER_REFRESH_REFRESH_DESK_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/transfer/keep/version_keeper.h"
#include "server/transfer/refresh/due_times.h"
#include "server/transfer/refresh/primary_outages.h"
#include "server/transfer/refresh/primary_table.h"
#include "server/transfer/refresh/refresh_zone.h"
#include "server/transfer/refresh/zone_news.h"
#include "server/transfer/refresh/zone_reports.h"
#include "server/transfer/refresh/zone_table.h"

namespace hither {

// What the refresher is made with.
struct RefreshParts {
  VersionKeeper& keeper;
  TransferHost& host;
  PrimaryTable::MakeClient make_client;
  std::function<TransferNow()> now;
  std::function<uint32_t()> random;  // Evenly distributed.
  // Runs a task on the refresher's thread, from any thread; does not block.
  std::function<void(std::function<void()>)> post;
};

// Why a serial that a primary offers is not transferred.
enum class Hold : uint8_t { kNone, kRolledBack, kRefused, kDisk };

// Back-off while the disk takes no versions: primaries are asked as ever, which confirms versions,
// but nothing is transferred only to be thrown away.
struct DiskRest {
  static constexpr absl::Duration kFirst = absl::Seconds(10);
  static constexpr absl::Duration kMax = absl::Minutes(5);
  absl::Time until = absl::InfinitePast();
  int failures = 0;

  void OnFailed(absl::Time now) {
    if (now < until) return;
    until = now + std::min(kMax, kFirst * (int64_t{1} << std::min(failures, 10)));
    ++failures;
  }
  void OnGood() { *this = DiskRest(); }
};

// Since the start.
struct RefreshTally {
  uint64_t checks = 0;
  uint64_t transfers_ixfr = 0;
  uint64_t transfers_axfr = 0;
  uint64_t transfers_failed = 0;
  uint64_t octets = 0;
  uint64_t versions_made = 0;
  uint64_t versions_refused = 0;
};

// What the parts of the refresher share, and what each of them does to a zone. One thread's.
struct RefreshDesk {
  explicit RefreshDesk(RefreshParts refresh_parts)
      : parts(std::move(refresh_parts)), primaries(parts.make_client), news(parts.host) {}

  RefreshParts parts;
  TransferSettings settings = {};
  ZoneTable zones = {};
  DueTimes due = {};
  TransferQueue queue = TransferQueue();
  PrimaryTable primaries;
  PrimaryOutages outages = {};
  ZoneReports reports = {};
  ZoneNews news;
  DiskRest disk = {};
  RefreshTally tally = {};

  TransferNow Now() const { return parts.now(); }
  uint32_t Random() const { return parts.random(); }

  // After each change of a zone: when it is to be looked at next, and what the host has to know.
  void Settle(ZoneNumber number, RefreshZone& zone);
  // The zone waits for a turn; it is idle before.
  void Request(ZoneNumber number, RefreshZone& zone,
               std::optional<PrimaryNumber> notified_by = std::nullopt);
  // The zone is not to wait or to be asked for any more; its primaries are looked up again.
  void Requeue(ZoneNumber number, RefreshZone& zone);

  Hold HoldOf(const RefreshZone& zone, uint32_t serial) const;

  // The end of a round: the zone is idle afterwards.
  void Confirm(ZoneNumber number, RefreshZone& zone, PrimaryNumber by,
               std::optional<uint32_t> expire_seconds);
  void Fail(ZoneNumber number, RefreshZone& zone, const std::string& reason);
  // Its last primary could not be reached: PrimaryOutages has logged that for all its zones.
  void FailUnreachable(ZoneNumber number, RefreshZone& zone, const std::string& reason);
  // The content of `serial`, by a gate or because its transfer broke the rules.
  void Refuse(ZoneNumber number, RefreshZone& zone, uint32_t serial, const std::string& reason);
  // Primaries still offer only the refused serial.
  void HoldBack(ZoneNumber number, RefreshZone& zone, const std::string& reason);

  // With other bounds, or another version; what is known of its age stays.
  void RestartTimer(RefreshZone& zone, std::optional<SoaFields> soa);

  ZoneTimers TimersOf(const RefreshZone& zone, const RefreshTimer& timer) const;
  void Save(ZoneNumber number, const RefreshZone& zone);
  // The configuration does not have the zone, and the keeper has finished with it.
  void Remove(ZoneNumber number, RefreshZone& zone);

 private:
  void EndRound(ZoneNumber number, RefreshZone& zone);
  void LogTrouble(ZoneNumber number, const RefreshZone& zone, const std::string& reason);
  void LogRecovery(ZoneNumber number, const RefreshZone& zone, RefreshState before,
                   PrimaryNumber by);
};

// "serial 2024" or "no version": for log lines.
std::string SerialText(const RefreshZone& zone);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_REFRESH_DESK_H_
