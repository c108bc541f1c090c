#include "server/transfer/pages/transfer_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/transfer/pages/fake_transfer_service.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string PageOf(const ZoneTransferStatus& zone) {
  MetricsText page;
  AddTransferZone(zone, kFakeNow, page);
  return page.Take();
}

TEST(TransferMetrics, OfAZone) {
  const std::string page = PageOf(FakeZone("example.org"));
  for (const char* line : {
           "hither_zone_stale{zone=\"example.org.\"} 0\n",
           "hither_zone_expired{zone=\"example.org.\"} 0\n",
           "hither_zone_refused{zone=\"example.org.\"} 0\n",
           "hither_zone_rolled_back{zone=\"example.org.\"} 0\n",
           "hither_zone_confirmation_age_seconds{zone=\"example.org.\"} 90\n",
           "hither_zone_expiry_timestamp_seconds{zone=\"example.org.\"} 1796443200\n",
           "hither_zone_next_refresh_timestamp_seconds{zone=\"example.org.\"} 1796085000\n",
           "hither_zone_last_transfer_timestamp_seconds{zone=\"example.org.\"} 1796083110\n",
           "hither_zone_last_transfer_bytes{zone=\"example.org.\"} 1234\n",
           "hither_zone_last_transfer_seconds{zone=\"example.org.\"} 0.015\n",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(TransferMetrics, OfAZoneInTrouble) {
  EXPECT_THAT(PageOf(FakeRefusingZone("held.example")),
              HasSubstr("hither_zone_stale{zone=\"held.example.\"} 1\n"));
  EXPECT_THAT(PageOf(FakeRefusingZone("held.example")),
              HasSubstr("hither_zone_refused{zone=\"held.example.\"} 1\n"));
  ZoneTransferStatus expired = FakeZone("example.org");
  expired.state = RefreshState::kExpired;
  expired.is_rolled_back = true;
  EXPECT_THAT(PageOf(expired), HasSubstr("hither_zone_expired{zone=\"example.org.\"} 1\n"));
  EXPECT_THAT(PageOf(expired), HasSubstr("hither_zone_rolled_back{zone=\"example.org.\"} 1\n"));
}

// No time is better than an invented one.
TEST(TransferMetrics, OfAZoneThatHasNothingYet) {
  ZoneTransferStatus empty;
  empty.zone = *Name::FromText("new.example");
  EXPECT_THAT(PageOf(empty), HasSubstr("hither_zone_stale{zone=\"new.example.\"} 0\n"));
  EXPECT_THAT(PageOf(empty), Not(HasSubstr("seconds{")));
  EXPECT_THAT(PageOf(empty), Not(HasSubstr("bytes{")));
}

TEST(TransferMetrics, AgeIsNotNegativeIfTheClockWasSetBack) {
  ZoneTransferStatus zone = FakeZone("example.org");
  zone.last_success = kFakeNow + absl::Hours(1);
  EXPECT_THAT(PageOf(zone),
              HasSubstr("hither_zone_confirmation_age_seconds{zone=\"example.org.\"} 0\n"));
}

TEST(TransferMetrics, Totals) {
  TransferService::Counts counts;
  counts.zones = 10;
  counts.zones_empty = 1;
  counts.zones_stale = 2;
  counts.zones_expired = 3;
  counts.zones_refused = 4;
  counts.waiting = 5;
  counts.under_way = 6;
  counts.transfers_ixfr = 11;
  counts.transfers_axfr = 12;
  counts.transfers_failed = 13;
  counts.checks = 14;
  counts.octets = 15;
  counts.versions_made = 18;
  counts.versions_refused = 19;
  counts.log_disk_bytes = 20;
  counts.log_live_bytes = 21;
  counts.log_syncs = 22;
  counts.log_errors = 23;
  MetricsText page;
  AddTransferTotals(counts, page);
  const std::string text = page.Take();
  for (const char* line : {
           "hither_transfer_zones{state=\"empty\"} 1\n",
           "hither_transfer_zones{state=\"fresh\"} 4\n",
           "hither_transfer_zones{state=\"stale\"} 2\n",
           "hither_transfer_zones{state=\"expired\"} 3\n",
           "hither_transfer_zones_refused 4\n",
           "hither_transfers_waiting 5\n",
           "hither_transfers_under_way 6\n",
           "hither_transfers_total{result=\"ixfr\"} 11\n",
           "hither_transfers_total{result=\"axfr\"} 12\n",
           "hither_transfers_total{result=\"failed\"} 13\n",
           "hither_transfer_attempts_total 14\n",
           "hither_transfer_bytes_total 15\n",
           "hither_transfer_versions_total{result=\"stored\"} 18\n",
           "hither_transfer_versions_total{result=\"refused\"} 19\n",
           "hither_zone_log_disk_bytes 20\n",
           "hither_zone_log_live_bytes 21\n",
           "hither_zone_log_syncs_total 22\n",
           "hither_zone_log_errors_total 23\n",
           "hither_zone_log_ok 1\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  counts.disk_error = "No space left on device";
  counts.zones_stale = 100;  // Counted later than the others.
  MetricsText failing;
  AddTransferTotals(counts, failing);
  const std::string fails = failing.Take();
  EXPECT_THAT(fails, HasSubstr("hither_zone_log_ok 0\n"));
  EXPECT_THAT(fails, HasSubstr("hither_transfer_zones{state=\"fresh\"} 0\n"));
}

}  // namespace
}  // namespace hither
