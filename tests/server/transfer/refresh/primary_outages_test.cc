#include "server/transfer/refresh/primary_outages.h"

#include "gtest/gtest.h"

namespace hither {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

TEST(PrimaryOutages, HaveOneLineAndAnotherOneAtTheEnd) {
  PrimaryOutages outages;
  EXPECT_EQ(outages.OnAnswer(1, "p1", kStart), "");
  EXPECT_EQ(outages.OnUnreachable(1, "p1", 1'000, false, "connection refused", kStart),
            "primary p1: cannot be reached: connection refused; 1000 zones are transferred from "
            "it; see `hither zone status`");
  for (int i = 1; i < 1'000; ++i) {
    EXPECT_EQ(outages.OnUnreachable(1, "p1", 1'000, false, "timed out", kStart + absl::Minutes(i)),
              "");
  }
  EXPECT_EQ(outages.OnAnswer(1, "p1", kStart + absl::Minutes(1'000)),
            "primary p1: answers again after 16h40m; attempts that failed: 1000");
  EXPECT_EQ(outages.OnAnswer(1, "p1", kStart + absl::Minutes(1'001)), "");
}

TEST(PrimaryOutages, OfAPrimaryThatComesAndGoesAreLoggedOnceAMinute) {
  PrimaryOutages outages;
  int lines = 0;
  for (int second = 0; second < 600; ++second) {
    const absl::Time now = kStart + absl::Seconds(second);
    lines += outages.OnUnreachable(1, "p1", 1, false, "timed out", now).empty() ? 0 : 1;
    lines += outages.OnAnswer(1, "p1", now).empty() ? 0 : 1;
  }
  EXPECT_EQ(lines, 20);
}

// The minute delays the line of an outage that lasts; it does not suppress it.
TEST(PrimaryOutages, ThatBeginWithinTheMinuteAreLoggedLater) {
  PrimaryOutages outages;
  outages.OnUnreachable(1, "p1", 1, false, "timed out", kStart);
  outages.OnAnswer(1, "p1", kStart + absl::Seconds(1));
  EXPECT_EQ(outages.OnUnreachable(1, "p1", 1, false, "timed out", kStart + absl::Seconds(2)), "");
  EXPECT_NE(outages.OnUnreachable(1, "p1", 1, false, "timed out", kStart + absl::Seconds(60)), "");
  EXPECT_EQ(outages.OnAnswer(1, "p1", kStart + absl::Seconds(62)),
            "primary p1: answers again after 1m; attempts that failed: 2");
}

TEST(PrimaryOutages, WaitForTheNumberOfZonesButNotForever) {
  PrimaryOutages outages;
  EXPECT_EQ(outages.OnUnreachable(1, "p1", 64, true, "timed out", kStart), "");
  EXPECT_NE(outages.OnUnreachable(1, "p1", 128, true, "timed out", kStart + absl::Seconds(5)), "");
  EXPECT_EQ(outages.OnUnreachable(2, "p2", 64, true, "timed out", kStart), "");
  EXPECT_NE(outages.OnUnreachable(2, "p2", 1'000, false, "timed out", kStart), "");
}

TEST(PrimaryOutages, AreOfOnePrimaryEach) {
  PrimaryOutages outages;
  EXPECT_NE(outages.OnUnreachable(1, "p1", 1, false, "timed out", kStart), "");
  EXPECT_NE(outages.OnUnreachable(2, "p2", 1, false, "timed out", kStart), "");
  outages.Forget(1);
  EXPECT_NE(outages.OnUnreachable(1, "p1", 1, false, "timed out", kStart), "") << "another address";
}

}  // namespace
}  // namespace hither
