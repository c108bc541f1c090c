#include "server/load/file_watch.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kSettle = absl::Milliseconds(100);

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "/fwatchXXXXXX";
    folder_ = fs::canonical(mkdtemp(folder.data())).string();
    Write("a.zone", "1");
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    watch_ = std::make_unique<FileWatch>(loop_, kSettle, [this](bool is_seen) {
      ++calls_;
      seen_ += is_seen ? 1 : 0;
    });
  }
  void TearDown() override {
    watch_->Close();
    watch_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    fs::remove_all(folder_);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }
  WatchList List() const {
    WatchList list;
    list.AddFile(folder_ + "/a.zone");
    return list;
  }
  void TurnFor(absl::Duration time) {
    for (const absl::Time end = absl::Now() + time; absl::Now() < end;) {
      uv_run(&loop_, UV_RUN_NOWAIT);
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  bool TurnUntilCalled(int calls) {
    for (const absl::Time end = absl::Now() + absl::Minutes(1); absl::Now() < end;) {
      if (calls_ >= calls) return true;
      TurnFor(absl::Milliseconds(2));
    }
    return false;
  }
  // The call that a new folder causes.
  void Start() {
    watch_->Watch(List());
    ASSERT_TRUE(TurnUntilCalled(1));
    calls_ = 0;
    seen_ = 0;
  }

  std::string folder_;
  uv_loop_t loop_;
  int calls_ = 0;
  int seen_ = 0;  // Of these calls, those for a change that was seen.
  std::unique_ptr<FileWatch> watch_;
};

// What happened between the load and the watch is not lost.
TEST_F(FileWatchTest, ANewFolderCountsAsAChange) {
  watch_->Watch(List());
  EXPECT_TRUE(TurnUntilCalled(1));
  watch_->Watch(List());  // The same one again.
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(seen_, 0) << "nothing has changed as far as it can see";
}

// A loop that was late reads the changes that wait before it believes that the file has settled.
TEST_F(FileWatchTest, ALateLoopDoesNotTakeAFileThatIsBeingWritten) {
  Start();
  Write("a.zone", "2");
  TurnFor(kSettle / 4);
  absl::SleepFor(2 * kSettle);
  Write("a.zone", "23");
  for (int turn = 0; turn < 3; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(TurnUntilCalled(1));
}

// It may have changed between the load, which made it a name to watch, and the watch.
TEST_F(FileWatchTest, ANewNameCountsAsAChange) {
  Start();
  WatchList list = List();
  list.AddFile(folder_ + "/b.zone");
  watch_->Watch(list);
  EXPECT_TRUE(TurnUntilCalled(1));
  EXPECT_EQ(seen_, 0);
  watch_->Watch(list);
  watch_->Watch(List());  // Fewer.
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 1);
}

TEST_F(FileWatchTest, ManyChangesAreOne) {
  Start();
  for (int i = 0; i < 10; ++i) Write("a.zone", std::to_string(i));
  EXPECT_TRUE(TurnUntilCalled(1));
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(seen_, 1);
}

TEST_F(FileWatchTest, SeesARenamedFile) {
  Start();
  Write("new", "2");
  fs::rename(folder_ + "/new", folder_ + "/a.zone");
  EXPECT_TRUE(TurnUntilCalled(1));
}

// Or a log in the same folder would cause a reload, whose lines would cause the next.
TEST_F(FileWatchTest, OtherFilesDoNotCount) {
  Start();
  Write("hitherd.log", "reload begins\n");
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 0);
}

TEST_F(FileWatchTest, AFileThatNeverSettlesIsTold) {
  Start();
  const absl::Time began = absl::Now();
  while (calls_ == 0 && absl::Now() - began < absl::Minutes(1)) {
    Write("a.zone", "x");
    TurnFor(kSettle / 10);
  }
  EXPECT_EQ(calls_, 1);
  EXPECT_GE(absl::Now() - began, 5 * kSettle);
}

TEST_F(FileWatchTest, AFolderThatIsReplacedIsWatchedAgain) {
  Start();
  fs::rename(folder_, folder_ + ".old");
  fs::create_directory(folder_);
  watch_->Watch(List());
  ASSERT_TRUE(TurnUntilCalled(1));
  TurnFor(2 * kSettle);
  calls_ = 0;
  Write("a.zone", "2");
  EXPECT_TRUE(TurnUntilCalled(1));
  fs::remove_all(folder_ + ".old");
}

TEST_F(FileWatchTest, AFolderThatIsMovedAwayIsAChange) {
  Start();
  fs::rename(folder_, folder_ + ".old");
  EXPECT_TRUE(TurnUntilCalled(1));
  EXPECT_EQ(seen_, 1);
  fs::rename(folder_ + ".old", folder_);  // The same inode.
  watch_->Watch(List());
  ASSERT_TRUE(TurnUntilCalled(2));
  TurnFor(2 * kSettle);
  calls_ = 0;
  Write("a.zone", "2");
  EXPECT_TRUE(TurnUntilCalled(1));
}

// Some file systems, such as ext4, give the new folder the number of the old one.
TEST_F(FileWatchTest, AFolderThatIsRemovedAndMadeAgainIsWatched) {
  Start();
  fs::remove_all(folder_);
  ASSERT_TRUE(TurnUntilCalled(1));
  fs::create_directory(folder_);
  Write("a.zone", "1");
  watch_->Watch(List());
  ASSERT_TRUE(TurnUntilCalled(2));
  TurnFor(2 * kSettle);
  calls_ = 0;
  Write("a.zone", "2");
  EXPECT_TRUE(TurnUntilCalled(1));
}

// It is moved after the names to watch were gathered.
TEST_F(FileWatchTest, AFolderThatWasMovedAwayIsNotWatched) {
  Start();
  WatchList list = List();
  fs::rename(folder_, folder_ + ".old");
  ASSERT_TRUE(TurnUntilCalled(1));
  watch_->Watch(std::move(list));
  TurnFor(2 * kSettle);
  calls_ = 0;
  std::ofstream(folder_ + ".old/a.zone") << "2";
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 0);
  fs::rename(folder_ + ".old", folder_);
}

TEST_F(FileWatchTest, AFolderThatAppearsIsAChange) {
  WatchList list = List();
  list.AddFile(folder_ + "/sub/below/b.zone");
  watch_->Watch(std::move(list));
  ASSERT_TRUE(TurnUntilCalled(1));
  TurnFor(2 * kSettle);
  calls_ = seen_ = 0;
  fs::create_directories(folder_ + "/sub/below");
  EXPECT_TRUE(TurnUntilCalled(1));
  EXPECT_EQ(seen_, 1);
}

TEST_F(FileWatchTest, AFolderThatIsMissingIsNoEnd) {
  WatchList list = List();
  list.AddFile("/none/such/zone");
  watch_->Watch(std::move(list));
  ASSERT_TRUE(TurnUntilCalled(1));
  TurnFor(2 * kSettle);
  calls_ = 0;
  Write("a.zone", "2");
  EXPECT_TRUE(TurnUntilCalled(1));
}

TEST_F(FileWatchTest, AfterCloseNothingIsTold) {
  Start();
  Write("a.zone", "2");
  watch_->Close();
  TurnFor(3 * kSettle);
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace hither
