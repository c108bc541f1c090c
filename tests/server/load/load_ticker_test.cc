#include "server/load/load_ticker.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/loopback.h"

namespace hither {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(LoadTicker, TellsUntilItEnds) {
  const std::string path = testing::TempDir() + "load_ticker_test.log";
  std::filesystem::remove(path);
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, path).ok());
  LoadProgress progress;
  progress.zones_total = 9;
  {
    const LoadTicker ticker(progress, absl::Milliseconds(1));
    EXPECT_TRUE(Eventually(
        [&] { return ReadFile(path).find("loading: 0 of 9 zones") != std::string::npos; }));
    progress.zones_done = 4;
    EXPECT_TRUE(Eventually(
        [&] { return ReadFile(path).find("loading: 4 of 9 zones") != std::string::npos; }));
  }
  const std::string ended = ReadFile(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(ReadFile(path), ended);
  std::filesystem::remove(path);
}

// A short load tells nothing, and its end is not waited for.
TEST(LoadTicker, EndsAtOnce) {
  const LoadProgress progress;
  const LoadTicker ticker(progress, absl::Hours(1));
}

}  // namespace
}  // namespace hither
