#include "server/transfer/refresh/zone_status.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

std::string WordText(TransferWord word) {
  switch (word) {
    case TransferWord::kCurrent:
      return "current";
    case TransferWord::kIxfr:
      return "ixfr";
    case TransferWord::kAxfr:
      return "axfr";
    case TransferWord::kRefused:
      return "refused";
    case TransferWord::kFailed:
      return "failed";
    case TransferWord::kUnreachable:
      return "unreachable";
  }
  return "";
}

std::string ActivityOf(const RefreshDesk& desk, const RefreshZone& zone) {
  switch (zone.phase) {
    case ZonePhase::kUnread:
    case ZonePhase::kReading:
      return "is read from disk";
    case ZonePhase::kIdle:
      return "";
    case ZonePhase::kWaiting:
      return "waits for a primary";
    case ZonePhase::kAsking:
      return absl::StrCat("asks ", desk.primaries.NameOf(zone.turn.primary));
    case ZonePhase::kMaking:
      return "in the gates";
    case ZonePhase::kRolling:
      return "is rolled back";
  }
  return "";
}

absl::Time WallOf(absl::Time steady, TransferNow now) {
  if (steady == absl::InfiniteFuture() || steady == absl::InfinitePast()) return steady;
  return now.wall + (steady - now.steady);
}

}  // namespace

ZoneTransferStatus StatusOf(const RefreshDesk& desk, ZoneNumber number, const RefreshZone& zone) {
  const TransferNow now = desk.Now();
  ZoneTransferStatus status;
  status.zone = Name(zone.name);
  status.state = zone.timer.state(now);
  if (zone.version != nullptr) status.serial = zone.version->serial();
  status.is_rolled_back = zone.rolled_back_from.has_value();
  const std::optional<PrimaryNumber> pinned = desk.queue.pinned(number);
  status.primary = desk.primaries.NameOf(pinned.value_or(zone.content_from));
  if (zone.version != nullptr) {
    status.last_success = WallOf(zone.timer.confirmed_at(), now);
    status.expires_at = WallOf(zone.timer.expires_at(), now);
  }
  status.next_refresh = WallOf(zone.timer.due(), now);
  status.activity = ActivityOf(desk, zone);
  const ZoneReport* report = desk.reports.Find(number);
  if (zone.report.at_seconds != 0) {
    status.last = LastTransfer{.at = absl::FromUnixSeconds(zone.report.at_seconds),
                               .primary = desk.primaries.NameOf(zone.report.primary),
                               .result = WordText(zone.report.word),
                               .reason = report == nullptr ? "" : report->reason,
                               .octets = zone.report.octets,
                               .took = absl::Milliseconds(zone.report.took_milliseconds)};
  }
  if (report != nullptr) status.refused = report->refused;
  return status;
}

}  // namespace hither
