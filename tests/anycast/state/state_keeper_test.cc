#include "anycast/state/state_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/time.h"

namespace hither {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(30);

KeptState Drained() {
  KeptState state;
  state.services["dns"].drain = true;
  return state;
}

class StateKeeperTest : public testing::Test {
 protected:
  StateKeeperTest() {
    std::string name = testing::TempDir() + "/state.XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/state";
    EXPECT_TRUE(disk_.Start().ok());
  }
  ~StateKeeperTest() override {
    disk_.WaitIdle(kLong);
    std::filesystem::remove_all(folder_);
  }

  bool IsDrainedAt(const std::string& path) {
    EXPECT_TRUE(disk_.WaitIdle(kLong));
    const absl::StatusOr<KeptState> state = LoadState(path);
    return state.ok() && *state == Drained();
  }
  // What is at `path` can be neither read as a state nor replaced, as on a failing disk.
  void Break(const std::string& path) { std::filesystem::create_directory(path); }
  void Mend(const std::string& path) { std::filesystem::remove(path); }

  std::string folder_;
  std::string path_;
  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
  DiskWork disk_;
  StateKeeper keeper_{disk_};
};

TEST_F(StateKeeperTest, Keeps) {
  ASSERT_TRUE(keeper_.Open(path_).ok());
  keeper_.Keep(Drained(), now_);
  EXPECT_TRUE(IsDrainedAt(path_));
  EXPECT_EQ(keeper_.Failure(), "");
}

TEST_F(StateKeeperTest, WritesAtOnceThatItCanBeSeen) {
  ASSERT_TRUE(keeper_.Open(path_).ok());
  keeper_.Keep({}, now_);
  EXPECT_TRUE(disk_.WaitIdle(kLong));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(StateKeeperTest, TriesAgainOnceASecondWhatCouldNotBeWritten) {
  ASSERT_TRUE(keeper_.Open(path_).ok());
  Break(path_);
  keeper_.Keep(Drained(), now_);
  ASSERT_TRUE(disk_.WaitIdle(kLong));
  EXPECT_THAT(keeper_.Failure(), HasSubstr(path_));
  Mend(path_);
  keeper_.Keep(Drained(), now_ + absl::Milliseconds(900));
  EXPECT_FALSE(IsDrainedAt(path_));
  keeper_.Keep(Drained(), now_ + absl::Seconds(1));
  EXPECT_TRUE(IsDrainedAt(path_));
  EXPECT_EQ(keeper_.Failure(), "");
}

TEST_F(StateKeeperTest, IsWrittenAnewAtAnotherPlace) {
  ASSERT_TRUE(keeper_.Open(path_).ok());
  keeper_.Keep(Drained(), now_);
  keeper_.MoveTo(path_ + ".other");
  keeper_.Keep(Drained(), now_);
  EXPECT_TRUE(IsDrainedAt(path_ + ".other"));
}

TEST_F(StateKeeperTest, WritesNothingTwice) {
  ASSERT_TRUE(keeper_.Open(path_).ok());
  keeper_.Keep(Drained(), now_);
  ASSERT_TRUE(disk_.WaitIdle(kLong));
  std::filesystem::remove(path_);
  keeper_.Keep(Drained(), now_ + absl::Hours(1));
  ASSERT_TRUE(disk_.WaitIdle(kLong));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StateKeeperTest, MakesAFolderThatIsMissing) {
  EXPECT_TRUE(PrepareFolderOf("state file", folder_ + "/made/below/state").ok());
  const auto facts = std::filesystem::status(folder_ + "/made/below");
  EXPECT_EQ(facts.type(), std::filesystem::file_type::directory);
  EXPECT_EQ(static_cast<int>(facts.permissions()), 0750);
  EXPECT_TRUE(PrepareFolderOf("state file", path_).ok());
  EXPECT_TRUE(PrepareFolderOf("state file", "").ok());
}

TEST_F(StateKeeperTest, RefusesAFolderThatCannotBeMade) {
  std::ofstream(path_) << "a file";
  const absl::Status status = PrepareFolderOf("state file", path_ + "/below/state");
  EXPECT_THAT(std::string(status.message()), HasSubstr("Not a directory"));
}

TEST_F(StateKeeperTest, RefusesADamagedFile) {
  std::ofstream(path_) << "{";
  EXPECT_FALSE(keeper_.Open(path_).ok());
}

TEST_F(StateKeeperTest, WithoutAPathKeepsNothing) {
  ASSERT_TRUE(keeper_.Open("").ok());
  keeper_.Keep(Drained(), now_);
  EXPECT_EQ(keeper_.Failure(), "");
}

}  // namespace
}  // namespace hither
