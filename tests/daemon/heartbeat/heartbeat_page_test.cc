#include "daemon/heartbeat/heartbeat_page.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file_place.h"
#include "base/replace_file.h"
#include "daemon/heartbeat/heartbeat_reader.h"

namespace hither {
namespace {

using testing::HasSubstr;
using Life = HeartbeatReader::Life;

const HeartbeatPage::Identity kIdentity = {"fra1", "ns2", "{node}.{site}"};

Name N(absl::string_view text) { return *Name::FromText(text); }

class HeartbeatTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::path("/dev/shm") / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/heartbeat";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<HeartbeatPage> Make(size_t workers = 2) {
    auto page = HeartbeatPage::Create(path_, kIdentity, workers);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *std::move(page) : nullptr;
  }
  void TellOne(HeartbeatPage& page, const Name& name) {
    const std::vector<HeartbeatZone> zones = {{.name = name, .serial = 7, .flags = 1}};
    page.TellZones({.total = 1, .loaded = 1}, zones);
  }
  // One field of the file, as a foreign writer would change it.
  template <typename T>
  void Overwrite(size_t at, T value) {
    const int fd = ::open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(fd, &value, sizeof value, static_cast<off_t>(at)),
              static_cast<ssize_t>(sizeof value));
    ::close(fd);
  }
  std::string ReadError() {
    HeartbeatReader reader(path_);
    Heartbeat read;
    const absl::Status status = reader.Read(read);
    EXPECT_EQ(status.ok(), reader.life() != Life::kUnknown);
    return std::string(status.message());
  }

  std::string folder_;
  std::string path_;
};

TEST_F(HeartbeatTest, ReaderSeesWhatWasWritten) {
  const auto page = Make();
  page->worker(1).last_turn_ns = 5'000'000'000;
  page->worker(1).queries = 10;
  page->worker(1).answered = 9;
  page->worker(1).servfail = 2;
  page->worker(1).dropped = 1;
  page->worker(1).unsent = 3;
  page->TellPhase(HeartbeatPhase::kServing);
  const Name org = N("EXAMPLE.org."), net = N("example.net.");
  const absl::Time since = absl::FromUnixSeconds(1'000);
  const std::vector<HeartbeatZone> zones = {{net, 8, 3, 3600, since, since},
                                            {.name = org, .serial = 7}};
  page->TellZones({.total = 9, .loaded = 8, .stale = 2, .expired = 1}, zones);

  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  EXPECT_EQ(read.pid, ::getpid());
  EXPECT_EQ(read.site + " " + read.node + " " + read.nsid_template, "fra1 ns2 {node}.{site}");
  EXPECT_EQ(read.phase, HeartbeatPhase::kServing);
  ASSERT_EQ(read.workers.size(), 2u);
  EXPECT_EQ(read.workers[0].last_turn, absl::InfinitePast());
  EXPECT_EQ(read.workers[1].last_turn, absl::FromUnixSeconds(5));
  EXPECT_EQ(read.workers[1].queries, 10u);
  EXPECT_EQ(read.workers[1].answered, 9u);
  EXPECT_EQ(read.workers[1].servfail, 2u);
  EXPECT_EQ(read.workers[1].dropped, 1u);
  EXPECT_EQ(read.workers[1].unsent, 3u);
  ASSERT_TRUE(read.zones_are_known);
  EXPECT_EQ(read.zones_total, 9u);
  EXPECT_EQ(read.zones_stale, 2u);
  EXPECT_EQ(read.zones_expired, 1u);
  ASSERT_EQ(read.zones.size(), 2u);
  EXPECT_EQ(read.zones[1].name.ToText(), "example.org.");
  EXPECT_EQ(read.zones[0].serial, 8u);
  EXPECT_EQ(read.zones[0].flags, kHeartbeatLoaded | kHeartbeatStale);
  EXPECT_EQ(read.zones[0].expire_seconds, 3600u);
  EXPECT_EQ(read.zones[0].stale_since, since);
  EXPECT_EQ(read.zones[0].signatures_end, since);
  EXPECT_EQ(read.zones[1].signatures_end, absl::InfiniteFuture());
}

TEST_F(HeartbeatTest, FindsTheDeepestZoneAboveAName) {
  const auto page = Make();
  const Name org = N("org."), example = N("example.org.");
  const std::vector<HeartbeatZone> zones = {{.name = example}, {.name = org}};
  page->TellZones({}, zones);
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(read.FindEnclosing(N("www.Example.org."))->name.ToText(), "example.org.");
  EXPECT_EQ(read.FindEnclosing(N("other.org."))->name.ToText(), "org.");
  EXPECT_EQ(read.FindEnclosing(N("example.net.")), nullptr);
  EXPECT_EQ(read.Find(N("www.example.org.")), nullptr);
}

TEST_F(HeartbeatTest, ModeIs0640WhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const auto page = Make();
  ::umask(before);
  struct stat facts;
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640u);
  EXPECT_EQ(static_cast<size_t>(facts.st_size), kHeartbeatPageBytes);
  EXPECT_GE(static_cast<size_t>(facts.st_blocks) * 512, kHeartbeatPageBytes);  // No holes.
}

TEST_F(HeartbeatTest, SecondWriterIsRefused) {
  const auto page = Make();
  TellOne(*page, N("example.org."));
  const auto second = HeartbeatPage::Create(path_, kIdentity, 2);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another hitherd is running"));
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(read.zones.size(), 1u);  // And what the first wrote is still there.
}

TEST_F(HeartbeatTest, DeadPageIsTakenOverAndEmptied) {
  TellOne(*Make(), N("example.org."));
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kDead);
  EXPECT_EQ(read.zones.size(), 1u);
  Overwrite(offsetof(HeartbeatHeader, layout_version), uint32_t{99});
  EXPECT_THAT(ReadError(), HasSubstr("has layout 99"));
  const auto next = Make(1);
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  EXPECT_FALSE(read.zones_are_known);
  EXPECT_EQ(read.workers.size(), 1u);
}

// Any reader of a file can hold a read lock on it, also one that waits until hitherd dies.
TEST_F(HeartbeatTest, AStrangersReadLockIsNoLifeAndHoldsNobodyUp) {
  const int stranger = [&] {
    const auto page = Make();
    return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  }();
  ASSERT_GE(stranger, 0);
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  ASSERT_EQ(::fcntl(stranger, F_OFD_SETLK, &lock), 0);
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kDead);
  const auto page = Make(1);
  ASSERT_NE(page, nullptr);
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  EXPECT_EQ(read.workers.size(), 1u);
  ::close(stranger);
}

TEST_F(HeartbeatTest, TwoThatStartAtOnceAreOne) {
  const absl::StatusOr<FilePlace> place = FindPlace(path_);
  const FileDescriptor other = OpenNew(NewPlace(*place));
  const auto made = HeartbeatPage::Create(path_, kIdentity, 1);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), absl::StatusCode::kAlreadyExists);
}

// Root owns the page, so that not even hitherd's own user can take its lock; the group reads it.
TEST_F(HeartbeatTest, TheGroupReadsItAndStrangersDoNotOpenIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to a group";
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  const auto page = HeartbeatPage::Create(path_, kIdentity, 1, 12345);
  ASSERT_TRUE(page.ok()) << page.status();
  const auto life_for = [&](gid_t group) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(12345) != 0) ::_exit(99);
      HeartbeatReader reader(path_);
      Heartbeat read;
      if (::open(path_.c_str(), O_RDWR) >= 0) ::_exit(98);
      (void)!reader.Read(read).ok();
      ::_exit(static_cast<int>(reader.life()));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(life_for(12345), static_cast<int>(Life::kAlive));
  EXPECT_EQ(life_for(54321), static_cast<int>(Life::kUnknown));
}

TEST_F(HeartbeatTest, AStrangersPageIsNotBelieved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a stranger's file";
  const auto page = Make();
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(ReadError(), "") << "who may write in the folder is somebody's choice";
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_THAT(ReadError(), HasSubstr("belongs to user 12345, and anyone can write in its"));
  ASSERT_EQ(::chown(path_.c_str(), 0, 0), 0);
  EXPECT_EQ(ReadError(), "");
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  EXPECT_THAT(ReadError(), HasSubstr("anyone can write it"));
}

// A child that holds a page until it is killed; its pid.
pid_t ForkWriter(const std::string& path) {
  int ready[2];
  EXPECT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto page = HeartbeatPage::Create(path, kIdentity, 1);
    [[maybe_unused]] const ssize_t told = ::write(ready[1], page.ok() ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 'n';
  EXPECT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST_F(HeartbeatTest, KillFreesTheLockAndStopDoesNot) {
  const pid_t child = ForkWriter(path_);
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  ASSERT_EQ(::kill(child, SIGSTOP), 0);
  ASSERT_EQ(::waitpid(child, nullptr, WUNTRACED), child);
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kDead);
}

// The reader must neither crash nor believe it.
TEST_F(HeartbeatTest, CutFileIsUnknown) {
  const auto page = Make();
  for (const off_t bytes : {0, 1, 4'095, 4'100, 4'200}) {
    ASSERT_EQ(::truncate(path_.c_str(), bytes), 0);
    EXPECT_THAT(ReadError(), testing::AnyOf(HasSubstr("too short"), HasSubstr("is not a heartbeat"),
                                            HasSubstr("is truncated within its workers")))
        << bytes;
  }
}

TEST_F(HeartbeatTest, CutAmongItsZonesKnowsTheRest) {
  const auto page = Make();
  TellOne(*page, N("example.org."));
  ASSERT_EQ(::truncate(path_.c_str(), offsetof(HeartbeatLayout, zones) + 10), 0);
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  EXPECT_FALSE(read.zones_are_known);
  EXPECT_TRUE(read.zones.empty());
}

TEST_F(HeartbeatTest, TornZonesAreUnknown) {
  const auto page = Make();
  TellOne(*page, N("example.org."));
  Overwrite(offsetof(HeartbeatLayout, zones_head), uint64_t{3});  // Being written.
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_FALSE(read.zones_are_known);
  EXPECT_TRUE(read.zones.empty());
  TellOne(*page, N("example.org."));  // Odd stays odd: one writer, which ended in between.
  Overwrite(offsetof(HeartbeatLayout, zones_head), uint64_t{6});
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_TRUE(read.zones_are_known);
}

TEST_F(HeartbeatTest, ImpossibleNumbersAreUnknown) {
  const auto page = Make();
  TellOne(*page, N("example.org."));
  Overwrite(offsetof(HeartbeatLayout, zones_head) + offsetof(HeartbeatZonesHead, record_count),
            uint32_t{0x40000000});
  HeartbeatReader reader(path_);
  Heartbeat read;
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_FALSE(read.zones_are_known);
  TellOne(*page, N("example.org."));
  Overwrite(offsetof(HeartbeatLayout, zones) + 1, uint8_t{0xc0});  // A label of 192 octets.
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_FALSE(read.zones_are_known);
  Overwrite(offsetof(HeartbeatHeader, worker_count), uint32_t{257});
  EXPECT_THAT(ReadError(), HasSubstr("impossible number of workers"));
}

TEST_F(HeartbeatTest, NoPageIsUnknown) {
  EXPECT_THAT(ReadError(), HasSubstr("No such file"));
  std::filesystem::create_directory(path_);
  EXPECT_THAT(ReadError(), HasSubstr("is not a regular file"));
}

TEST_F(HeartbeatTest, ReaderFollowsAReplacedFile) {
  HeartbeatReader reader(path_);
  Heartbeat read;
  { const auto page = Make(1); }
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kDead);
  std::filesystem::remove(path_);
  const auto page = Make(2);
  ASSERT_TRUE(reader.Read(read).ok());
  EXPECT_EQ(reader.life(), Life::kAlive);
  EXPECT_EQ(read.workers.size(), 2u);
}

// What somebody else may have put at the path stays as it is.
TEST_F(HeartbeatTest, ForeignFilesAreLeftAlone) {
  const std::string precious = folder_ + "/precious";
  std::ofstream(precious) << "not a heartbeat page\n";
  const auto refuses = [&](absl::string_view why) {
    const auto made = HeartbeatPage::Create(path_, kIdentity, 1);
    ASSERT_FALSE(made.ok());
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(std::string(why)));
    std::filesystem::remove(path_);
  };
  std::filesystem::create_symlink(precious, path_);
  refuses("Too many levels of symbolic links");
  std::filesystem::create_hard_link(precious, path_);
  refuses("not a regular file with a single name");
  std::filesystem::copy_file(precious, path_);
  refuses("already exists and is not a heartbeat page");
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  refuses("not a regular file");
  std::ifstream in(precious);
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "not a heartbeat page");
}

}  // namespace
}  // namespace hither
