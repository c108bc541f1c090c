#include "anycast/state/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <string>

namespace hither {
namespace {

TEST(RunLock, TheSecondFindsTheFirst) {
  const std::string state = testing::TempDir() + "run_lock_state";
  std::remove((state + ".lock").c_str());
  {
    const absl::StatusOr<RunLock> first = RunLock::Take(state);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_THAT(std::string(RunLock::Take(state).status().message()),
                testing::HasSubstr("another hither-anycast uses this state file"));
    EXPECT_TRUE(RunLock::Take(state + "2").ok());
  }
  EXPECT_TRUE(RunLock::Take(state).ok());  // Freed with its owner.
}

TEST(RunLock, WithoutAPlaceThereIsNone) {
  EXPECT_TRUE(RunLock::Take("").ok());
  EXPECT_TRUE(RunLock::Take("/nonexistent/state").ok());
}

}  // namespace
}  // namespace hither
