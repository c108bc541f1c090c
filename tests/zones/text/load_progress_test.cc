#include "zones/text/load_progress.h"

#include "gtest/gtest.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  uint64_t zones_done, zones_total, bytes_done, bytes_total, records;
  absl::Duration took;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Progress : public testing::TestWithParam<Case> {};

TEST_P(Progress, IsALine) {
  const Case& c = GetParam();
  LoadProgress progress;
  progress.zones_done = c.zones_done;
  progress.zones_total = c.zones_total;
  progress.bytes_done = c.bytes_done;
  progress.bytes_total = c.bytes_total;
  progress.records = c.records;
  progress.readers = 1;
  EXPECT_EQ(ToText(progress, c.took), c.want);
}

// clang-format off
const Case kCases[] = {
    {"NothingYet",      0, 3, 0, 0, 0, absl::Seconds(2), "0 of 3 zones"},
    {"NoTimeYet",       0, 3, 10, 0, 0, absl::ZeroDuration(), "0 of 3 zones"},
    {"ManyByZones",     120'000, 1'000'000, 170'000'000, 0, 1'200'000, absl::Seconds(2), "120000 of 1000000 zones, 1.2 M records, 85.0 MB/s, done in about 15 s"},
    {"OneHugeByOctets", 0, 1, 50'000'000, 100'000'000, 0, absl::Seconds(4), "0 of 1 zones, 12.5 MB/s, text read in about 4 s"},
    {"OctetsOverZones", 9, 10, 25, 100, 999, absl::Seconds(1), "9 of 10 zones, 999 records, 0.0 MB/s, text read in about 3 s"},
    {"Minutes",         1, 10, 0, 0, 0, absl::Seconds(21), "1 of 10 zones, done in about 4 min"},
    {"LessThanASecond", 9, 10, 0, 0, 0, absl::Seconds(1), "9 of 10 zones, done in about 1 s"},
    {"AllZones",        10, 10, 0, 0, 0, absl::Seconds(1), "10 of 10 zones"},
    // A file has grown, or more will be included.
    {"AllThatIsKnown",  1, 2, 100, 100, 0, absl::Seconds(1), "1 of 2 zones, 0.0 MB/s"},
    {"MoreThanAll",     1, 2, 200, 100, 0, absl::Seconds(1), "1 of 2 zones, 0.0 MB/s"},
    {"NoZones",         0, 0, 0, 0, 0, absl::Seconds(1), "0 of 0 zones"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Progress, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Eight zones of a few lines and an $INCLUDE of 100 MB each.
TEST(ProgressOfIncludes, GrowsAsTheyAreFound) {
  LoadProgress progress;
  progress.zones_total = 8;
  progress.bytes_total = 8 * 100;
  progress.readers = 2;
  progress.bytes_included = 200'000'000;
  progress.bytes_done = 100'000'000;
  EXPECT_EQ(ToText(progress, absl::Seconds(5)),
            "0 of 8 zones, 20.0 MB/s, text read in at least 6 s");
}

TEST(ProgressOfABuild, IsNoEstimate) {
  LoadProgress progress;
  progress.zones_total = 1;
  progress.bytes_total = progress.bytes_done = 100'000'000;
  progress.records = 2'700'000;
  progress.readers = 1;
  EXPECT_EQ(ToText(progress, absl::Seconds(2)), "0 of 1 zones, 2.7 M records, 50.0 MB/s");
  progress.readers = 0;
  EXPECT_EQ(ToText(progress, absl::Seconds(4)), "0 of 1 zones, 2.7 M records, text read, building");
}

TEST(ProgressOfErrors, WhatNobodyReadsIsNotWaitedFor) {
  LoadProgress progress;
  progress.zones_done = 1;
  progress.zones_total = 2;
  progress.bytes_total = 1'000'000'000;
  progress.bytes_left = 960'000'000;
  progress.bytes_done = 20'000'000;
  EXPECT_EQ(ToText(progress, absl::Seconds(2)), "1 of 2 zones, 10.0 MB/s, text read in about 2 s");
}

}  // namespace
}  // namespace hither
