#include "server/listen/latency.h"

#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace hither {
namespace {

constexpr uint64_t kForever = UINT64_MAX;

struct BorderCase {
  uint64_t ns;
  size_t index;
  uint64_t upper_ns;  // Of its bucket.
};
void PrintTo(const BorderCase& c, std::ostream* os) { *os << c.ns << " ns"; }

class Borders : public testing::TestWithParam<BorderCase> {};

TEST_P(Borders, OfTheBucketThatATimeIsIn) {
  EXPECT_EQ(LatencyBuckets::IndexOf(GetParam().ns), GetParam().index);
  EXPECT_EQ(LatencyBuckets::UpperNs(GetParam().index), GetParam().upper_ns);
}

// clang-format off
constexpr BorderCase kBorders[] = {
    {0,              0,     1},
    {1,              0,     1},
    {2,              1,     2},
    {64,             63,    64},            // A nanosecond each until here.
    {65,             64,    66},            // Then two, ...
    {66,             64,    66},
    {67,             65,    68},
    {128,            95,    128},
    {129,            96,    132},           // ... four, and so on.
    {1'024,          191,   1'024},         // A border is in the bucket below.
    {1'025,          192,   1'056},
    {1'000'000,      509,   1'015'808},
    {1'073'741'824,  831,   1'073'741'824},
    {1'073'741'825,  832,   1'107'296'256},
    {68'719'476'736, 1'023, 68'719'476'736},  // The longest: 2^36 ns.
    {68'719'476'737, 1'023, 68'719'476'736},
    {kForever,       1'023, 68'719'476'736},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Latency, Borders, testing::ValuesIn(kBorders));

TEST(LatencyBuckets, FollowEachOtherWithoutGaps) {
  for (size_t i = 0; i < LatencyBuckets::kCount; ++i) {
    const uint64_t upper = LatencyBuckets::UpperNs(i);
    ASSERT_EQ(LatencyBuckets::IndexOf(upper), i);
    const size_t next = std::min(i + 1, LatencyBuckets::kCount - 1);  // The last has the rest.
    ASSERT_EQ(LatencyBuckets::IndexOf(upper + 1), next);
  }
}

TEST(LatencyBuckets, ErrAtMostByOneInThirtyTwo) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t ns = 1 + (random() >> (28 + i % 36));  // 36 bits at most, each size as often.
    const uint64_t upper = LatencyBuckets::UpperNs(LatencyBuckets::IndexOf(ns));
    ASSERT_GE(upper, ns);
    ASSERT_LE((upper - ns) * 32, ns) << ns;
  }
}

struct Recorded {
  uint64_t ns;
  uint64_t answers;
};
struct QuantileCase {
  const char* name;
  std::vector<Recorded> recorded;
  absl::Duration p50;
  absl::Duration p99;
  absl::Duration p99_9;
};
void PrintTo(const QuantileCase& c, std::ostream* os) { *os << c.name; }

class Quantiles : public testing::TestWithParam<QuantileCase> {};

TEST_P(Quantiles, OfKnownTimes) {
  LatencyHistogram histogram;
  for (const Recorded& one : GetParam().recorded) histogram.Record(one.ns, one.answers);
  LatencySummary summary;
  summary.Add(histogram);
  EXPECT_EQ(summary.Quantile(500), GetParam().p50);
  EXPECT_EQ(summary.Quantile(990), GetParam().p99);
  EXPECT_EQ(summary.Quantile(999), GetParam().p99_9);
}

constexpr absl::Duration Ns(int64_t ns) { return absl::Nanoseconds(ns); }

// clang-format off
const QuantileCase kQuantiles[] = {
    {"Nothing",        {},                                        Ns(0),     Ns(0),     Ns(0)},
    {"ABatchOfNone",   {{100, 0}},                                Ns(0),     Ns(0),     Ns(0)},
    {"One",            {{50, 1}},                                 Ns(50),    Ns(50),    Ns(50)},
    {"Two",            {{10, 1}, {20, 1}},                        Ns(10),    Ns(20),    Ns(20)},
    {"Three",          {{30, 1}, {10, 1}, {20, 1}},               Ns(20),    Ns(30),    Ns(30)},
    {"OneOfAHundred",  {{1, 99}, {1'024, 1}},                     Ns(1),     Ns(1),     Ns(1'024)},
    {"TwoOfAHundred",  {{1, 98}, {1'024, 2}},                     Ns(1),     Ns(1'024), Ns(1'024)},
    {"OneOfAThousand", {{1, 999}, {1'024, 1}},                    Ns(1),     Ns(1),     Ns(1)},
    {"TwoOfAThousand", {{1, 998}, {1'024, 2}},                    Ns(1),     Ns(1),     Ns(1'024)},
    {"RoundedUp",      {{1'025, 5}},                              Ns(1'056), Ns(1'056), Ns(1'056)},
    {"TooLong",        {{kForever, 1}},                           Ns(68'719'476'736), Ns(68'719'476'736), Ns(68'719'476'736)},
    {"CountsNearTheEnd", {{1, uint64_t{1} << 62}, {2, 1u << 31}}, Ns(1),     Ns(1),     Ns(1)},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Latency, Quantiles, testing::ValuesIn(kQuantiles),
                         [](const auto& tested) { return std::string(tested.param.name); });

// 1 to 100,000 ns, each once: the quantile of x is x times 100,000 by definition.
TEST(LatencySummary, IsNearTheTruthForEvenlySpreadTimes) {
  LatencyHistogram histogram;
  for (uint64_t ns = 1; ns <= 100'000; ++ns) histogram.Record(ns, 1);
  LatencySummary summary;
  summary.Add(histogram);
  for (uint32_t per_mille = 1; per_mille <= 1'000; ++per_mille) {
    const int64_t truth = per_mille * 100;
    EXPECT_GE(summary.Quantile(per_mille), Ns(truth));
    EXPECT_LE(summary.Quantile(per_mille), Ns(truth + truth / 32));
  }
  EXPECT_EQ(summary.total(), absl::Nanoseconds(5'000'050'000));
}

TEST(LatencySummary, CountsWhatIsWithinABorder) {
  LatencyHistogram histogram;
  histogram.Record(1'024, 3);
  histogram.Record(1'025, 4);
  histogram.Record(5'000'000'000, 5);
  LatencySummary summary;
  summary.Add(histogram);
  EXPECT_EQ(summary.AnswersWithin(512), 0u);
  EXPECT_EQ(summary.AnswersWithin(1'024), 3u);
  EXPECT_EQ(summary.AnswersWithin(2'048), 7u);
  EXPECT_EQ(summary.AnswersWithin(uint64_t{1} << 30), 7u);
  EXPECT_EQ(summary.AnswersWithin(uint64_t{1} << 36), 12u);
  EXPECT_EQ(summary.answers(), 12u);
}

TEST(LatencySummary, AddsWorkers) {
  LatencyHistogram workers[3];
  workers[0].Record(10, 1);
  workers[1].Record(20, 2);
  workers[2].Record(30, 3);
  LatencySummary summary;
  for (const LatencyHistogram& worker : workers) summary.Add(worker);
  EXPECT_EQ(summary.answers(), 6u);
  EXPECT_EQ(summary.total(), Ns(140));
  EXPECT_EQ(summary.Quantile(500), Ns(20));
  EXPECT_EQ(summary.Quantile(990), Ns(30));
}

// Over 292 years in all, absl::Nanoseconds() would overflow.
TEST(LatencySummary, HoldsALongTotal) {
  LatencyHistogram histogram;
  histogram.Record(10'000'000'000, 1'500'000'000);
  LatencySummary summary;
  summary.Add(histogram);
  summary.Add(histogram);
  EXPECT_EQ(summary.total(), absl::Seconds(30'000'000'000));
}

// The reader never sees less than before, and buckets that do not add up to the count.
TEST(LatencyHistogram, IsReadWhileItIsWritten) {
  constexpr uint64_t kRecords = 200'000;
  LatencyHistogram histogram;
  std::thread writer([&histogram] {
    for (uint64_t i = 0; i < kRecords; ++i) histogram.Record(i, 2);
  });
  uint64_t seen = 0;
  while (seen < 2 * kRecords) {
    LatencySummary summary;
    summary.Add(histogram);
    ASSERT_GE(summary.answers(), seen);
    seen = summary.answers();
    ASSERT_EQ(summary.AnswersWithin(LatencyBuckets::kNsMax), seen);
  }
  writer.join();
  EXPECT_EQ(seen, 2 * kRecords);
}

TEST(MonotonicNs, NeverGoesBack) {
  uint64_t last = MonotonicNs();
  EXPECT_GT(last, 0u);
  for (int i = 0; i < 1'000; ++i) {
    const uint64_t now = MonotonicNs();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace hither
