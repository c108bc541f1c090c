#include "anycast/state/records.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() : folder_(absl::StrCat(testing::TempDir(), "/records.", getpid())) {
    config_.state_file = folder_ + "/state";
    config_.journal_file = folder_ + "/journal";
  }
  ~RecordsTest() override { std::filesystem::remove_all(folder_); }
  std::string Read(const std::string& name) const {
    std::ifstream in(folder_ + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string folder_;
  AnycastConfig config_;
};

TEST_F(RecordsTest, StateIsReadByTheNextSidecar) {
  const absl::Time now = MonotonicNow();
  {
    Records records;
    ASSERT_TRUE(Records::Check(config_).ok());
    ASSERT_TRUE(records.Open(config_).ok());
    ASSERT_TRUE(records.Start().ok());
    KeptState::Service service;
    service.drain = true;
    service.drain_since = records.WallOf(now);
    EXPECT_EQ(records.WallOf(now), records.WallOf(now)) << "The same until a clock is set.";
    records.Keep({{"dns", service}}, now);
    ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
    EXPECT_EQ(records.Failure(), "");
  }
  Records next;
  const auto kept = next.Open(config_);
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(kept->services.contains("dns"));
  const absl::Duration ago = next.WallOf(*kept) - kept->services.at("dns").drain_since;
  EXPECT_GE(ago, -absl::Seconds(1));
  EXPECT_LE(ago, absl::Minutes(1));
}

TEST_F(RecordsTest, JournalGoesWhereTheConfigurationSays) {
  Records records;
  ASSERT_TRUE(Records::Check(config_).ok());
  ASSERT_TRUE(records.Start().ok());
  records.AppendToJournal("before any file\n");
  records.MoveTo(config_);
  records.AppendToJournal("");
  records.AppendToJournal("first\n");
  config_.journal_file = folder_ + "/other";
  records.MoveTo(config_);
  records.AppendToJournal("second\n");
  ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
  EXPECT_EQ(Read("/journal"), "first\n");
  EXPECT_EQ(Read("/other"), "second\n");
}

// As a killed sidecar or a power loss leaves it: the next line must not become a part of it.
TEST_F(RecordsTest, AnUnfinishedLastLineIsEnded) {
  std::filesystem::create_directories(folder_);
  const std::pair<std::string, std::string> cases[] = {
      {"whole\n", "whole\nnext\nlast\n"},
      {"whole\nto", "whole\nto\nnext\nlast\n"},
      {std::string("zeros\n\0\0", 8), std::string("zeros\n\0\0\nnext\nlast\n", 19)}};
  for (const auto& [before, after] : cases) {
    std::ofstream(config_.journal_file, std::ios::binary) << before;
    Records records;
    ASSERT_TRUE(Records::Check(config_).ok());
    ASSERT_TRUE(records.Start().ok());
    records.MoveTo(config_);
    records.AppendToJournal("next\n");
    records.AppendToJournal("last\n");
    ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
    EXPECT_EQ(Read("/journal"), after);
    EXPECT_FALSE(records.TakeJournalBreak());
  }
}

TEST_F(RecordsTest, ALostLineIsNoticedOnce) {
  Records records;
  ASSERT_TRUE(records.Start().ok());
  records.MoveTo(config_);  // The folder does not exist.
  records.AppendToJournal("lost\n");
  ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
  EXPECT_TRUE(records.TakeJournalBreak());
  EXPECT_FALSE(records.TakeJournalBreak());
  std::filesystem::create_directories(folder_);
  records.AppendToJournal("kept\n");
  ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
  EXPECT_FALSE(records.TakeJournalBreak());
  EXPECT_EQ(Read("/journal"), "kept\n");
}

// A disk that is too slow for what it is given.
TEST_F(RecordsTest, ALineThatHasNoRoomIsNoticedOnce) {
  std::filesystem::create_directories(folder_);
  Records records;
  records.MoveTo(config_);
  for (size_t i = 0; i < DiskWork::kWaitingMax; ++i) records.AppendToJournal("kept\n");
  EXPECT_FALSE(records.TakeJournalBreak());
  records.AppendToJournal("lost\n");
  EXPECT_TRUE(records.TakeJournalBreak());
  EXPECT_FALSE(records.TakeJournalBreak());
  ASSERT_TRUE(records.Start().ok());
  ASSERT_TRUE(records.WaitIdle(absl::Seconds(10)));
  EXPECT_EQ(Read("/journal").find("lost"), std::string::npos);
}

TEST_F(RecordsTest, AFolderThatCannotBeMadeIsAnError) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/file") << "\n";
  config_.journal_file = folder_ + "/file/journal";
  const absl::Status checked = Records::Check(config_);
  EXPECT_TRUE(absl::StartsWith(checked.message(), "journal ")) << checked;
}

}  // namespace
}  // namespace hither
