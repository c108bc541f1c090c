#include "server/load/transferred_zones.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

const absl::Time kThen = absl::FromUnixSeconds(1'000);
const absl::Time kNow = absl::FromUnixSeconds(2'000);

std::shared_ptr<const Zone> Version(uint32_t serial) {
  const Name apex = *Name::FromText("a.");
  return LoadZoneText(absl::StrCat("@ 60 IN SOA ns host ", serial,
                                   " 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n"),
                      "test", apex)
      .zone;
}

// The set of one zone, a.
ZoneSet SetOf(ZoneSource::Kind kind, std::shared_ptr<const Zone> zone = nullptr,
              const std::string& error = "", bool is_stale = false) {
  ZoneSources sources;
  if (kind == ZoneSource::Kind::kPrimaries) sources.AddTransferred(*Name::FromText("a."), 0);
  if (kind != ZoneSource::Kind::kPrimaries) sources.Add(*Name::FromText("a."), "file");
  std::vector<ServedZone> zones(1, ServedZone(sources[0]));
  zones[0].zone = std::move(zone);
  zones[0].set_loaded_at(kThen);
  if (!error.empty()) zones[0].set_last_error(error, kThen);
  zones[0].set_transfer_state(is_stale, false);
  return ZoneSet(sources, std::move(zones));
}

TransferredVersion Given(RefreshState state, std::shared_ptr<const Zone> version,
                         const std::string& error = "", bool has_refused = false) {
  TransferredVersion given;
  given.zone = *Name::FromText("A.");  // Names match in any case.
  given.version = std::move(version);
  given.state = state;
  given.error = error;
  given.has_refused = has_refused;
  given.since = kThen;
  return given;
}

std::string TextOf(const ZoneSet& set) {
  const ServedZone& zone = set.zones()[0];
  constexpr const char* kStates[] = {"served", "stale", "expired", "empty"};
  std::string text = kStates[static_cast<int>(zone.state())];
  if (zone.zone != nullptr) absl::StrAppend(&text, " ", zone.zone->serial());
  if (zone.has_refused()) absl::StrAppend(&text, " refused");
  if (zone.has_failed()) {
    absl::StrAppend(&text, " since ", absl::ToUnixSeconds(zone.failed_since()), ": ",
                    zone.last_error());
  }
  return text;
}

constexpr auto kPrimaries = ZoneSource::Kind::kPrimaries;
constexpr auto kText = ZoneSource::Kind::kText;

std::string After(const ZoneSet& published, const TransferredVersion& version) {
  return TextOf(*WithVersions(published, std::vector{version}, kNow));
}

TEST(WithVersions, GivesTheStateOfTheVersion) {
  const ZoneSet empty = SetOf(kPrimaries);
  EXPECT_EQ(After(empty, Given(RefreshState::kFresh, Version(7))), "served 7");
  EXPECT_EQ(After(empty, Given(RefreshState::kStale, Version(7), "refused by h1")),
            "stale 7 since 2000: refused by h1");
  EXPECT_EQ(After(empty, Given(RefreshState::kStale, Version(7), "", true)),
            "stale 7 refused since 2000: a later version was refused");
  EXPECT_EQ(After(empty, Given(RefreshState::kExpired, nullptr)),
            "expired since 2000: expired: no primary has confirmed the zone for too long");
  EXPECT_EQ(After(empty, Given(RefreshState::kExpired, Version(7), "why")),
            "expired since 2000: expired: why")
      << "whatever comes with it";
  EXPECT_EQ(After(empty, Given(RefreshState::kEmpty, nullptr)),
            "empty since 2000: no version has been transferred yet");
}

TEST(WithVersions, FollowsTheStateBefore) {
  const ZoneSet stale = SetOf(kPrimaries, Version(7), "why", /*is_stale=*/true);
  EXPECT_EQ(After(stale, Given(RefreshState::kFresh, Version(8))), "served 8");
  EXPECT_EQ(After(stale, Given(RefreshState::kStale, Version(7), "again")),
            "stale 7 since 1000: again");
  EXPECT_EQ(After(stale, Given(RefreshState::kExpired, nullptr, "gone")),
            "expired since 1000: expired: gone");
  EXPECT_EQ(After(stale, Given(RefreshState::kEmpty, nullptr, "no log")),
            "stale 7 since 1000: no log")
      << "there is nothing better";
}

TEST(WithVersions, TakesTheLastAndLeavesOtherZones) {
  const std::vector<TransferredVersion> two = {Given(RefreshState::kFresh, Version(7)),
                                               Given(RefreshState::kFresh, Version(8))};
  const ZoneSet empty = SetOf(kPrimaries);
  EXPECT_EQ(TextOf(*WithVersions(empty, two, kNow)), "served 8");
  EXPECT_EQ(TextOf(empty), "empty") << "the published set is immutable";
  EXPECT_EQ(TextOf(*WithVersions(SetOf(kText, Version(3)), two, kNow)), "served 3");
  EXPECT_TRUE(WithVersions(ZoneSet(), two, kNow)->zones().empty());
}

std::string Reloaded(const ZoneSet& loaded, const ZoneSet& published) {
  return TextOf(*WithPublished(loaded, published, kNow));
}

TEST(WithPublished, KeepsTransferredVersions) {
  EXPECT_EQ(Reloaded(SetOf(kPrimaries), SetOf(kPrimaries, Version(7))), "served 7");
  EXPECT_EQ(Reloaded(SetOf(kPrimaries), SetOf(kPrimaries, Version(7), "why", true)),
            "stale 7 since 1000: why");
  EXPECT_EQ(Reloaded(SetOf(kPrimaries), SetOf(kPrimaries, nullptr, "why", true)),
            "expired since 1000: why");
  EXPECT_EQ(Reloaded(SetOf(kPrimaries), ZoneSet()), "empty");
  EXPECT_EQ(Reloaded(SetOf(kText, Version(2)), SetOf(kText, Version(1))), "served 2");
  EXPECT_TRUE(WithPublished(ZoneSet(), SetOf(kPrimaries, Version(7)), kNow)->zones().empty());
}

TEST(WithPublished, KeepsTheLastVersionWhenTheKindChanges) {
  const auto to_primaries = WithPublished(SetOf(kPrimaries), SetOf(kText, Version(3)), kNow);
  EXPECT_EQ(TextOf(*to_primaries),
            "stale 3 since 2000: no version has been transferred yet; the version from its file is "
            "still served");
  EXPECT_EQ(to_primaries->zones()[0].source().kind(), kPrimaries);
  EXPECT_EQ(After(*to_primaries, Given(RefreshState::kEmpty, nullptr, "h1 times out")),
            "stale 3 since 2000: h1 times out");
  EXPECT_EQ(After(*to_primaries, Given(RefreshState::kFresh, Version(9))), "served 9");
  EXPECT_EQ(Reloaded(SetOf(kText, Version(4)), SetOf(kPrimaries, Version(7))), "served 4");
  EXPECT_EQ(Reloaded(SetOf(kText, nullptr, "no file"), SetOf(kPrimaries, Version(7))),
            "served 7 since 1000: no file");
  EXPECT_EQ(Reloaded(SetOf(kText, nullptr, "no file"), SetOf(kPrimaries)),
            "empty since 1000: no file");
}

}  // namespace
}  // namespace hither
