// A process that writes the zone log is killed at any moment, again and again.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"
#include "zones/change/file_log_disk.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

#ifdef HITHER_IS_SANITIZED
constexpr int kRounds = 10;
#else
constexpr int kRounds = 60;
#endif
constexpr int kMillisecondsMax = 60;

// Runs the child for so long. Returns all that it printed.
std::string RunAndKill(const std::string& folder, int milliseconds) {
  int ends[2];
  if (pipe(ends) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execl(HITHER_ZONE_LOG_CHILD, HITHER_ZONE_LOG_CHILD, folder.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string printed;
  char octets[4096];
  ssize_t got = read(ends[0], octets, sizeof(octets));  // It has begun.
  if (got > 0) printed.append(octets, static_cast<size_t>(got));
  if (fork() == 0) {  // Another process waits, so that this one can read.
    usleep(static_cast<useconds_t>(milliseconds) * 1000);
    kill(child, SIGKILL);
    _exit(0);
  }
  while ((got = read(ends[0], octets, sizeof(octets))) > 0) {
    printed.append(octets, static_cast<size_t>(got));
  }
  close(ends[0]);
  while (wait(nullptr) > 0) {
  }
  return printed;
}

TEST(ZoneLogKill, WhatWasSyncedIsThereAndExact) {
  std::string folder = (fs::temp_directory_path() / "hither-log-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::mt19937 random(1);
  std::map<std::string, uint32_t> synced;
  size_t lines = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    const std::string printed = RunAndKill(folder, static_cast<int>(random() % kMillisecondsMax));
    ASSERT_FALSE(printed.empty());
    const std::string whole_lines = printed.substr(0, printed.rfind('\n'));
    for (const absl::string_view line : absl::StrSplit(whole_lines, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> fields = absl::StrSplit(line, ' ');
      ASSERT_EQ(fields.size(), 2u);
      ASSERT_TRUE(absl::SimpleAtoi(fields[1], &synced[fields[0]]));
      ++lines;
    }
    absl::StatusOr<std::unique_ptr<FileLogDisk>> disk = FileLogDisk::Open(folder);
    ASSERT_TRUE(disk.ok()) << disk.status();
    const auto log = ZoneLog::Open(**disk);
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_EQ((*log)->report().damaged_gaps, 0u);
    for (const auto& [zone, serial] : synced) {
      const Name name = *Name::FromText(zone);
      const absl::StatusOr<uint32_t> current = (*log)->CurrentOf(name);
      ASSERT_TRUE(current.ok()) << current.status();
      ASSERT_GE(*current, serial);
      const absl::StatusOr<RecordList> records = (*log)->Load(name, *current);
      ASSERT_TRUE(records.ok()) << records.status();
      ASSERT_EQ(TextsOf(*records), TextsOf(NumberedZone(zone, *current)));
    }
  }
  EXPECT_GT(lines, static_cast<size_t>(kRounds));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace hither
