#include "zones/change/zone_log.h"

#include <xxhash.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"
#include "tests/zones/change/memory_log_disk.h"
#include "zones/change/u64.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Name& Apex() {
  static const Name apex = *Name::FromText("example.");
  return apex;
}

RecordList Version(uint32_t serial, absl::string_view apex = "example.") {
  return NumberedZone(apex, serial);
}

ZoneDiff Step(uint32_t from, uint32_t to) { return *Diff(Version(from), Version(to)); }

class ZoneLogTest : public testing::Test {
 protected:
  ZoneLogTest() {
    options_.keep_versions = 3;
    Reopen();
  }

  void Reopen() {
    log_.reset();
    auto opened = ZoneLog::Open(disk_, options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  void Append(uint32_t from, uint32_t to) {
    const absl::Status appended = log_->AppendDiff(Step(from, to));
    ASSERT_TRUE(appended.ok()) << appended;
  }
  void Whole(uint32_t serial, absl::string_view apex = "example.") {
    const absl::Status appended = log_->AppendWhole(Version(serial, apex));
    ASSERT_TRUE(appended.ok()) << appended;
  }
  void Sync() { ASSERT_TRUE(log_->Sync().ok()); }
  // The zone in force, checked against what its serial stands for.
  uint32_t Current() {
    const absl::StatusOr<uint32_t> serial = log_->CurrentOf(Apex());
    if (!serial.ok()) return 0;
    const absl::StatusOr<RecordList> records = log_->Load(Apex(), *serial);
    EXPECT_TRUE(records.ok()) << records.status();
    if (records.ok()) EXPECT_EQ(TextsOf(*records), TextsOf(Version(*serial)));
    return *serial;
  }
  void CompactAll() {
    for (int i = 0; i < 1000; ++i) {
      const absl::StatusOr<bool> more = log_->Compact(500);
      ASSERT_TRUE(more.ok()) << more.status();
      Sync();
      if (!*more) return;
    }
    FAIL() << "compaction does not end";
  }

  MemoryLogDisk disk_{1};
  ZoneLogOptions options_;
  std::unique_ptr<ZoneLog> log_;
};

TEST_F(ZoneLogTest, AnEmptyLogHasNothing) {
  EXPECT_EQ(log_->zone_count(), 0u);
  EXPECT_EQ(log_->CurrentOf(Apex()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->Load(Apex(), 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->TimersOf(Apex()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(log_->VersionsOf(Apex()), IsEmpty());
  EXPECT_TRUE(log_->AppendRemoved(Apex()).ok());
  EXPECT_TRUE(log_->Sync().ok());
  EXPECT_EQ(disk_.bytes(), 0u);  // Nothing to write is no segment.
  EXPECT_FALSE(*log_->Compact(1));
}

TEST_F(ZoneLogTest, KeepsTheLastVersions) {
  Whole(1);
  for (uint32_t serial = 2; serial <= 6; ++serial) Append(serial - 1, serial);
  Sync();
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(4, 5, 6));
  Reopen();
  EXPECT_THAT(log_->VersionsOf(*Name::FromText("EXAMPLE.")), ElementsAre(4, 5, 6));
  EXPECT_EQ(Current(), 6u);
  for (const uint32_t serial : {4, 5}) {
    EXPECT_EQ(TextsOf(*log_->Load(Apex(), serial)), TextsOf(Version(serial)));
  }
  log_->KeepVersions(Apex(), 1);
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(6));
  EXPECT_EQ(Current(), 6u);
}

TEST_F(ZoneLogTest, ADiffNeedsItsFirstVersion) {
  EXPECT_EQ(log_->AppendDiff(Step(1, 2)).code(), absl::StatusCode::kFailedPrecondition);
  Whole(1);
  EXPECT_EQ(log_->AppendDiff(Step(2, 3)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(log_->AppendDiff(*Diff(RecordList(Apex()), Version(9))).ok());
  EXPECT_EQ(Current(), 9u);
}

TEST_F(ZoneLogTest, StoresAVersionWholeWhenTheDiffsAreLongerThanTheZone) {
  options_.keep_versions = 1;
  Reopen();
  Whole(1);
  const uint64_t whole = log_->live_bytes();
  for (uint32_t serial = 2; serial <= 40; ++serial) {
    Append(serial - 1, serial);
    EXPECT_LE(log_->live_bytes(), 2 * whole + 100);
  }
  EXPECT_EQ(Current(), 40u);
}

TEST_F(ZoneLogTest, RollsBackAndGoesOnFromThere) {
  Whole(1);
  Append(1, 2);
  Append(2, 3);
  ASSERT_TRUE(log_->AppendRollback(Apex(), 2).ok());
  EXPECT_EQ(log_->AppendRollback(Apex(), 7).code(), absl::StatusCode::kNotFound);
  Sync();
  Reopen();
  EXPECT_EQ(Current(), 2u);
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(1, 2, 3));
  Append(2, 4);
  Sync();
  Reopen();
  EXPECT_EQ(Current(), 4u);
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(2, 3, 4));
}

TEST_F(ZoneLogTest, KeepsTimersWithoutAVersion) {
  ZoneTimers timers;
  timers.primary = "hidden1";
  ASSERT_TRUE(log_->AppendTimers(Apex(), timers).ok());
  timers.failures = 3;
  ASSERT_TRUE(log_->AppendTimers(Apex(), timers).ok());
  Sync();
  Reopen();
  EXPECT_EQ(*log_->TimersOf(Apex()), timers);
  EXPECT_EQ(Current(), 0u);
  EXPECT_FALSE(log_->MayBeOld(Apex()));
}

TEST_F(ZoneLogTest, ForgetsARemovedZone) {
  Whole(1);
  Sync();
  ASSERT_TRUE(log_->AppendRemoved(Apex()).ok());
  Sync();
  EXPECT_EQ(log_->zone_count(), 0u);
  Reopen();
  EXPECT_EQ(log_->zone_count(), 0u);
  Whole(5);
  Sync();
  Reopen();
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(5));
}

TEST_F(ZoneLogTest, AFailedSyncDropsTheGroup) {
  Whole(1);
  Sync();
  Append(1, 2);
  disk_.FailSyncs(1);
  EXPECT_EQ(log_->Sync().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Current(), 1u);
  Append(1, 3);
  Sync();
  disk_.Restart();
  Reopen();
  EXPECT_EQ(Current(), 3u);
  EXPECT_EQ(log_->report().damaged_gaps, 0u);
}

// The segment is full, so its sync is due before the next append, which is not the caller's.
TEST_F(ZoneLogTest, AFailedSyncBetweenSegmentsIsReported) {
  options_.segment_bytes = 100;
  Reopen();
  Whole(1);
  Sync();
  Whole(2);
  disk_.FailSyncs(1);
  EXPECT_FALSE(log_->AppendWhole(Version(3)).ok());
  EXPECT_FALSE(log_->AppendWhole(Version(4)).ok());
  EXPECT_EQ(log_->Sync().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Current(), 1u);
  Whole(5);
  Sync();
  EXPECT_EQ(Current(), 5u);
}

TEST_F(ZoneLogTest, AFullDiskIsReadableAndRecovers) {
  Whole(1);
  Sync();
  disk_.SetRoom(disk_.bytes() + 100);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(log_->AppendWhole(Version(2)).code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(log_->Sync().ok());
    EXPECT_EQ(Current(), 1u);
  }
  disk_.SetRoom(std::nullopt);
  Whole(3);
  Sync();
  Reopen();
  EXPECT_EQ(Current(), 3u);
  EXPECT_EQ(log_->report().damaged_gaps, 0u);
}

// The disk had room for the head of a segment and for nothing else.
TEST_F(ZoneLogTest, ASegmentWithoutEntriesIsNoDamage) {
  options_.segment_bytes = 100;
  Reopen();
  Whole(1);
  Sync();
  disk_.SetRoom(disk_.bytes() + kSegmentHeadBytes);
  EXPECT_FALSE(log_->AppendWhole(Version(2)).ok());
  disk_.SetRoom(std::nullopt);
  Whole(3);
  Sync();
  for (int i = 0; i < 2; ++i) {
    Reopen();
    EXPECT_EQ(log_->report().damaged_gaps, 0u);
    EXPECT_EQ(Current(), 3u);
  }
}

TEST_F(ZoneLogTest, CompactionKeepsWhatIsNeededAndFreesTheRest) {
  options_.segment_bytes = 4096;
  options_.keep_versions = 2;
  Reopen();
  Whole(7, "quiet.");
  ASSERT_TRUE(log_->AppendTimers(*Name::FromText("quiet."), {}).ok());
  Whole(1);
  for (uint32_t serial = 2; serial <= 200; ++serial) {
    Append(serial - 1, serial);
    Sync();
  }
  const uint64_t before = disk_.bytes();
  CompactAll();
  EXPECT_LT(disk_.bytes(), before / 2);
  EXPECT_LE(disk_.bytes(), 2 * log_->live_bytes() + 3 * 4096);
  EXPECT_EQ(Current(), 200u);
  Reopen();
  EXPECT_EQ(Current(), 200u);
  EXPECT_THAT(log_->VersionsOf(Apex()), ElementsAre(199, 200));
  EXPECT_EQ(TextsOf(*log_->Load(*Name::FromText("quiet."), 7)), TextsOf(Version(7, "quiet.")));
  EXPECT_EQ(log_->TimersOf(*Name::FromText("quiet.")), absl::StatusOr<ZoneTimers>(ZoneTimers()));
  EXPECT_EQ(log_->report().may_be_old, 0u);
}

TEST_F(ZoneLogTest, ManyRestartsDoNotLeaveManySegments) {
  for (uint32_t serial = 1; serial < 60; ++serial) {
    Whole(serial, absl::StrCat("z", serial, "."));
    Sync();
    CompactAll();
    Reopen();
    EXPECT_LE(log_->report().segments, 20u);
  }
  EXPECT_EQ(log_->zone_count(), 59u);
}

TEST_F(ZoneLogTest, AnotherFormatIsAnErrorAndNotDamage) {
  Whole(1);
  Sync();
  Bytes other = disk_.Octets(1);
  other[7] = 2;  // The format; then the checksum.
  StoreU64(other.data() + kSegmentHeadBytes - 8, XXH3_64bits(other.data(), kSegmentHeadBytes - 8));
  disk_.Put(1, other);
  EXPECT_EQ(ZoneLog::Open(disk_, options_).status().code(), absl::StatusCode::kFailedPrecondition);
}

// Three zones in three segments; then one octet changes.
class DamagedLogTest : public ZoneLogTest {
 protected:
  DamagedLogTest() {
    options_.segment_bytes = 100;  // One entry each.
    Reopen();
    Whole(1, "first.");
    Whole(1);
    Append(1, 2);
    Whole(1, "last.");
    Sync();
    log_.reset();
  }
  bool IsOld(absl::string_view zone) { return log_->MayBeOld(*Name::FromText(zone)); }
  void Flip(uint32_t segment, size_t at) { disk_.Octets(segment)[at] ^= 1; }
};

TEST_F(DamagedLogTest, ADamagedBodyConcernsItsZone) {
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  Reopen();
  EXPECT_EQ(log_->report().damaged_gaps, 1u);
  EXPECT_EQ(Current(), 1u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_TRUE(IsOld("first."));  // What else was lost is unknown.
  EXPECT_FALSE(IsOld("last."));
}

TEST_F(DamagedLogTest, ADamagedHeadConcernsTheZonesBeforeIt) {
  Flip(3, kSegmentHeadBytes + 20);
  Reopen();
  EXPECT_EQ(Current(), 1u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_TRUE(IsOld("first."));
  EXPECT_FALSE(IsOld("last."));
}

TEST_F(DamagedLogTest, AMissingSegmentIsDamage) {
  ASSERT_TRUE(disk_.Delete(3).ok());
  Reopen();
  EXPECT_EQ(log_->report().damaged_gaps, 1u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_FALSE(IsOld("last."));
}

TEST_F(DamagedLogTest, ACutSegmentIsDamage) {
  disk_.Octets(3).resize(disk_.Octets(3).size() - 8);
  Reopen();
  EXPECT_TRUE(IsOld("example."));
  EXPECT_FALSE(IsOld("last."));
}

TEST_F(DamagedLogTest, ADamagedFirstVersionLeavesNothingOfTheZone) {
  Flip(2, kSegmentHeadBytes + kEntryHeadBytes + 40);
  Reopen();
  EXPECT_EQ(Current(), 0u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_EQ(log_->zone_count(), 3u);
}

TEST_F(DamagedLogTest, DamageBeforeALaterWholeVersionDoesNotMatter) {
  Reopen();
  Whole(9);
  Whole(2, "first.");
  Sync();
  log_.reset();
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  Reopen();
  EXPECT_EQ(Current(), 9u);
  EXPECT_EQ(log_->may_be_old_count(), 0u);
}

TEST_F(DamagedLogTest, ANewVersionOrAConfirmationEndsTheDoubt) {
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  Reopen();
  Append(1, 3);
  log_->Confirm(*Name::FromText("first."));
  ASSERT_TRUE(log_->AppendTimers(*Name::FromText("first."), {}).ok());
  Sync();
  EXPECT_EQ(log_->may_be_old_count(), 0u);
  Reopen();
  EXPECT_EQ(Current(), 3u);
  EXPECT_EQ(log_->may_be_old_count(), 0u);
}

TEST_F(DamagedLogTest, TimersDoNotEndTheDoubt) {
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  Reopen();
  ASSERT_TRUE(log_->AppendTimers(Apex(), {}).ok());
  Sync();
  Reopen();
  EXPECT_TRUE(IsOld("example."));
}

TEST_F(DamagedLogTest, TheDoubtOutlivesTheDamagedSegment) {
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  options_.segment_bytes = 4096;
  Reopen();
  for (uint32_t serial = 2; serial < 40; ++serial) {
    Whole(serial, "last.");
    Sync();
  }
  CompactAll();
  Reopen();
  EXPECT_EQ(log_->report().damaged_gaps, 0u);
  EXPECT_EQ(Current(), 1u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_TRUE(IsOld("first."));
  EXPECT_FALSE(IsOld("last."));
}

TEST_F(DamagedLogTest, DamageFoundWhileItRunsIsReported) {
  Reopen();
  Flip(3, kSegmentHeadBytes + kEntryHeadBytes + 40);
  const absl::StatusOr<RecordList> records = log_->Load(Apex(), 2);
  EXPECT_EQ(records.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(records.status().message()), HasSubstr("zone example.: segment 3"));
  EXPECT_EQ(Current(), 1u);
  EXPECT_TRUE(IsOld("example."));
  EXPECT_FALSE(IsOld("first."));
}

// A crash leaves octets that were never synced; damage hits octets that were.
TEST_F(ZoneLogTest, KnowsATornTailFromDamage) {
  Whole(1);
  Sync();
  Append(1, 2);
  Sync();
  const size_t end_of_second = disk_.Octets(1).size();
  Append(2, 3);
  Sync();
  log_.reset();
  const Bytes good = disk_.Octets(1);
  Bytes torn = good;
  torn[torn.size() - 12] ^= 1;
  disk_.Put(1, torn);
  Reopen();
  EXPECT_EQ(Current(), 2u);
  EXPECT_EQ(log_->report().damaged_gaps, 0u);
  EXPECT_EQ(log_->report().torn_bytes, good.size() - end_of_second);
  log_.reset();
  Bytes damaged = good;  // In an entry that was synced before the next one was written.
  damaged[end_of_second - 12] ^= 1;
  disk_.Put(1, damaged);
  Reopen();
  EXPECT_EQ(log_->report().damaged_gaps, 1u);
  EXPECT_EQ(Current(), 1u);
  EXPECT_TRUE(log_->MayBeOld(Apex()));
}

}  // namespace
}  // namespace hither
