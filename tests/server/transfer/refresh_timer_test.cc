#include "server/transfer/refresh_timer.h"

#include <random>

#include "dns/serial.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

constexpr uint32_t kNoJitter = 0;
constexpr uint32_t kMostJitter = 0xffffffff;
const absl::Time kBoot = absl::UnixEpoch();
const absl::Time kWall = absl::UnixEpoch() + absl::Hours(24 * 365 * 50);

TransferNow At(absl::Duration since) { return {kBoot + since, kWall + since}; }
TransferNow At(int seconds) { return At(absl::Seconds(seconds)); }

SoaFields Soa(uint32_t serial) {
  return {.serial = serial,
          .refresh_seconds = 3600,
          .retry_seconds = 600,
          .expire_seconds = 86'400,
          .minimum_seconds = 300};
}

// A zone of serial 7, transferred at time 0.
RefreshTimer Fresh(const RefreshBounds& bounds = {}) {
  RefreshTimer timer(bounds);
  timer.StartEmpty(At(0), kNoJitter);
  timer.OnAsked(At(0));
  timer.OnTransferred(Soa(7), std::nullopt, At(0), kNoJitter);
  return timer;
}

TEST(RefreshTimer, FollowsTheSoa) {
  RefreshTimer timer = Fresh();
  EXPECT_EQ(timer.due(), At(3600).steady);
  EXPECT_EQ(timer.expires_at(), At(86'400).steady);
  EXPECT_EQ(timer.state(At(0)), RefreshState::kFresh);
  timer.OnAsked(At(3600));
  EXPECT_EQ(timer.due(), absl::InfiniteFuture());
  timer.OnCurrent(7, std::nullopt, At(3601), kNoJitter);
  EXPECT_EQ(timer.due(), At(7201).steady);
  EXPECT_EQ(timer.expires_at(), At(86'400 + 3601).steady);
}

TEST(RefreshTimer, RetriesAndExpires) {
  RefreshTimer timer = Fresh();
  timer.OnAsked(At(3600));
  timer.OnFailed(At(3605), kNoJitter);
  EXPECT_EQ(timer.due(), At(4205).steady);
  EXPECT_EQ(timer.state(At(3605)), RefreshState::kStale);
  EXPECT_EQ(timer.state(At(86'399)), RefreshState::kStale);
  EXPECT_EQ(timer.state(At(86'400)), RefreshState::kExpired);
  timer.OnAsked(At(90'000));
  timer.OnCurrent(7, std::nullopt, At(90'000), kNoJitter);
  EXPECT_EQ(timer.state(At(90'000)), RefreshState::kFresh);
}

TEST(RefreshTimer, ShortensWaitsByUpToAQuarter) {
  RefreshTimer timer = Fresh();
  timer.OnAsked(At(0));
  timer.OnCurrent(7, std::nullopt, At(0), kMostJitter);
  EXPECT_GE(timer.due(), At(2700).steady);
  EXPECT_LT(timer.due(), At(2701).steady);
}

TEST(RefreshTimer, KeepsWithinItsBounds) {
  RefreshTimer timer(RefreshBounds{});
  timer.StartEmpty(At(0), kNoJitter);
  SoaFields fast;
  timer.OnTransferred(fast, std::nullopt, At(0), kNoJitter);  // All 0.
  EXPECT_EQ(timer.due(), At(60).steady);
  EXPECT_EQ(timer.expires_at(), At(90).steady) << "refresh_min + retry_min";
  timer.OnFailed(At(0), kNoJitter);
  EXPECT_EQ(timer.due(), At(30).steady);
  const SoaFields slow = {1, 0xffffffff, 0xffffffff, 0xffffffff, 0};
  timer.OnTransferred(slow, std::nullopt, At(0), kNoJitter);
  EXPECT_EQ(timer.due(), At(absl::Hours(24)).steady);
  EXPECT_EQ(timer.expires_at(), At(absl::Hours(24 * 365)).steady);
  timer.OnFailed(At(0), kNoJitter);
  EXPECT_EQ(timer.due(), At(absl::Hours(6)).steady);
}

// RFC 7314 §4.
TEST(RefreshTimer, TakesTheLeastOfExpireAndSoa) {
  RefreshTimer timer = Fresh();
  timer.OnTransferred(Soa(8), 1000, At(0), kNoJitter);
  EXPECT_EQ(timer.expires_at(), At(1000).steady);
  timer.OnTransferred(Soa(9), 1'000'000, At(0), kNoJitter);
  EXPECT_EQ(timer.expires_at(), At(86'400).steady);
}

TEST(RefreshTimer, ExpireOfAHeldVersionOnlyExtends) {
  RefreshTimer timer = Fresh();
  timer.OnCurrent(7, 1000, At(100), kNoJitter);
  EXPECT_EQ(timer.expires_at(), At(86'400).steady);
  timer.OnCurrent(7, 86'390, At(100), kNoJitter);
  EXPECT_EQ(timer.expires_at(), At(86'490).steady);
}

TEST(RefreshTimer, AnOlderPrimaryConfirmsNothing) {
  RefreshTimer timer = Fresh();
  timer.OnAsked(At(3600));
  timer.OnCurrent(6, std::nullopt, At(3600), kNoJitter);
  EXPECT_EQ(timer.state(At(3600)), RefreshState::kStale);
  EXPECT_EQ(timer.expires_at(), At(86'400).steady);
}

TEST(RefreshTimer, EmptyZoneIsAskedForMoreAndMoreRarely) {
  RefreshTimer timer(RefreshBounds{});
  timer.StartEmpty(At(0), kNoJitter);
  EXPECT_EQ(timer.due(), At(0).steady);
  EXPECT_EQ(timer.state(At(0)), RefreshState::kEmpty);
  for (const int wait : {5, 10, 20, 40, 80, 160, 320, 640, 900, 900}) {
    timer.OnAsked(At(0));
    timer.OnFailed(At(0), kNoJitter);
    EXPECT_EQ(timer.due(), At(wait).steady);
  }
  for (int i = 0; i < 1'000; ++i) timer.OnFailed(At(0), kNoJitter);
  EXPECT_EQ(timer.due(), At(900).steady);
  EXPECT_EQ(timer.state(At(0)), RefreshState::kEmpty);
}

TEST(RefreshTimer, SpreadsAStart) {
  RefreshTimer timer(RefreshBounds{});
  timer.StartEmpty(At(0), kMostJitter);
  EXPECT_GT(timer.due(), At(29).steady);
  EXPECT_LE(timer.due(), At(30).steady);
}

TEST(RefreshTimer, NotifyIsDueAtOnce) {
  RefreshTimer timer = Fresh();
  EXPECT_TRUE(timer.OnNotify(8, At(100)));
  EXPECT_EQ(timer.due(), At(100).steady);
  EXPECT_FALSE(timer.OnNotify(8, At(100))) << "it is due already";
}

TEST(RefreshTimer, NotifyWithoutHintIsDueAtOnce) {
  RefreshTimer timer = Fresh();
  EXPECT_TRUE(timer.OnNotify(std::nullopt, At(100)));
  EXPECT_EQ(timer.due(), At(100).steady);
}

TEST(RefreshTimer, IgnoresANotifyForWhatItHolds) {
  RefreshTimer timer = Fresh();
  for (const uint32_t hint : {7u, 6u, 7u + 0x80000000u}) {
    EXPECT_FALSE(timer.OnNotify(hint, At(100))) << hint;
  }
  EXPECT_EQ(timer.due(), At(3600).steady);
}

// The answer under way may have been sent before the change that the NOTIFY reports.
TEST(RefreshTimer, AsksAgainAfterANotifyDuringATurn) {
  RefreshTimer timer = Fresh();
  timer.OnAsked(At(100));
  EXPECT_FALSE(timer.OnNotify(std::nullopt, At(102)));
  EXPECT_EQ(timer.due(), absl::InfiniteFuture());
  timer.OnCurrent(7, std::nullopt, At(103), kNoJitter);
  EXPECT_EQ(timer.due(), At(103).steady);
  timer.OnAsked(At(103));
  timer.OnCurrent(7, std::nullopt, At(104), kNoJitter);
  EXPECT_EQ(timer.due(), At(3704).steady);
}

// Lets the timer run until `end`; the primary always has serial 7. Returns the number of queries.
int CountQueries(RefreshTimer& timer, absl::Duration from, absl::Duration end) {
  int queries = 0;
  for (absl::Duration time = from; time < end; time += absl::Seconds(1)) {
    if (timer.due() > At(time).steady) continue;
    timer.OnAsked(At(time));
    timer.OnCurrent(7, std::nullopt, At(time), kNoJitter);
    ++queries;
  }
  return queries;
}

TEST(RefreshTimer, NotifyAheadOfThePrimaryEnds) {
  RefreshTimer timer = Fresh();
  timer.OnNotify(1'000, At(100));
  EXPECT_EQ(CountQueries(timer, absl::Seconds(100), absl::Seconds(3000)), 4);
  EXPECT_GT(timer.due(), At(3000).steady);
}

TEST(RefreshTimer, StormOfNotifiesIsAQueryASecond) {
  RefreshTimer timer = Fresh();
  int queries = 0;
  for (int ms = 0; ms < 60'000; ++ms) {
    const TransferNow now = At(absl::Milliseconds(ms));
    timer.OnNotify(1'000 + static_cast<uint32_t>(ms), now);
    if (timer.due() > now.steady) continue;
    timer.OnAsked(now);
    timer.OnCurrent(7, std::nullopt, now, kNoJitter);
    ++queries;
  }
  EXPECT_LE(queries, 60);
}

TEST(RefreshTimer, HintEndsWithItsSerial) {
  RefreshTimer timer = Fresh();
  timer.OnNotify(8, At(100));
  timer.OnAsked(At(100));
  timer.OnTransferred(Soa(8), std::nullopt, At(101), kNoJitter);
  EXPECT_EQ(timer.due(), At(3701).steady);
}

TEST(RefreshTimer, TransferBelowTheHintIsFollowedUp) {
  RefreshTimer timer = Fresh();
  timer.OnNotify(9, At(100));
  timer.OnAsked(At(100));
  timer.OnTransferred(Soa(8), std::nullopt, At(101), kNoJitter);
  EXPECT_EQ(timer.due(), At(106).steady);
}

TEST(RefreshTimer, RefusedContentIsNotTakenAgainSoon) {
  RefreshTimer timer = Fresh();
  int at = 3600;
  for (const int wait : {60, 120, 240, 480, 960, 1920, 3840, 7680, 15'360, 21'600, 21'600}) {
    timer.OnAsked(At(at));
    EXPECT_TRUE(timer.MayTransfer(8, At(at)));
    timer.OnRefused(8, At(at), kNoJitter);
    EXPECT_FALSE(timer.MayTransfer(8, At(at + wait - 1)));
    EXPECT_TRUE(timer.MayTransfer(9, At(at)));
    at += wait;
    EXPECT_TRUE(timer.MayTransfer(8, At(at)));
    EXPECT_LE(timer.due(), At(at).steady);
  }
  EXPECT_EQ(timer.expires_at(), At(86'400).steady) << "refused content confirms nothing";
}

TEST(RefreshTimer, WhileHeldBackTheSoaIsAskedForAtRetry) {
  RefreshTimer timer = Fresh();
  for (int i = 0; i < 8; ++i) timer.OnRefused(8, At(0), kNoJitter);
  timer.OnAsked(At(600));
  timer.OnHeld(At(600), kNoJitter);
  EXPECT_EQ(timer.due(), At(1200).steady);
  EXPECT_EQ(timer.state(At(600)), RefreshState::kStale);
}

TEST(RefreshTimer, NotifyOfANewSerialEndsTheWait) {
  RefreshTimer timer = Fresh();
  timer.OnRefused(8, At(0), kNoJitter);
  EXPECT_FALSE(timer.OnNotify(8, At(10))) << "the refused one";
  EXPECT_TRUE(timer.OnNotify(9, At(10)));
  EXPECT_EQ(timer.due(), At(10).steady);
  timer.OnAsked(At(10));
  EXPECT_TRUE(timer.MayTransfer(9, At(10)));
  EXPECT_FALSE(timer.MayTransfer(8, At(10))) << "the NOTIFY was ahead of the primary";
  timer.OnTransferred(Soa(9), std::nullopt, At(11), kNoJitter);
  EXPECT_EQ(timer.state(At(11)), RefreshState::kFresh);
  EXPECT_FALSE(timer.refused_serial().has_value());
}

TEST(RefreshTimer, AnotherRefusedSerialStartsWithTheFirstWait) {
  RefreshTimer timer = Fresh();
  for (int i = 0; i < 5; ++i) timer.OnRefused(8, At(0), kNoJitter);
  timer.OnRefused(9, At(0), kNoJitter);
  EXPECT_TRUE(timer.MayTransfer(9, At(60)));
}

TEST(RefreshTimer, OrderOfTheOperatorEndsTheWait) {
  RefreshTimer timer = Fresh();
  timer.OnRefused(8, At(0), kNoJitter);
  timer.OnOrder(At(1));
  EXPECT_EQ(timer.due(), At(1).steady);
  EXPECT_TRUE(timer.MayTransfer(8, At(1)));
}

TEST(RefreshTimer, ARestartChangesNothing) {
  const RefreshTimer before = Fresh();
  const RefreshSaved saved = before.Save(At(1000));
  EXPECT_EQ(saved.last_success, kWall);
  EXPECT_EQ(saved.expire_seconds, 86'400u);
  // Another boot: the steady clock begins again.
  const TransferNow now = {kBoot + absl::Seconds(5), kWall + absl::Seconds(1010)};
  RefreshTimer after(RefreshBounds{});
  after.Start(Soa(7), saved, now, kNoJitter);
  EXPECT_EQ(after.due(), now.steady + absl::Seconds(3600 - 1010));
  EXPECT_EQ(after.expires_at(), now.steady + absl::Seconds(86'400 - 1010));
  EXPECT_EQ(after.state(now), RefreshState::kFresh);
}

TEST(RefreshTimer, AfterALongStopItIsDueOrExpired) {
  const RefreshSaved saved = Fresh().Save(At(0));
  RefreshTimer timer(RefreshBounds{});
  timer.Start(Soa(7), saved, At(7200), kNoJitter);
  EXPECT_EQ(timer.due(), At(7200).steady);
  EXPECT_EQ(timer.state(At(7200)), RefreshState::kFresh);
  timer.Start(Soa(7), saved, At(86'400), kNoJitter);
  EXPECT_EQ(timer.state(At(86'400)), RefreshState::kExpired);
  EXPECT_EQ(timer.due(), At(86'400).steady);
}

TEST(RefreshTimer, AClockSetBackDoesNotEndAZone) {
  const RefreshSaved saved = Fresh().Save(At(0));
  const TransferNow now = {kBoot, absl::UnixEpoch()};  // A host without a clock.
  RefreshTimer timer(RefreshBounds{});
  timer.Start(Soa(7), saved, now, kNoJitter);
  EXPECT_EQ(timer.state(now), RefreshState::kFresh);
  EXPECT_EQ(timer.due(), now.steady);
  EXPECT_EQ(timer.expires_at(), now.steady + absl::Seconds(86'400));
}

TEST(RefreshTimer, AClockSetWhileItRunsChangesNothing) {
  RefreshTimer timer = Fresh();
  for (const absl::Duration jump : {absl::Hours(-24 * 3650), absl::Hours(24 * 3650)}) {
    const TransferNow now = {At(100).steady, At(100).wall + jump};
    EXPECT_EQ(timer.state(now), RefreshState::kFresh);
    EXPECT_EQ(timer.due(), At(3600).steady);
    EXPECT_EQ(timer.Save(now).last_success, now.wall - absl::Seconds(100));
  }
}

TEST(RefreshTimer, AFileCannotExtendAZonesLife) {
  const RefreshSaved saved = {.last_success = kWall, .expire_seconds = 0xffffffff};
  RefreshTimer timer(RefreshBounds{});
  timer.Start(Soa(7), saved, At(0), kNoJitter);
  EXPECT_EQ(timer.expires_at(), At(86'400).steady);
  timer.Start(Soa(7), RefreshSaved{}, At(0), kNoJitter);
  EXPECT_EQ(timer.state(At(0)), RefreshState::kExpired) << "no primary ever confirmed it";
}

TEST(RefreshTimer, RemembersRefusedContentAcrossARestart) {
  RefreshTimer before = Fresh();
  before.OnRefused(8, At(0), kNoJitter);
  before.OnRefused(8, At(0), kNoJitter);
  RefreshTimer after(RefreshBounds{});
  after.Start(Soa(7), before.Save(At(0)), At(0), kNoJitter);
  EXPECT_EQ(after.state(At(0)), RefreshState::kStale);
  EXPECT_FALSE(after.MayTransfer(8, At(119)));
  EXPECT_TRUE(after.MayTransfer(8, At(120)));
}

// Random events: the timer always has a next step that is not in the past, and never lets a version
// live longer than its SOA does after the last confirmation.
TEST(RefreshTimer, KeepsItsPromisesWhateverHappens) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    RefreshTimer timer = Fresh();
    absl::Duration time;
    absl::Duration confirmed;
    uint32_t serial = 7;
    for (int step = 0; step < 2'000; ++step) {
      time += absl::Seconds(random() % 600);
      const TransferNow now = At(time);
      switch (random() % 8) {
        case 0:
          timer.OnNotify(serial + random() % 3, now);
          break;
        case 1:
          timer.OnNotify(std::nullopt, now);
          break;
        case 2:
          timer.OnFailed(now, random());
          break;
        case 3:
          timer.OnRefused(serial + 1 + random() % 2, now, random());
          break;
        case 4:
          timer.OnCurrent(serial, std::nullopt, now, random());
          confirmed = time;
          break;
        case 5:
          timer.OnTransferred(Soa(++serial), random() % 100'000, now, random());
          confirmed = time;
          break;
        case 6:
          timer.OnHeld(now, random());
          break;
        case 7:
          timer.OnAsked(now);
          ASSERT_EQ(timer.due(), absl::InfiniteFuture());
          timer.OnFailed(now, random());
          break;
      }
      ASSERT_LE(timer.due(), now.steady + absl::Hours(1)) << seed << " " << step;
      ASSERT_LE(timer.expires_at(), At(confirmed).steady + absl::Hours(24)) << seed << " " << step;
    }
  }
}

}  // namespace
}  // namespace hither
