#include "base/reminder.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

class ReminderTest : public testing::Test {
 protected:
  // Asks once a second, for so long; the seconds at which a line was logged.
  std::string Seconds(absl::string_view kind, int seconds) {
    std::string logged;
    for (int i = 0; i < seconds; ++i, now_ += absl::Seconds(1)) {
      if (reminder_.Holds(kind, now_)) {
        absl::StrAppend(&logged, absl::ToUnixSeconds(now_), reminder_.Note(now_), " ");
      }
    }
    return logged;
  }

  absl::Time now_ = absl::UnixEpoch();
  Reminder reminder_;
};

TEST_F(ReminderTest, RemindsEverMoreSeldom) {
  EXPECT_EQ(Seconds("away", 500), "0 60; for 1m 180; for 3m 420; for 7m ");
  const std::string day = Seconds("away", 86'400);
  EXPECT_LT(std::count(day.begin(), day.end(), ' '), 90) << day;
  EXPECT_NE(day.find("; for 3h"), std::string::npos) << "At least each hour: " << day;
}

TEST_F(ReminderTest, EachKindIsLoggedOnce) {
  EXPECT_EQ(Seconds("timeout", 1), "0 ");
  EXPECT_EQ(Seconds("refused", 1), "1 ");
  EXPECT_EQ(Seconds("timeout", 1), "");
  EXPECT_EQ(Seconds("refused", 1), "");
}

TEST_F(ReminderTest, KindsWithoutEndAreLeftToTheReminders) {
  std::string logged;
  for (int i = 0; i < 50; ++i) logged += Seconds(absl::StrCat("error ", i), 1);
  EXPECT_EQ(logged, "0 1 2 3 4 5 6 7 ");
}

TEST_F(ReminderTest, TheEndIsLoggedOnce) {
  EXPECT_FALSE(reminder_.Ended(now_)) << "Nothing was wrong.";
  Seconds("away", 5);
  EXPECT_TRUE(reminder_.Ended(now_));
  EXPECT_FALSE(reminder_.Ended(now_));
  now_ += absl::Seconds(61);
  EXPECT_TRUE(reminder_.IsOver(now_));
  EXPECT_EQ(Seconds("away", 5), "66 ") << "It begins again.";
}

// A session that comes and goes each few seconds is one fault.
TEST_F(ReminderTest, AFlappingFaultIsOne) {
  std::string logged;
  int ends = 0;
  for (int i = 0; i < 40; ++i) {
    logged += Seconds("reset", 3);
    ends += reminder_.Ended(now_);
    now_ += absl::Seconds(3);
  }
  EXPECT_EQ(logged, "0 60; for 1m, 11 times 180; for 3m, 31 times ");
  EXPECT_EQ(ends, 3);
}

}  // namespace
}  // namespace hither
