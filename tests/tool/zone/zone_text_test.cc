#include "tool/zone/zone_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/transfer/pages/fake_transfer_service.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ZoneTransferStatus EmptyZone(const char* name) {
  ZoneTransferStatus zone;
  zone.zone = *Name::FromText(name);
  zone.versions.emplace();
  zone.activity = "asks hidden2";
  zone.last = LastTransfer{.at = kFakeNow - absl::Seconds(3),
                           .primary = "hidden1",
                           .result = "unreachable",
                           .reason = "connection refused"};
  return zone;
}

ZoneTransferStatus ExpiredZone(const char* name) {
  ZoneTransferStatus zone = FakeZone(name);
  zone.state = RefreshState::kExpired;
  zone.last_success = kFakeNow - absl::Hours(200);
  zone.expires_at = kFakeNow - absl::Minutes(1);
  zone.last->result = "failed";
  zone.last->reason = "REFUSED";
  return zone;
}

TEST(ZoneText, TimesHaveTwoUnits) {
  EXPECT_EQ(RoughTime(absl::Seconds(-5)), "0s");
  EXPECT_EQ(RoughTime(absl::Milliseconds(59'900)), "59s");
  EXPECT_EQ(RoughTime(absl::Seconds(60)), "1m0s");
  EXPECT_EQ(RoughTime(absl::Minutes(90) + absl::Seconds(59)), "1h30m");
  EXPECT_EQ(RoughTime(absl::Hours(47)), "47h0m");
  EXPECT_EQ(RoughTime(absl::Hours(100)), "4d4h");
}

TEST(ZoneText, TheTableShowsTroubleFirst) {
  ZoneStatusPage page;
  page.now = kFakeNow;
  page.summary = {.zones = 4, .empty = 1, .stale = 1, .expired = 1, .refused = 1, .under_way = 1};
  page.zones = {FakeZone("example.org"), FakeRefusingZone("held.example"), EmptyZone("new.example"),
                ExpiredZone("old.example")};
  page.zones[0].is_rolled_back = true;
  SortByTrouble(page.zones);
  EXPECT_EQ(
      ZoneTable(page),
      "4 zones from primaries: 1 fresh, 1 stale, 1 expired, 1 without a version; 1 has a refused "
      "version; 1 transfer under way\n"
      "  ZONE           SERIAL  STATE    CONFIRMED  REFRESH   PRIMARY  LAST TRANSFER\n"
      "  old.example.       12  expired  8d8h ago   in 30m0s  hidden1  failed: REFUSED\n"
      "  new.example.        -  empty    never      now       -        unreachable: connection "
      "refused; asks hidden2\n"
      "  held.example.      12  stale    1m30s ago  in 30m0s  hidden1  refuses 13 by the gate "
      "size: 33 % of the records are gone\n"
      "  example.org.       12  fresh    1m30s ago  in 30m0s  hidden1  rolled back; ixfr, 1234 "
      "octets in 15ms\n");
}

TEST(ZoneText, ATableWithoutZonesIsItsSummary) {
  EXPECT_EQ(ZoneTable({}), "0 zones from primaries; 0 transfers under way\n");
}

TEST(ZoneText, DetailsOfAFreshZone) {
  EXPECT_EQ(ZoneDetails(FakeZone("example.org"), kFakeNow),
            "zone       example.org.\n"
            "state      fresh\n"
            "serial     12\n"
            "confirmed  2026-11-30T23:58:30Z (1m30s ago)\n"
            "refresh    2026-12-01T00:30:00Z (in 30m0s)\n"
            "expires    2026-12-05T04:00:00Z (in 4d4h)\n"
            "primary    hidden1\n"
            "transfer   2026-11-30T23:58:30Z (1m30s ago) from hidden1: ixfr, 1234 octets in 15ms\n"
            "versions   10 11 12\n");
}

TEST(ZoneText, DetailsOfZonesInTrouble) {
  EXPECT_EQ(ZoneDetails(EmptyZone("new.example"), kFakeNow),
            "zone       new.example.\n"
            "state      empty; asks hidden2\n"
            "serial     -\n"
            "confirmed  never\n"
            "refresh    now\n"
            "expires    -\n"
            "primary    -\n"
            "transfer   2026-11-30T23:59:57Z (3s ago) from hidden1: unreachable: connection "
            "refused\n"
            "versions   -\n");
  const std::string expired = ZoneDetails(ExpiredZone("old.example"), kFakeNow);
  EXPECT_THAT(expired, HasSubstr("\nstate      expired, its names get SERVFAIL\n"));
  EXPECT_THAT(expired, HasSubstr("\nexpires    2026-11-30T23:59:00Z (1m0s ago)\n"));
  EXPECT_THAT(ZoneDetails(FakeRefusingZone("held.example"), kFakeNow),
              HasSubstr("\nrefused    13 by the gate size: 33 % of the records are gone\n"
                        "           `hither zone show held.example.` shows what it changes\n"));
}

TEST(ZoneText, SaysWhyNoVersionsAreShown) {
  ZoneTransferStatus zone = FakeZone("example.org");
  zone.versions.reset();
  EXPECT_THAT(ZoneDetails(zone, kFakeNow),
              HasSubstr("versions   not known: the disk of the zone log does not answer\n"));
}

TEST(ZoneText, ShowsARefusedVersion) {
  EXPECT_EQ(RefusedText(FakeRefusingZone("held.example"), kFakeNow),
            "zone       held.example.\n"
            "refused    13\n"
            "at         2026-11-30T23:55:00Z (5m0s ago)\n"
            "published  12\n"
            "gate       size\n"
            "reason     33 % of the records are gone\n"
            "\n"
            "-www.held.example. 60 IN A 192.0.2.1\n");
  EXPECT_EQ(RefusedText(FakeZone("example.org"), kFakeNow),
            "example.org. has no refused version\n");
}

TEST(ZoneText, ShowsARefusedVersionWithoutItsDifference) {
  ZoneTransferStatus zone = FakeRefusingZone("held.example");
  zone.refused->diff_text.clear();
  EXPECT_THAT(RefusedText(zone, kFakeNow),
              HasSubstr("\n\nhitherd does not have the difference; `hither zone refresh "
                        "held.example.` transfers the version again\n"));
  zone.refused->gate.clear();
  const std::string unfit = RefusedText(zone, kFakeNow);
  EXPECT_THAT(unfit, HasSubstr("\ngate       -, it cannot be served\n"));
  EXPECT_THAT(unfit, Not(HasSubstr("difference")));
}

// Reasons and differences quote what a primary sent.
TEST(ZoneText, TerminalsAreNotObeyed) {
  ZoneTransferStatus zone = FakeRefusingZone("held.example");
  zone.refused->reason = "\x1b[2J\n";
  zone.refused->diff_text = "+\x1b[2J\n";
  zone.primary = "\x07";
  EXPECT_THAT(RefusedText(zone, kFakeNow), HasSubstr("\nreason     ?[2J?\n\n+?[2J\n"));
  EXPECT_THAT(ZoneDetails(zone, kFakeNow), HasSubstr("\nprimary    ?\n"));
  ZoneStatusPage page;
  page.zones = {zone};
  EXPECT_THAT(ZoneTable(page), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace hither
