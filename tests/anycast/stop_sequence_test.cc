#include "anycast/stop_sequence.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

using Step = StopSequence::Step;

const absl::Time kBegin = absl::FromUnixSeconds(1'000);
absl::Time At(double seconds) { return kBegin + absl::Seconds(seconds); }

TEST(StopSequence, NothingIsDueBeforeASignal) {
  const StopSequence stop;
  EXPECT_FALSE(stop.HasBegun());
  EXPECT_EQ(stop.Due(/*is_announced=*/false, /*is_idle=*/true, At(9'999)), Step::kWait);
}

TEST(StopSequence, ClosesWhatIsDrainedAndLeavesWhenIdle) {
  StopSequence stop;
  EXPECT_TRUE(stop.Ask(kBegin, At(61)));
  EXPECT_TRUE(stop.HasBegun());
  EXPECT_EQ(stop.Due(true, false, At(1)), Step::kWait);
  EXPECT_EQ(stop.Due(false, false, At(1)), Step::kClose);
  stop.Close(At(4));
  EXPECT_EQ(stop.Due(false, false, At(2)), Step::kWait);
  EXPECT_EQ(stop.Due(false, true, At(2)), Step::kLeave);
}

TEST(StopSequence, EachStepHasADeadline) {
  StopSequence stop;
  stop.Ask(kBegin, At(61));
  EXPECT_EQ(stop.Due(true, false, At(60.9)), Step::kWait);
  EXPECT_EQ(stop.Due(true, false, At(61)), Step::kClose);
  stop.Close(At(64));
  EXPECT_EQ(stop.Due(true, false, At(63.9)), Step::kWait);
  EXPECT_EQ(stop.Due(true, false, At(64)), Step::kLeave);
}

TEST(StopSequence, ASecondSignalEndsTheStepThatRuns) {
  StopSequence stop;
  stop.Ask(kBegin, At(61));
  EXPECT_FALSE(stop.Ask(At(1), At(62)));
  EXPECT_EQ(stop.Due(true, false, At(1)), Step::kClose);
  stop.Close(At(4));
  EXPECT_FALSE(stop.Ask(At(2), At(63)));
  EXPECT_EQ(stop.Due(true, false, At(2)), Step::kLeave);
}

}  // namespace
}  // namespace hither
