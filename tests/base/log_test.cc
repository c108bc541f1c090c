#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/log_file.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::vector<std::string> LinesOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return absl::StrSplit(text.str(), '\n', absl::SkipEmpty());
}

class LogToFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/log_test.log";
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".1");
  }
  void TearDown() override { EXPECT_TRUE(OpenLog(LogLevel::kInfo, "").ok()); }

  std::string path_;
};

TEST_F(LogToFile, OneLineAnEventWithTimeAndLevel) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, path_).ok());
  Log(LogLevel::kInfo, "zone ", "example.org.", ": serial ", 7);
  Log(LogLevel::kError, "cannot bind");
  const char* time = "....-..-..T..:..:...[0-9]*Z ";
  EXPECT_THAT(LinesOf(path_),
              ElementsAre(MatchesRegex(absl::StrCat(time, "info zone example.org.: serial 7")),
                          MatchesRegex(absl::StrCat(time, "error cannot bind"))));
}

TEST_F(LogToFile, LevelsBelowAreLeftOut) {
  ASSERT_TRUE(OpenLog(LogLevel::kWarning, path_).ok());
  Log(LogLevel::kInfo, "no");
  Log(LogLevel::kWarning, "yes");
  EXPECT_THAT(LinesOf(path_), ElementsAre(HasSubstr("warning yes")));
  EXPECT_FALSE(LogIsOn(LogLevel::kDebug));
}

TEST_F(LogToFile, EveryLineHasItsTimeAndLevel) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, path_).ok());
  Log(LogLevel::kInfo, "a\n2026-01-01T00:00:00.000Z error forged\x1b[2J {} %s");
  EXPECT_THAT(LinesOf(path_),
              ElementsAre(HasSubstr("info a"),
                          HasSubstr("Z info 2026-01-01T00:00:00.000Z error forged?[2J {} %s")));
}

TEST_F(LogToFile, ReopenFollowsARotation) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, path_).ok());
  Log(LogLevel::kInfo, "before");
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_TRUE(ReopenLog().ok());
  Log(LogLevel::kInfo, "after");
  EXPECT_THAT(LinesOf(path_ + ".1"), ElementsAre(HasSubstr("before")));
  EXPECT_THAT(LinesOf(path_), ElementsAre(HasSubstr("after")));
}

TEST_F(LogToFile, ThreadsDoNotMixLines) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, path_).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 100; ++j) Log(LogLevel::kInfo, std::string(50, 'x'), "end");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 400u);
  for (const std::string& line : lines)
    EXPECT_THAT(line, testing::EndsWith(" info " + std::string(50, 'x') + "end"));
}

// Also at a SIGHUP, when the user of the service has had time to change its folder.
TEST_F(LogToFile, RootIsLedToNoOthersFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root is led by others";
  const std::string folder = testing::TempDir() + "/log_test.users";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), 12345, 12345), 0);
  std::ofstream(path_) << "precious\n";
  const std::string file = folder + "/log";
  ASSERT_TRUE(OpenLogFor(FileOwner{12345, 12345}, LogLevel::kInfo, file).ok());
  std::filesystem::remove(file);
  std::filesystem::create_symlink(path_, file);
  EXPECT_THAT(std::string(ReopenLog().message()),
              HasSubstr("log is a symbolic link in a folder that not"));
  EXPECT_THAT(std::string(OpenLog(LogLevel::kInfo, file).message()),
              HasSubstr("log is a symbolic link"));
  EXPECT_THAT(std::string(CheckLogFile(file).message()), HasSubstr("log is a symbolic link"));
  Log(LogLevel::kInfo, "line");
  EXPECT_THAT(LinesOf(path_), ElementsAre("precious"));
  std::filesystem::remove_all(folder);
}

TEST(Log, CheckOpensNothing) {
  const std::string file = testing::TempDir() + "/log_check.log";
  std::filesystem::remove(file);
  EXPECT_TRUE(CheckLogFile("").ok());
  EXPECT_TRUE(CheckLogFile(file).ok());
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(CheckLogFile("/nonexist/x").message(),
            "cannot open the log file /nonexist/x: its folder: No such file or directory; check "
            "log.target");
  EXPECT_EQ(CheckLogFile("/").message(),
            "cannot open the log file /: Is a directory; check log.target");
}

TEST(Log, BadFileIsAnErrorAndTheOldLogStays) {
  const absl::Status status = OpenLog(LogLevel::kInfo, "/nonexistent/folder/h.log");
  EXPECT_EQ(status.message(),
            "cannot open the log file /nonexistent/folder/h.log: No such file or directory; check "
            "log.target");
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "still here");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("info still here\n"));
}

}  // namespace
}  // namespace hither
