#include "server/transfer/keep/log_version_keeper.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/keep/shared_disk.h"
#include "tests/zones/change/change_support.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using Kind = VersionOutcome::Kind;

TransferRecords RecordsOf(const RecordList& list) {
  TransferRecords records;
  for (const RecordView& record : list) records.Append(record);
  return records;
}

// 40 names that stay, and `text`.
RecordList Version(uint32_t serial, const std::string& text = "", absl::string_view zone = "z.") {
  std::string all = absl::StrCat("@ 60 SOA a b ", serial, " 2 3 4 5\n@ 60 NS ns.other.\n", text);
  for (int i = 0; i < 40; ++i) absl::StrAppend(&all, "n", i, " 60 A 192.0.2.1\n");
  return ListFromText(zone, all);
}

class LogVersionKeeperTest : public testing::Test {
 protected:
  LogVersionKeeperTest() {
    ::signal(SIGPIPE, SIG_IGN);  // As hitherd does, for gates' commands.
    policy_.gates = GatesOf(GateProfile::kNone);
    Open();
  }

  void Open() {
    auto keeper = LogVersionKeeper::Open(std::make_unique<LentDisk>(shared_), options_);
    ASSERT_TRUE(keeper.ok()) << keeper.status();
    keeper_ = *std::move(keeper);
  }
  void Reopen() {
    keeper_.reset();
    shared_.With([](MemoryLogDisk& disk) { disk.Restart(); });
    Open();
  }

  VersionOrder OrderOf(const RecordList& whole) {
    VersionOrder order;
    order.zone = Name(whole.apex());
    order.policy = std::make_shared<TransferPolicy>(policy_);
    order.is_whole = true;
    order.whole = RecordsOf(whole);
    order.published = published_;
    order.timers.primary = "p1";
    return order;
  }
  VersionOrder StepOf(const RecordList& before, const RecordList& after) {
    VersionOrder order = OrderOf(after);
    const ZoneDiff diff = *Diff(before, after);
    order.is_whole = false;
    order.whole = {};
    order.diffs.push_back({.serial_from = *diff.serial_from,
                           .serial_to = diff.serial_to,
                           .removed = RecordsOf(diff.removed),
                           .added = RecordsOf(diff.added)});
    return order;
  }
  std::future<VersionOutcome> Begin(VersionOrder order) {
    auto promise = std::make_shared<std::promise<VersionOutcome>>();
    std::future<VersionOutcome> outcome = promise->get_future();
    keeper_->Make(std::move(order), [promise](VersionOutcome made) { promise->set_value(made); });
    return outcome;
  }
  VersionOutcome Make(VersionOrder order) {
    VersionOutcome outcome = Begin(std::move(order)).get();
    if (outcome.kind == Kind::kCommitted) published_ = outcome.zone;
    return outcome;
  }
  HeldVersion Load(absl::string_view zone = "z.") {
    std::promise<HeldVersion> promise;
    keeper_->Load(*Name::FromText(zone), std::make_shared<TransferPolicy>(policy_),
                  [&promise](HeldVersion held) { promise.set_value(std::move(held)); });
    return promise.get_future().get();
  }
  VersionOutcome RollBack(std::optional<uint32_t> serial) {
    std::promise<VersionOutcome> promise;
    keeper_->RollBack(*Name::FromText("z."), serial,
                      [&promise](VersionOutcome made) { promise.set_value(std::move(made)); });
    return promise.get_future().get();
  }

  SharedDisk shared_;
  KeeperOptions options_ = {};
  TransferPolicy policy_ = {};
  std::unique_ptr<LogVersionKeeper> keeper_;
  std::shared_ptr<const Zone> published_;
};

TEST_F(LogVersionKeeperTest, AWholeZoneIsThereAfterARestart) {
  const VersionOutcome made = Make(OrderOf(Version(7)));
  ASSERT_EQ(made.kind, Kind::kCommitted) << made.reason;
  EXPECT_EQ(made.zone->serial(), 7u);
  EXPECT_EQ(made.soa.expire_seconds, 4u);
  Reopen();
  const HeldVersion held = Load();
  ASSERT_NE(held.zone, nullptr) << held.error;
  EXPECT_EQ(held.zone->serial(), 7u);
  EXPECT_EQ(held.zone->record_count(), 42u);
  EXPECT_EQ(held.timers->primary, "p1");
  EXPECT_THAT(held.versions, ElementsAre(7));
  EXPECT_FALSE(held.is_rolled_back);
}

TEST_F(LogVersionKeeperTest, DifferencesChangeTheHeldVersion) {
  const RecordList one = Version(1);
  const RecordList two = Version(2, "new 60 A 192.0.2.9\n");
  ASSERT_EQ(Make(OrderOf(one)).kind, Kind::kCommitted);
  const VersionOutcome made = Make(StepOf(one, two));
  ASSERT_EQ(made.kind, Kind::kCommitted) << made.reason;
  EXPECT_EQ(made.zone->record_count(), 43u);
  Reopen();
  EXPECT_EQ(Load().zone->record_count(), 43u);
  EXPECT_THAT(Load().versions, ElementsAre(1, 2));
}

TEST_F(LogVersionKeeperTest, RandomStepsEqualTheWholeZone) {
  RandomZone zone("r.", 3);
  const auto complete = [](const RecordList& list) {
    RecordList all = list;
    // A zone cannot be built without an apex that delegates it.
    const TextRecord ns = RecordFromText("@ 60 NS ns.other.", list.apex());
    if (all.Add(ns.view()).ok()) all.Sort();
    return all;
  };
  RecordList before = complete(zone.Next());
  ASSERT_EQ(Make(OrderOf(before)).kind, Kind::kCommitted);
  for (int i = 0; i < 40; ++i) {
    const RecordList after = complete(zone.Next());
    VersionOrder order = i % 3 == 0 ? OrderOf(after) : StepOf(before, after);
    const VersionOutcome made = Make(std::move(order));
    ASSERT_EQ(made.kind, Kind::kCommitted) << i << ": " << made.reason;
    if (i % 10 == 9) Reopen();
    const HeldVersion held = Load("r.");
    ASSERT_NE(held.zone, nullptr) << held.error;
    EXPECT_TRUE(std::ranges::equal(held.zone->image(), made.zone->image()));
    before = after;
  }
}

TEST_F(LogVersionKeeperTest, DifferencesThatDoNotFitAskForTheWholeZone) {
  EXPECT_EQ(Make(StepOf(Version(1), Version(2))).kind, Kind::kUnfit);  // Nothing is held.
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  EXPECT_EQ(Make(StepOf(Version(5), Version(6))).kind, Kind::kUnfit);
  const RecordList other = Version(1, "gone 60 A 192.0.2.1\n");
  const VersionOutcome unfit = Make(StepOf(other, Version(2)));
  EXPECT_EQ(unfit.kind, Kind::kUnfit);
  EXPECT_THAT(unfit.reason, HasSubstr("gone.z."));
  EXPECT_EQ(Load().zone->serial(), 1u);
}

TEST_F(LogVersionKeeperTest, AdditionsOfWhatIsPresentAreCounted) {
  ASSERT_EQ(Make(OrderOf(Version(1, "new 60 A 192.0.2.9\n"))).kind, Kind::kCommitted);
  const VersionOutcome made = Make(StepOf(Version(1), Version(2, "new 60 A 192.0.2.9\n")));
  ASSERT_EQ(made.kind, Kind::kCommitted) << made.reason;
  EXPECT_EQ(made.repeated, 1u);
  Reopen();
  EXPECT_EQ(Load().zone->record_count(), 43u);
}

TEST_F(LogVersionKeeperTest, TheSameContentIsNotStoredTwice) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  EXPECT_EQ(Make(OrderOf(Version(1))).kind, Kind::kSame);
  published_ = nullptr;  // Held, but not published: then it is.
  EXPECT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
}

TEST_F(LogVersionKeeperTest, OtherContentWithTheSameSerialIsForTheGateToDecide) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  const RecordList other = Version(1, "new 60 A 192.0.2.9\n");
  const VersionOutcome refused = Make(OrderOf(other));
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.gates.gate, GateId::kSerial);
  EXPECT_THAT(refused.diff_text, HasSubstr("new.z."));
  policy_.gates.serial = GateSerial::kAny;
  ASSERT_EQ(Make(OrderOf(other)).kind, Kind::kCommitted);
  Reopen();
  EXPECT_EQ(Load().zone->record_count(), 43u);
}

TEST_F(LogVersionKeeperTest, WhatGatesRefuseTheOperatorMayAccept) {
  policy_.gates.apex_ns = GateChange::kHold;
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  const RecordList two = Version(2, "@ 60 NS ns2.other.\n");
  const VersionOutcome refused = Make(OrderOf(two));
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.gates.gate, GateId::kApexNs);
  EXPECT_EQ(refused.zone, nullptr);
  EXPECT_EQ(Load().zone->serial(), 1u);

  VersionOrder order = OrderOf(two);
  order.accepted_serial = 2;
  const VersionOutcome accepted = Make(std::move(order));
  EXPECT_EQ(accepted.kind, Kind::kCommitted);
  EXPECT_THAT(accepted.gates.warnings.front(), HasSubstr("apex_ns"));
  EXPECT_EQ(keeper_->counts().versions_refused, 1u);
  EXPECT_EQ(keeper_->counts().versions_made, 2u);
  EXPECT_EQ(keeper_->counts().under_way, 0u);
}

// RFC 8976. The check of zone files would refuse it under all settings, and the operator could not
// accept it.
TEST_F(LogVersionKeeperTest, AWrongZonemdIsForTheGateToDecide) {
  const auto wrong = [](uint32_t serial) {
    const std::string digest(96, '5');
    return Version(serial, absl::StrCat("@ 60 ZONEMD ", serial, " 1 1 ", digest, "\n"));
  };
  EXPECT_EQ(Make(OrderOf(wrong(1))).kind, Kind::kCommitted);
  policy_.gates.zonemd = GateZonemd::kVerify;
  const VersionOutcome refused = Make(OrderOf(wrong(2)));
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.gates.gate, GateId::kZonemd);
  EXPECT_THAT(refused.diff_text, HasSubstr("ZONEMD"));
  VersionOrder order = OrderOf(wrong(2));
  order.accepted_serial = 2;
  EXPECT_EQ(Make(std::move(order)).kind, Kind::kCommitted);
  Reopen();
  ASSERT_NE(Load().zone, nullptr) << Load().error;
  EXPECT_EQ(Load().zone->serial(), 2u);
}

TEST_F(LogVersionKeeperTest, AZoneThatCannotBeServedIsRefused) {
  const VersionOutcome refused = Make(OrderOf(Version(1, "c 60 CNAME n1\nc 60 A 192.0.2.1\n")));
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_THAT(refused.reason, HasSubstr("c.z."));
  policy_.limits.records_max = 10;
  EXPECT_EQ(Make(OrderOf(Version(1))).kind, Kind::kRefused);
}

// Where a disk has damaged the newest version, an older one is better than none; a primary is asked
// at once, since it may be old.
TEST_F(LogVersionKeeperTest, BehindADamagedVersionTheOneBeforeIsServed) {
  const std::string second = "m 60 TXT second-mark\n";
  const std::string third = second + "o 60 TXT third-mark\n";
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  ASSERT_EQ(Make(StepOf(Version(1), Version(2, second))).kind, Kind::kCommitted);
  ASSERT_EQ(Make(StepOf(Version(2, second), Version(3, third))).kind, Kind::kCommitted);
  const auto damage = [this](absl::string_view mark) {
    shared_.With([mark](MemoryLogDisk& disk) {
      Bytes& octets = disk.Octets(1);
      const ByteView sought = AsBytes(mark);
      const auto at = std::search(octets.begin(), octets.end(), sought.begin(), sought.end());
      ASSERT_NE(at, octets.end());
      *at ^= 1;
    });
  };
  EXPECT_EQ(Load().zone->serial(), 3u);
  damage("third-mark");
  HeldVersion held = Load();
  ASSERT_NE(held.zone, nullptr) << held.error;
  EXPECT_EQ(held.zone->serial(), 2u);
  EXPECT_TRUE(held.may_be_old);
  EXPECT_FALSE(held.is_rolled_back);
  EXPECT_THAT(held.versions, ElementsAre(1, 2));
  damage("second-mark");
  held = Load();
  ASSERT_NE(held.zone, nullptr) << held.error;
  EXPECT_EQ(held.zone->serial(), 1u);
}

// A disk that hangs holds up what must be written to it, and nobody who only asks.
TEST_F(LogVersionKeeperTest, WhileTheDiskHangsQuestionsAreAnswered) {
  options_.patience = std::chrono::milliseconds(20);
  Reopen();
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  shared_.hangs = true;
  std::future<VersionOutcome> second = Begin(OrderOf(Version(2)));
  while (!shared_.is_hanging) std::this_thread::yield();
  EXPECT_EQ(keeper_->Versions(*Name::FromText("z.")), std::nullopt);
  keeper_->KeepOnly([](NameView) { return true; }, absl::Now());
  keeper_->SaveTimers(*Name::FromText("z."), {});
  EXPECT_EQ(keeper_->counts().versions_made, 1u);
  shared_.hangs = false;
  EXPECT_EQ(second.get().kind, Kind::kCommitted);
  EXPECT_THAT(keeper_->Versions(*Name::FromText("z.")), Optional(ElementsAre(1, 2)));
}

TEST_F(LogVersionKeeperTest, RollsBackAndForward) {
  for (uint32_t serial = 1; serial <= 4; ++serial) {
    ASSERT_EQ(Make(OrderOf(Version(serial))).kind, Kind::kCommitted);
  }
  EXPECT_THAT(keeper_->Versions(*Name::FromText("z.")), Optional(ElementsAre(2, 3, 4)));
  const VersionOutcome back = RollBack(std::nullopt);
  ASSERT_EQ(back.kind, Kind::kCommitted) << back.reason;
  EXPECT_EQ(back.zone->serial(), 3u);
  Reopen();
  EXPECT_EQ(Load().zone->serial(), 3u);
  EXPECT_TRUE(Load().is_rolled_back);
  EXPECT_EQ(RollBack(1).kind, Kind::kRefused);
  EXPECT_EQ(RollBack(2).zone->serial(), 2u);
  EXPECT_EQ(RollBack(std::nullopt).kind, Kind::kRefused);
  EXPECT_EQ(RollBack(4).zone->serial(), 4u);
  EXPECT_FALSE(Load().is_rolled_back);
}

TEST_F(LogVersionKeeperTest, AZoneThatLeftTheConfigurationIsKeptForAWhile) {
  options_.build_threads_max = 1;  // So that what is asked for last is done last.
  const absl::Time day = absl::FromUnixSeconds(1'800'000'000);
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  published_ = nullptr;
  ASSERT_EQ(Make(OrderOf(Version(1, "", "y."))).kind, Kind::kCommitted);
  keeper_->Retire(*Name::FromText("y."), day);
  const auto keep_only = [this](const std::string& zone, absl::Time now) {
    Reopen();
    keeper_->KeepOnly([&](NameView name) { return name.ToText() == zone; }, now);
    Load("other.");  // After it.
    Reopen();
  };
  keep_only("z.", day + kUnconfiguredKept - absl::Seconds(1));
  EXPECT_EQ(keeper_->Versions(*Name::FromText("y.")), std::vector<uint32_t>{1});
  keep_only("z.", day - absl::Hours(1));  // The clock was set back: the time begins then.
  keep_only("z.", day + kUnconfiguredKept - absl::Minutes(61));
  EXPECT_EQ(keeper_->Versions(*Name::FromText("y.")), std::vector<uint32_t>{1});
  keep_only("z.", day + kUnconfiguredKept - absl::Hours(1));
  EXPECT_THAT(keeper_->Versions(*Name::FromText("y.")), Optional(IsEmpty()));
  EXPECT_EQ(keeper_->Versions(*Name::FromText("z.")), std::vector<uint32_t>{1});
}

TEST_F(LogVersionKeeperTest, AZoneThatIsPutBackHasItsTimersAndAllTheTimeAgain) {
  options_.build_threads_max = 1;  // So that what is asked for last is done last.
  const absl::Time day = absl::FromUnixSeconds(1'800'000'000);
  const Name zone = *Name::FromText("z.");
  VersionOrder order = OrderOf(Version(1));
  order.timers.last_success = day;
  order.timers.expire_seconds = 86'400;
  ASSERT_EQ(Make(std::move(order)).kind, Kind::kCommitted);
  keeper_->Retire(zone, day);
  Reopen();
  EXPECT_EQ(Load().timers->last_success, day);  // Configured again.
  EXPECT_EQ(Load().timers->unconfigured_since, std::nullopt);
  Reopen();
  keeper_->KeepOnly([](NameView) { return false; }, day + 2 * kUnconfiguredKept);
  Load("other.");
  Reopen();
  EXPECT_EQ(keeper_->Versions(zone), std::vector<uint32_t>{1});
}

TEST_F(LogVersionKeeperTest, RemovedZonesAndTimersSurviveARestart) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  published_ = nullptr;
  ASSERT_EQ(Make(OrderOf(Version(1, "", "y."))).kind, Kind::kCommitted);
  ZoneTimers timers;
  timers.failures = 3;
  keeper_->SaveTimers(*Name::FromText("y."), timers);
  timers.failures = 4;
  keeper_->SaveTimers(*Name::FromText("y."), timers);
  const Name zone = *Name::FromText("z.");
  options_.build_threads_max = 1;
  const absl::Time then = absl::FromUnixSeconds(1'800'000'000);
  keeper_->Retire(zone, then);
  Reopen();
  keeper_->KeepOnly([&zone](NameView name) { return !name.EqualsIgnoreCase(zone); },
                    then + kUnconfiguredKept);
  Load("y.");
  Reopen();
  EXPECT_EQ(Load().zone, nullptr);
  EXPECT_EQ(Load().error, "");
  EXPECT_EQ(Load("y.").timers->failures, 4u);
}

TEST_F(LogVersionKeeperTest, ManyZonesShareASync) {
  constexpr int kZones = 300;
  std::vector<std::future<VersionOutcome>> outcomes;
  for (int i = 0; i < kZones; ++i) {
    outcomes.push_back(Begin(OrderOf(Version(1, "", absl::StrCat("z", i, ".")))));
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().kind, Kind::kCommitted);
  EXPECT_LT(keeper_->counts().syncs, kZones / 4u);
}

TEST_F(LogVersionKeeperTest, AFullDiskRefusesUntilItHasSpace) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  shared_.With([](MemoryLogDisk& disk) { disk.SetRoom(disk.bytes()); });
  const VersionOutcome failed = Make(OrderOf(Version(2)));
  EXPECT_EQ(failed.kind, Kind::kNoDisk);
  EXPECT_NE(failed.reason, "");
  EXPECT_NE(keeper_->counts().last_disk_error, "");
  EXPECT_EQ(Load().zone->serial(), 1u);
  shared_.With([](MemoryLogDisk& disk) { disk.SetRoom(std::nullopt); });
  EXPECT_EQ(Make(OrderOf(Version(2))).kind, Kind::kCommitted);
  EXPECT_EQ(keeper_->counts().last_disk_error, "");
  Reopen();
  EXPECT_EQ(Load().zone->serial(), 2u);
}

TEST_F(LogVersionKeeperTest, AFailedSyncIsTriedAgain) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  shared_.With([](MemoryLogDisk& disk) { disk.FailSyncs(1); });
  EXPECT_EQ(Make(OrderOf(Version(2, "a 60 A 192.0.2.2\n"))).kind, Kind::kCommitted);
  EXPECT_GE(keeper_->counts().disk_errors, 1u);
  shared_.With([](MemoryLogDisk& disk) { disk.FailSyncs(1'000); });
  EXPECT_EQ(Make(OrderOf(Version(3))).kind, Kind::kNoDisk);
  shared_.With([](MemoryLogDisk& disk) { disk.FailSyncs(0); });
  Reopen();
  EXPECT_EQ(Load().zone->serial(), 2u);
}

TEST_F(LogVersionKeeperTest, WhatWasCommittedSurvivesAPowerCut) {
  for (int calls = 1; calls < 20; ++calls) {
    shared_.With([&](MemoryLogDisk& disk) { disk.CrashAfter(calls); });
    uint32_t committed = 0;
    published_ = nullptr;
    const HeldVersion first = Load();
    if (first.zone != nullptr) committed = first.zone->serial();
    for (uint32_t serial = committed + 1; serial < committed + 10; ++serial) {
      if (Make(OrderOf(Version(serial))).kind != Kind::kCommitted) break;
      committed = serial;
    }
    Reopen();
    const HeldVersion held = Load();
    if (committed == 0) continue;
    ASSERT_NE(held.zone, nullptr) << calls << ": " << held.error;
    EXPECT_GE(held.zone->serial(), committed);
    if (calls % 5 == 0) policy_.keep_versions = 1 + calls / 5u;
  }
}

TEST_F(LogVersionKeeperTest, AGateThatHangsDelaysNeitherAnotherZoneNorTheStop) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  policy_.gates.command = {"sleep", "600"};
  std::future<VersionOutcome> hanging = Begin(OrderOf(Version(2)));
  policy_.gates.command = {};
  published_ = nullptr;
  EXPECT_EQ(Make(OrderOf(Version(1, "", "y."))).kind, Kind::kCommitted);
  EXPECT_EQ(hanging.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  const absl::Time before = absl::Now();
  keeper_->Stop();
  EXPECT_LT(absl::Now() - before, absl::Seconds(2));
  EXPECT_EQ(hanging.get().kind, Kind::kStopped);
  EXPECT_EQ(Make(OrderOf(Version(3))).kind, Kind::kStopped);
}

TEST_F(LogVersionKeeperTest, TheDeadlineDecides) {
  ASSERT_EQ(Make(OrderOf(Version(1))).kind, Kind::kCommitted);
  policy_.gates.command = {"sleep", "600"};
  policy_.gates.deadline = absl::Milliseconds(200);
  EXPECT_EQ(Make(OrderOf(Version(2))).kind, Kind::kRefused);
  policy_.gates.on_deadline = GateDeadline::kAccept;
  EXPECT_EQ(Make(OrderOf(Version(2))).kind, Kind::kCommitted);
}

}  // namespace
}  // namespace hither
