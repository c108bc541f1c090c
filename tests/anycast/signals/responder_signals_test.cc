#include "anycast/signals/responder_signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace hither {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Life = HeartbeatReader::Life;

const absl::Time kStart = absl::FromUnixSeconds(1'000);
const absl::Time kWall = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z

Name N(absl::string_view text) { return *Name::FromText(text); }

// Of a server with two workers and one zone, all well at `now`.
Heartbeat Healthy(absl::Time now) {
  Heartbeat page;
  page.pid = 42;
  page.started_at = kStart - absl::Minutes(1);
  page.phase = HeartbeatPhase::kServing;
  page.control_turn = now;
  page.workers = {{.last_turn = now}, {.last_turn = now}};
  page.zones_are_known = true;
  page.zones_total = 1;
  page.zones = {{.name = N("example.org."), .serial = 7, .flags = kHeartbeatLoaded}};
  return page;
}

class ResponderSignalsTest : public testing::Test {
 protected:
  void Take(const Heartbeat& page, Life life = Life::kAlive) {
    signals_.Take(absl::OkStatus(), life, page, now_);
  }
  Signal Get(const std::string& name, const ProbeSummary& probes = {}) {
    std::vector<Signal> all;
    signals_.AddSignals(probes, all);
    for (const Signal& signal : all) {
      if (signal.name == name) return signal;
    }
    return {.name = "absent", .detail = ""};
  }
  // A second in which so many queries came.
  void Second(uint64_t queries, uint64_t servfail = 0, uint64_t dropped = 0, uint64_t unsent = 0) {
    now_ += absl::Seconds(1);
    sum_.queries += queries;
    sum_.answered += queries;
    sum_.servfail += servfail;
    sum_.dropped += dropped;
    sum_.unsent += unsent;
    Heartbeat page = Healthy(now_);
    sum_.last_turn = now_;
    page.workers[1] = sum_;
    Take(page);
  }

  absl::Time now_ = kStart;
  Heartbeat::Worker sum_;
  ResponderSignals signals_{AnycastConfig::Policy{}};
};

TEST_F(ResponderSignalsTest, NothingIsKnownBeforeTheFirstPage) {
  EXPECT_EQ(Get("responder").level, Level::kUnknown);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kUnknown);
  EXPECT_FALSE(signals_.queries_per_second().has_value());
}

TEST_F(ResponderSignalsTest, AllIsWell) {
  Take(Healthy(now_));
  std::vector<Signal> all;
  signals_.AddSignals({}, all);
  all.push_back(signals_.ZoneSignal("Example.org", kWall));
  ASSERT_EQ(all.size(), 6u);
  for (const Signal& signal : all) EXPECT_EQ(signal.level, Level::kOk) << signal.name;
}

TEST_F(ResponderSignalsTest, NoPageIsUnknownAndHolds) {
  Take(Healthy(now_));
  signals_.Take(absl::UnavailableError("no such file"), Life::kUnknown, {}, now_);
  std::vector<Signal> all;
  signals_.AddSignals({}, all);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].level, Level::kUnknown);
  EXPECT_EQ(all[0].detail, "no such file");
}

TEST_F(ResponderSignalsTest, FreeLockIsCertainDeath) {
  Take(Healthy(now_), Life::kDead);
  const Signal dead = Get("responder", {.asked = 2, .answered = 2, .answered_at = now_});
  EXPECT_EQ(dead.level, Level::kHard);  // Those were asked before it died.
  EXPECT_TRUE(dead.is_certain);
  EXPECT_EQ(dead.scope, Scope::kLocal);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kUnknown);
  EXPECT_FALSE(signals_.queries_per_second().has_value());
}

// The page of a server that has gone, beside one with another path or none.
TEST_F(ResponderSignalsTest, DeadPageBesideALiveServerIsUnknown) {
  Take(Healthy(now_), Life::kDead);
  now_ += absl::Seconds(1);
  Take(Healthy(kStart), Life::kDead);
  const Signal signal = Get("responder", {.asked = 1, .answered = 1, .answered_at = now_});
  EXPECT_EQ(signal.level, Level::kUnknown);
  EXPECT_THAT(signal.detail, HasSubstr("same heartbeat: path"));
}

TEST_F(ResponderSignalsTest, LoadingAndEndingAreCertain) {
  for (const auto phase : {HeartbeatPhase::kLoading, HeartbeatPhase::kEnding}) {
    Heartbeat page = Healthy(now_);
    page.phase = phase;
    Take(page);
    EXPECT_EQ(Get("responder").level, Level::kHard);
    EXPECT_TRUE(Get("responder").is_certain);
  }
}

TEST_F(ResponderSignalsTest, OneStuckWorkerIsSoftAllAreHard) {
  Heartbeat page = Healthy(now_);
  page.workers[1].last_turn = now_ - absl::Milliseconds(1'001);
  Take(page);
  EXPECT_EQ(Get("responder").level, Level::kOk);
  EXPECT_EQ(Get("worker 0").level, Level::kOk);
  EXPECT_EQ(Get("worker 1").level, Level::kSoft);
  EXPECT_EQ(Get("worker 1").detail, "has not run for 1.001s");
  page.workers[0].last_turn = now_ - absl::Seconds(2);
  Take(page);
  const ProbeSummary answered = {.asked = 2, .answered = 1, .answered_at = now_};
  EXPECT_EQ(Get("responder", answered).level, Level::kHard);
  EXPECT_FALSE(Get("responder", answered).is_certain);
  EXPECT_FALSE(Get("responder", {}).is_certain);  // Nobody was asked.
  EXPECT_TRUE(Get("responder", {.asked = 2}).is_certain);
}

TEST_F(ResponderSignalsTest, PartlyStuckIsSeenBeforeAWorkerCountsAsStuck) {
  Heartbeat page = Healthy(now_);
  Take(page);
  EXPECT_FALSE(signals_.IsPartlyStuck());
  page.workers[1].last_turn = now_ - absl::Milliseconds(301);
  Take(page);
  EXPECT_TRUE(signals_.IsPartlyStuck());
  EXPECT_EQ(Get("worker 1").level, Level::kOk);
  page.workers[0].last_turn = now_ - absl::Seconds(2);  // All: that is the whole.
  Take(page);
  EXPECT_FALSE(signals_.IsPartlyStuck());
}

TEST_F(ResponderSignalsTest, WorkerThatHasNotBegunHasSomeTime) {
  Heartbeat page = Healthy(now_);
  page.started_at = now_ - absl::Milliseconds(500);
  page.workers[1].last_turn = absl::InfinitePast();
  Take(page);
  EXPECT_EQ(Get("worker 1").level, Level::kOk);
  now_ += absl::Seconds(1);
  page.workers[0].last_turn = now_;
  Take(page);
  EXPECT_EQ(Get("worker 1").level, Level::kSoft);
  EXPECT_EQ(Get("worker 1").detail, "has never run");
}

TEST_F(ResponderSignalsTest, SharesCountOverFiveSeconds) {
  Second(1'000);
  Second(1'000, /*servfail=*/100);
  EXPECT_EQ(Get("servfail share").level, Level::kSoft);
  EXPECT_EQ(Get("servfail share").detail, "10.0 % of 1000 in 5s; 5.0 % are tolerated");
  Second(1'000);
  EXPECT_EQ(Get("servfail share").level, Level::kOk);  // 5.0 %, not more.
  for (int i = 0; i < 5; ++i) Second(1'000);
  EXPECT_THAT(Get("servfail share").detail, HasSubstr("0.0 % of 5000"));
  EXPECT_DOUBLE_EQ(*signals_.queries_per_second(), 1'000.0);
}

TEST_F(ResponderSignalsTest, FewAnswersTellNothing) {
  Second(0);
  Second(19, 19);
  EXPECT_EQ(Get("servfail share").level, Level::kOk);
  EXPECT_EQ(Get("servfail share").detail, "too few queries to judge");
}

TEST_F(ResponderSignalsTest, DropsAreSoftAndAFlood) {
  Second(1'000);
  EXPECT_FALSE(signals_.IsFlooded());
  Second(900, 0, 100);
  EXPECT_EQ(Get("drop share").level, Level::kSoft);
  EXPECT_TRUE(signals_.IsFlooded());
  Heartbeat hangs = Healthy(now_);
  hangs.workers[0].last_turn = hangs.workers[1].last_turn = now_ - absl::Seconds(2);
  hangs.workers[1].queries = sum_.queries;
  hangs.workers[1].dropped = sum_.dropped + 1'000;
  Take(hangs);
  EXPECT_FALSE(signals_.IsFlooded());  // What drops because nobody turns is no overload.
}

// A firewall that lets no answer out: to withdraw sends the queries to a site that answers them.
TEST_F(ResponderSignalsTest, UnsentAnswersAreSoftButNoFlood) {
  Second(1'000);
  Second(1'000, 0, 0, 1'000);
  EXPECT_EQ(Get("drop share").level, Level::kSoft);
  EXPECT_THAT(Get("drop share").detail, HasSubstr("100.0 % of 1000"));
  EXPECT_FALSE(signals_.IsFlooded());
}

// Counters begin at 0 again; that is not a rate.
TEST_F(ResponderSignalsTest, RestartBeginsANewWindow) {
  Second(1'000'000);
  Second(1'000'000);
  Heartbeat page = Healthy(now_ += absl::Seconds(1));
  page.pid = 43;
  Take(page);
  EXPECT_FALSE(signals_.queries_per_second().has_value());
}

struct ZoneCase {
  const char* name;
  uint32_t flags;
  Level level;
  const char* detail;
};
void PrintTo(const ZoneCase& tested, std::ostream* out) { *out << tested.name; }

class ZoneSignalTest : public testing::TestWithParam<ZoneCase> {};

TEST_P(ZoneSignalTest, Is) {
  Heartbeat page = Healthy(kStart);
  page.zones[0].flags = GetParam().flags;
  page.zones[0].expire_seconds = 3'600;
  page.zones[0].stale_since = absl::UnixEpoch();
  ResponderSignals signals{AnycastConfig::Policy{}};
  signals.Take(absl::OkStatus(), Life::kAlive, page, kStart);
  const Signal signal = signals.ZoneSignal("example.org", kWall);
  EXPECT_EQ(signal.name, "zone example.org");
  EXPECT_EQ(signal.scope, Scope::kShared);
  EXPECT_EQ(signal.level, GetParam().level);
  EXPECT_EQ(signal.detail, GetParam().detail);
}

// clang-format off
const ZoneCase kZones[] = {
    {"Good",      kHeartbeatLoaded,                                          Level::kOk,   "serial 7"},
    {"Stale",     kHeartbeatLoaded | kHeartbeatStale,                        Level::kSoft, "serial 7 has been stale since 1970-01-01T00:00:00+00:00: the last load failed"},
    {"Expired",   kHeartbeatLoaded | kHeartbeatStale | kHeartbeatExpired,    Level::kHard, "serial 7 has been stale for over its EXPIRE of 3600 s"},
    {"NotLoaded", 0,                                                         Level::kHard, "not loaded: its names get SERVFAIL"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, ZoneSignalTest, testing::ValuesIn(kZones),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(ResponderSignalsTest, SignaturesThatEndSoonAreSoft) {
  Heartbeat page = Healthy(now_);
  page.zones[0].signatures_end = kWall + absl::Hours(24);
  Take(page);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kOk);
  Signal signal = signals_.ZoneSignal("example.org", kWall + absl::Seconds(1));
  EXPECT_EQ(signal.level, Level::kSoft);
  EXPECT_EQ(signal.scope, Scope::kShared);
  EXPECT_EQ(signal.detail, "serial 7; its first signature expires at 2023-11-15T22:13:20+00:00");
  signal = signals_.ZoneSignal("example.org", kWall + absl::Hours(25));
  EXPECT_EQ(signal.level, Level::kSoft);
  EXPECT_EQ(signal.detail, "serial 7; its first signature expired at 2023-11-15T22:13:20+00:00");
}

TEST_F(ResponderSignalsTest, SignaturesDoNotSoftenAHardFault) {
  Heartbeat page = Healthy(now_);
  page.zones[0].flags = 0;
  page.zones[0].signatures_end = kWall;
  Take(page);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kHard);
}

TEST_F(ResponderSignalsTest, ZonesThatAreNotToldAreUnknown) {
  Heartbeat page = Healthy(now_);
  Take(page);
  EXPECT_EQ(signals_.ZoneSignal("example.net", kWall).level, Level::kUnknown);
  page.control_turn = now_ - absl::Seconds(6);  // Who tells of zones hangs.
  Take(page);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kUnknown);
  page = Healthy(now_);
  page.zones_are_known = false;
  Take(page);
  EXPECT_EQ(signals_.ZoneSignal("example.org", kWall).level, Level::kUnknown);
}

TEST_F(ResponderSignalsTest, ZoneAboveIsNotTakenForOneThatIsOmitted) {
  Heartbeat page = Healthy(now_);
  page.zones.push_back({.name = N("org."), .serial = 1, .flags = kHeartbeatLoaded});
  page.zones_total = 2;
  Take(page);
  EXPECT_EQ(signals_.ZoneOf("www.example.org"), "example.org.");
  EXPECT_EQ(signals_.ZoneOf("other.org"), "org.");
  EXPECT_EQ(signals_.SerialOf("example.org"), 7u);
  EXPECT_EQ(signals_.SerialOf("www.example.org"), std::nullopt);
  page.zones_total = 5'000;
  Take(page);
  EXPECT_THAT(signals_.ZoneOf("other.org"), IsEmpty());
}

}  // namespace
}  // namespace hither
