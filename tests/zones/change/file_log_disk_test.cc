#include "zones/change/file_log_disk.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileLogDiskTest : public testing::Test {
 protected:
  FileLogDiskTest() {
    std::string name = (fs::temp_directory_path() / "hither-log-XXXXXX").string();
    top_ = mkdtemp(name.data());
    folder_ = top_ / "log";
    Open();
  }
  ~FileLogDiskTest() override { fs::remove_all(top_); }

  void Open() {
    disk_.reset();
    auto opened = FileLogDisk::Open(folder_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    disk_ = *std::move(opened);
  }
  absl::Status Append(uint32_t number, absl::string_view text) {
    return disk_->Append(number, std::array{AsBytes(text)});
  }
  std::string Read(uint32_t number, uint64_t offset, size_t bytes) {
    Bytes octets(bytes);
    const absl::Status read = disk_->Read(number, offset, octets);
    return read.ok() ? std::string(octets.begin(), octets.end()) : read.ToString();
  }
  mode_t ModeOf(const fs::path& path) {
    struct stat facts = {};
    EXPECT_EQ(stat(path.c_str(), &facts), 0);
    return facts.st_mode & 07777;
  }

  fs::path top_;
  fs::path folder_;
  std::unique_ptr<FileLogDisk> disk_;
};

TEST_F(FileLogDiskTest, GivesBackWhatWasAppended) {
  ASSERT_TRUE(disk_->Create(7).ok());
  ASSERT_TRUE(Append(7, "hello ").ok());
  const std::string large(200'000, 'x');
  ASSERT_TRUE(
      disk_->Append(7, std::array{AsBytes("a"), AsBytes(large), ByteView(), AsBytes("z")}).ok());
  ASSERT_TRUE(disk_->Sync(7).ok());
  Open();
  EXPECT_EQ(Read(7, 0, 8), "hello ax");
  EXPECT_EQ(Read(7, 200'006, 2), "xz");
  EXPECT_THAT(Read(7, 200'007, 2), HasSubstr("ends early"));
  const auto listed = disk_->List();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().number, 7u);
  EXPECT_EQ(listed->front().bytes, 200'008u);
  ASSERT_TRUE(Append(7, "!").ok());
  EXPECT_EQ(Read(7, 200'007, 2), "z!");
  ASSERT_TRUE(disk_->Delete(7).ok());
  EXPECT_TRUE(disk_->List()->empty());
  EXPECT_NE(disk_->RandomKey(), disk_->RandomKey());
}

TEST_F(FileLogDiskTest, OnlyItsUserMayReadIt) {
  ASSERT_TRUE(disk_->Create(1).ok());
  EXPECT_EQ(ModeOf(folder_), 0700u);
  EXPECT_EQ(ModeOf(folder_ / "zones-0000000000000001.log"), 0600u);
}

TEST_F(FileLogDiskTest, OneProcessAtATime) {
  const auto second = FileLogDisk::Open(folder_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another process"));
  disk_.reset();
  EXPECT_TRUE(FileLogDisk::Open(folder_).ok());
}

TEST_F(FileLogDiskTest, IgnoresOtherFiles) {
  for (const char* name : {"zones-1.log", "zones-00000000000000AB.log",
                           "zones-0000000100000000.log", "zones-0000000000000001.log.new", "x"}) {
    std::ofstream(folder_ / name) << "x";
  }
  EXPECT_TRUE(disk_->List()->empty());
}

TEST_F(FileLogDiskTest, FollowsNoLink) {
  std::ofstream(top_ / "secret") << "secret";
  fs::create_symlink(top_ / "secret", folder_ / "zones-0000000000000001.log");
  EXPECT_THAT(Read(1, 0, 6), HasSubstr("cannot open"));
  EXPECT_FALSE(Append(1, "x").ok());
  EXPECT_FALSE(disk_->Create(1).ok());
}

TEST_F(FileLogDiskTest, AFullDiskIsUnavailable) {
  ASSERT_TRUE(disk_->Create(1).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {100, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full = Append(1, std::string(200, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(full.message()), HasSubstr("zones-0000000000000001.log: cannot write"));
  EXPECT_TRUE(Append(1, "x").ok());
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(FileLogDiskTest, ManyZonesTakeLittleMemory) {
#ifdef HITHER_IS_SANITIZED
  constexpr uint32_t kZones = 3'000;
#else
  constexpr uint32_t kZones = 100'000;
#endif
  auto start = std::chrono::steady_clock::now();
  {
    auto log = *ZoneLog::Open(*disk_);
    for (uint32_t i = 0; i < kZones; ++i) {
      const std::string apex = absl::StrCat("zone", i, ".example.");
      ASSERT_TRUE(log->AppendWhole(ListFromText(apex,
                                                "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.x.\n"
                                                "www 60 A 192.0.2.1\n"))
                      .ok());
      ASSERT_TRUE(log->AppendTimers(*Name::FromText(apex), {}).ok());
      if (i % 1000 == 0) {
        ASSERT_TRUE(log->Sync().ok());
      }
    }
    ASSERT_TRUE(log->Sync().ok());
  }
  const double written = SecondsSince(start);
  start = std::chrono::steady_clock::now();
  const auto log = *ZoneLog::Open(*disk_);
  const double opened = SecondsSince(start);
  start = std::chrono::steady_clock::now();
  log->ForEachZone([&log](NameView zone) { ASSERT_TRUE(log->Load(zone, 1).ok()); });
  const double loaded = SecondsSince(start);
  std::printf(
      "%u zones: %.2f s to write, %.2f s to open, %.2f s to load; %.0f octets a zone in "
      "memory, %.0f on the disk\n",
      kZones, written, opened, loaded, 1.0 * log->MemoryBytes() / kZones,
      1.0 * log->disk_bytes() / kZones);
  EXPECT_EQ(log->zone_count(), kZones);
  EXPECT_LT(log->MemoryBytes() / kZones, 250u);
}

}  // namespace
}  // namespace hither
