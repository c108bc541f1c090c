#include "anycast/state/clock_offsets.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(50);
const absl::Time kWall = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kBoot = absl::FromUnixSeconds(80);

TEST(ClockOffsets, KnowTheWallClock) {
  ClockOffsets clocks;
  clocks.Note(kNow, kWall, kBoot);
  EXPECT_EQ(clocks.WallOf(kNow - absl::Seconds(5)), kWall - absl::Seconds(5));
  EXPECT_EQ(clocks.wall_ahead_of_boot(), kWall - kBoot);
}

TEST(ClockOffsets, AClockThatWandersChangesNothing) {
  ClockOffsets clocks;
  clocks.Note(kNow, kWall, kBoot);
  clocks.Note(kNow, kWall + absl::Seconds(2), kBoot - absl::Seconds(2));
  EXPECT_EQ(clocks.WallOf(kNow), kWall);
  EXPECT_EQ(clocks.wall_ahead_of_boot(), kWall - kBoot);
}

TEST(ClockOffsets, AClockThatIsSetIsFollowed) {
  ClockOffsets clocks;
  clocks.Note(kNow, kWall, kBoot);
  clocks.Note(kNow, kWall - absl::Hours(1), kBoot);
  EXPECT_EQ(clocks.WallOf(kNow), kWall - absl::Hours(1));
  // The host has slept.
  clocks.Note(kNow, kWall, kBoot + absl::Hours(1));
  EXPECT_EQ(clocks.wall_ahead_of_boot(), kWall - kBoot - absl::Hours(1));
}

}  // namespace
}  // namespace hither
