#include "server/transfer/transfer_pace.h"

#include "gtest/gtest.h"

namespace hither {
namespace {

const absl::Time kStart = absl::UnixEpoch();
absl::Time At(int seconds) { return kStart + absl::Seconds(seconds); }

TEST(TransferPace, LetsASteadyTransferRun) {
  TransferPace pace(PaceLimits{}, kStart);
  for (int second = 1; second <= 3600; ++second) {
    pace.OnOctets(10'000, At(second));
    EXPECT_EQ(pace.Check(At(second)), "");
  }
  EXPECT_EQ(pace.octets(), 36'000'000u);
  EXPECT_EQ(pace.elapsed(At(3600)), absl::Hours(1));
}

TEST(TransferPace, CutsASilentPrimary) {
  TransferPace pace(PaceLimits{}, kStart);
  pace.OnOctets(100, At(10));
  EXPECT_EQ(pace.next_check(), At(40));
  EXPECT_EQ(pace.Check(At(39)), "");
  EXPECT_EQ(pace.Check(At(40)), "nothing was received for 30s");
}

TEST(TransferPace, CutsAPrimaryThatNeverBegins) {
  TransferPace pace(PaceLimits{}, kStart);
  pace.OnOctets(0, At(20));
  EXPECT_EQ(pace.Check(At(30)), "nothing was received for 30s");
}

TEST(TransferPace, CutsADrippingPrimary) {
  TransferPace pace(PaceLimits{}, kStart);
  int second = 1;
  for (; pace.Check(At(second)).empty() && second < 1000; ++second) pace.OnOctets(1, At(second));
  EXPECT_EQ(second, 60);
  EXPECT_EQ(pace.Check(At(second)), "only 59 octets in 1m; at least 61440 are required in 1m");
}

// A transfer that was fast earlier has no credit.
TEST(TransferPace, CutsAPrimaryThatSlowsDown) {
  TransferPace pace(PaceLimits{}, kStart);
  pace.OnOctets(1'000'000'000, At(59));
  EXPECT_EQ(pace.Check(At(60)), "");
  for (int second = 61; second < 120; ++second) pace.OnOctets(1, At(second));
  EXPECT_EQ(pace.Check(At(119)), "");
  EXPECT_NE(pace.Check(At(120)), "");
}

TEST(TransferPace, CutsAnEndlessPrimary) {
  PaceLimits limits;
  limits.octets_max = 1'000'000;
  limits.records_max = 1'000;
  TransferPace by_octets(limits, kStart);
  by_octets.OnOctets(1'000'000, At(1));
  EXPECT_EQ(by_octets.Check(At(1)), "");
  by_octets.OnOctets(1, At(1));
  EXPECT_EQ(by_octets.Check(At(1)),
            "over 1000000 octets; raise the limit if the zone is that large");
  TransferPace by_records(limits, kStart);
  by_records.OnRecords(1'001);
  EXPECT_EQ(by_records.Check(At(1)),
            "over 1000 records; raise the limit if the zone is that large");
}

TEST(TransferPace, CutsByTotalTime) {
  PaceLimits limits;
  limits.total_max = absl::Seconds(100);
  TransferPace pace(limits, kStart);
  for (int second = 1; second < 100; ++second) {
    pace.OnOctets(10'000, At(second));
    EXPECT_EQ(pace.Check(At(second)), "");
  }
  pace.OnOctets(10'000, At(100));
  EXPECT_EQ(pace.Check(At(100)), "not complete after 1m40s");
}

// While we are the slow side, the primary is not blamed.
TEST(TransferPace, StopsDuringAPause) {
  TransferPace pace(PaceLimits{}, kStart);
  pace.OnOctets(100'000, At(1));
  pace.Pause(At(1));
  pace.Pause(At(100));
  EXPECT_EQ(pace.next_check(), absl::InfiniteFuture());
  EXPECT_EQ(pace.Check(At(1'000)), "");
  pace.Resume(At(1'001));
  pace.Resume(At(1'002));
  EXPECT_EQ(pace.next_check(), At(1'031));
  EXPECT_EQ(pace.Check(At(1'030)), "");
  EXPECT_EQ(pace.Check(At(1'031)), "nothing was received for 30s");
  EXPECT_EQ(pace.elapsed(At(1'002)), absl::Seconds(2));
}

TEST(TransferPace, LimitsHoldDuringAPause) {
  PaceLimits limits;
  limits.octets_max = 10;
  TransferPace pace(limits, kStart);
  pace.Pause(At(1));
  pace.OnOctets(11, At(2));
  EXPECT_NE(pace.Check(At(2)), "");
}

}  // namespace
}  // namespace hither
