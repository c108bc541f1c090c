#include "zones/load_progress.h"

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
  progress.AddBytes(c.bytes_done);
  progress.bytes_total = c.bytes_total;
  progress.records = c.records;
  EXPECT_EQ(ToText(progress, c.took), c.want);
}

// clang-format off
const Case kCases[] = {
    {"NothingYet",      0, 3, 0, 0, 0, absl::Seconds(2), "0 of 3 zones"},
    {"NoTimeYet",       0, 3, 10, 0, 0, absl::ZeroDuration(), "0 of 3 zones"},
    {"ManyByZones",     120'000, 1'000'000, 170'000'000, 0, 1'200'000, absl::Seconds(2), "120000 of 1000000 zones, 1.2 M records, 85.0 MB/s, done in about 15s"},
    {"OneHugeByOctets", 0, 1, 50'000'000, 100'000'000, 0, absl::Seconds(4), "0 of 1 zones, 12.5 MB/s, done in about 4s"},
    {"OctetsOverZones", 9, 10, 25, 100, 999, absl::Seconds(1), "9 of 10 zones, 999 records, 0.0 MB/s, done in about 3s"},
    // Included files are not in the total.
    {"MoreThanAll",     1, 2, 200, 100, 0, absl::Seconds(1), "1 of 2 zones, 0.0 MB/s, done in about 0"},
    {"NoZones",         0, 0, 0, 0, 0, absl::Seconds(1), "0 of 0 zones"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, Progress, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
