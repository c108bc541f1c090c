#include "server/heartbeat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "daemon/heartbeat/heartbeat_reader.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

std::shared_ptr<const Zone> Load(const Name& apex, uint32_t serial) {
  const std::string text = absl::StrCat("@ 60 IN SOA ns1 host ", serial,
                                        " 7200 900 3600 300\n@ 60 IN NS ns1\n"
                                        "ns1 60 IN A 192.0.2.1\n");
  return LoadZoneText(text, "test", apex).zone;
}

constexpr char kSignature[] = "ns1 60 IN RRSIG A 8 3 60 19700112144640 19700101000000 1 @ AA==\n";

class HeartTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/dev/shm/hither.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    config_.heartbeat = folder_ + "/heartbeat";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Add(ZoneSet& set, const std::string& name, bool loaded, bool failed) {
    const Name apex = *Name::FromText(name);
    ServedZone served = set.Make(apex);
    if (loaded) served.zone = Load(apex, 7);
    if (failed) served.set_last_error("why", kNow - absl::Minutes(1));
    set.Add(std::move(served));
  }
  Heartbeat Read() {
    HeartbeatReader reader(*config_.heartbeat);
    Heartbeat read;
    EXPECT_TRUE(reader.Read(read).ok());
    EXPECT_TRUE(read.zones_are_known);
    return read;
  }

  std::string folder_;
  Config config_;
};

TEST_F(HeartTest, TellsFailedZonesFirstAndWhenTheyExpire) {
  const auto page = OpenHeartbeat(config_, 1);
  ASSERT_TRUE(page.ok()) << page.status();
  HeartbeatWriter heart(**page);
  auto set = std::make_shared<ZoneSet>();
  Add(*set, "good.", true, false);
  Add(*set, "broken.", false, true);
  Add(*set, "stale.", true, true);
  heart.TakeZones(set, kNow);
  Heartbeat read = Read();
  EXPECT_EQ(read.zones_total, 3u);
  EXPECT_EQ(read.zones_loaded, 2u);
  EXPECT_EQ(read.zones_stale, 1u);
  EXPECT_EQ(read.zones_expired, 0u);
  ASSERT_EQ(read.zones.size(), 3u);
  EXPECT_EQ(read.zones[0].name.ToText(), "broken.");
  EXPECT_EQ(read.zones[0].flags, 0u);
  EXPECT_EQ(read.zones[1].name.ToText(), "stale.");
  EXPECT_EQ(read.zones[1].flags, kHeartbeatLoaded | kHeartbeatStale);
  EXPECT_EQ(read.zones[1].stale_since, kNow - absl::Minutes(1));
  EXPECT_EQ(read.zones[1].expire_seconds, 3'600u);
  EXPECT_EQ(read.zones[2].flags, kHeartbeatLoaded);

  const absl::Time expiry = kNow - absl::Minutes(1) + absl::Hours(1);
  for (int i = 0; i < HeartbeatWriter::kBeatsPerZones; ++i) heart.Beat(expiry - absl::Seconds(1));
  EXPECT_EQ(Read().zones_expired, 0u);
  for (int i = 0; i < HeartbeatWriter::kBeatsPerZones; ++i) heart.Beat(expiry);
  read = Read();
  EXPECT_EQ(read.zones_expired, 1u);
  EXPECT_EQ(read.zones[1].flags, kHeartbeatLoaded | kHeartbeatStale | kHeartbeatExpired);
}

TEST_F(HeartTest, TellsWhenSignaturesEnd) {
  const auto page = OpenHeartbeat(config_, 1);
  ASSERT_TRUE(page.ok()) << page.status();
  auto set = std::make_shared<ZoneSet>();
  Add(*set, "plain.example.", true, false);
  const Name apex = *Name::FromText("signed.example.");
  ServedZone served = set->Make(apex);
  served.zone = LoadZoneText(absl::StrCat("@ 60 IN SOA ns1 host 1 7200 900 3600 300\n",
                                          "@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n", kSignature),
                             "test", apex)
                    .zone;
  ASSERT_NE(served.zone, nullptr);
  set->Add(std::move(served));
  HeartbeatWriter heart(**page);
  heart.TakeZones(set, kNow);
  const Heartbeat read = Read();
  EXPECT_EQ(read.zones.at(0).signatures_end, absl::InfiniteFuture());
  EXPECT_EQ(read.zones.at(1).signatures_end, kNow + absl::Hours(1));
}

TEST_F(HeartTest, OfManyZonesAllThatFailAreTold) {
  const auto page = OpenHeartbeat(config_, 1);
  ASSERT_TRUE(page.ok()) << page.status();
  auto set = std::make_shared<ZoneSet>();
  for (uint32_t i = 0; i < kHeartbeatZonesMax + 10; ++i) {
    const bool failed = i >= kHeartbeatZonesMax;
    Add(*set, absl::StrCat("z", i, "."), !failed, failed);
  }
  HeartbeatWriter heart(**page);
  heart.TakeZones(set, kNow);
  const Heartbeat read = Read();
  EXPECT_EQ(read.zones_total, kHeartbeatZonesMax + 10);
  ASSERT_EQ(read.zones.size(), kHeartbeatZonesMax);
  EXPECT_EQ(read.zones[0].name.ToText(), absl::StrCat("z", kHeartbeatZonesMax, "."));
  EXPECT_EQ(read.zones[9].flags, 0u);
  EXPECT_EQ(read.zones[10].name.ToText(), "z0.");
}

TEST_F(HeartTest, NoneIsNone) {
  config_.heartbeat = "";
  const auto page = OpenHeartbeat(config_, 1);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(*page, nullptr);
}

TEST_F(HeartTest, OneThatIsAskedForMustBePossible) {
  std::ofstream(folder_ + "/file") << "no folder";
  config_.heartbeat = folder_ + "/file/heartbeat";
  const auto page = OpenHeartbeat(config_, 1);
  ASSERT_FALSE(page.ok());
  EXPECT_THAT(std::string(page.status().message()),
              HasSubstr("/file/heartbeat: Not a directory; name another path"));
}

TEST_F(HeartTest, AMissingFolderIsMade) {
  config_.heartbeat = folder_ + "/absent/heartbeat";
  const auto page = OpenHeartbeat(config_, 1);
  EXPECT_TRUE(page.ok()) << page.status();
}

}  // namespace
}  // namespace hither
