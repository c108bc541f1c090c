#include "base/replace_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ReplaceFileTest : public testing::Test {
 protected:
  ReplaceFileTest() {
    std::string name = (fs::temp_directory_path() / "hither-replace-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ReplaceFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // What was wrong, or "".
  std::string Replace(const std::string& name, const std::string& text) const {
    const absl::Status done = ReplaceFile(Path(name), 0640, Durable::kNo, [&](int fd) {
      return WriteAll(fd, text.data(), text.size());
    });
    return std::string(done.message());
  }

  fs::path folder_;
};

TEST_F(ReplaceFileTest, WritesAndReplaces) {
  EXPECT_EQ(Replace("file", "the first, which is longer"), "");
  EXPECT_EQ(Replace("file", "the second"), "");
  EXPECT_EQ(Read("file"), "the second");
  EXPECT_EQ(fs::status(folder_ / "file").permissions(), static_cast<fs::perms>(0640));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(ReplaceFileTest, UsesWhatAKilledProcessLeft) {
  std::ofstream(folder_ / "file.new") << "half of something that was much longer than this";
  EXPECT_EQ(Replace("file", "all"), "");
  EXPECT_EQ(Read("file"), "all");
  EXPECT_FALSE(fs::exists(folder_ / "file.new"));
}

TEST_F(ReplaceFileTest, LeavesTheOldOneIfItCannotWrite) {
  ASSERT_EQ(Replace("file", "old"), "");
  const absl::Status done = ReplaceFile(Path("file"), 0644, Durable::kYes, [](int fd) {
    return WriteAll(fd, "half", 4) && (errno = ENOSPC, false);
  });
  EXPECT_THAT(std::string(done.message()), HasSubstr("cannot write the file: No space left"));
  EXPECT_EQ(Read("file"), "old");
  EXPECT_FALSE(fs::exists(folder_ / "file.new"));
}

TEST_F(ReplaceFileTest, OneWritesAtATime) {
  std::string inner;
  const absl::Status outer = ReplaceFile(Path("file"), 0644, Durable::kYes, [&](int fd) {
    inner = Replace("file", "inner");
    return WriteAll(fd, "outer", 5);
  });
  EXPECT_TRUE(outer.ok());
  EXPECT_EQ(inner,
            Path("file") + ": cannot create the file: another process is writing it; try again");
  EXPECT_EQ(Read("file"), "outer");
}

// What an older version left can be read, and so locked, by anybody.
TEST_F(ReplaceFileTest, AStrangersReadLockHoldsNobodyUp) {
  std::ofstream(folder_ / "file.new") << "half";
  const FileDescriptor stranger(::open(Path("file.new").c_str(), O_RDONLY | O_CLOEXEC));
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  ASSERT_EQ(::fcntl(stranger.get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(::flock(stranger.get(), LOCK_SH), 0);
  EXPECT_EQ(Replace("file", "all"), "");
  EXPECT_EQ(Read("file"), "all");
}

TEST_F(ReplaceFileTest, NobodyElseOpensItBeforeItIsWhole) {
  mode_t mode = 0;
  const absl::Status done = ReplaceFile(Path("file"), 0644, Durable::kNo, [&](int fd) {
    struct stat facts;
    if (::fstat(fd, &facts) == 0) mode = facts.st_mode & 0777;
    return WriteAll(fd, "x", 1);
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(mode, 0600u);
  EXPECT_EQ(fs::status(folder_ / "file").permissions(), static_cast<fs::perms>(0644));
}

TEST_F(ReplaceFileTest, WritesToNoFileThatAnotherHasLinked) {
  std::ofstream(folder_ / "precious") << "precious";
  fs::permissions(folder_ / "precious", static_cast<fs::perms>(0600));
  fs::create_hard_link(folder_ / "precious", folder_ / "file.new");
  EXPECT_EQ(Replace("file", "all"), "");
  EXPECT_EQ(Read("precious"), "precious");
  EXPECT_EQ(fs::status(folder_ / "precious").permissions(), static_cast<fs::perms>(0600));
}

TEST_F(ReplaceFileTest, FollowsNoLinkThatAnotherUserHasMadeForRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root is led by others";
  fs::create_directory(folder_ / "users");
  std::ofstream(folder_ / "precious") << "precious";
  fs::create_symlink("../precious", folder_ / "users/file");
  ASSERT_EQ(::chown(Path("users").c_str(), 12345, 12345), 0);
  EXPECT_THAT(Replace("users/file", "x"),
              HasSubstr("file is a symbolic link in a folder that not"));
  EXPECT_EQ(Read("precious"), "precious");
}

TEST_F(ReplaceFileTest, FollowsALink) {
  fs::create_directory(folder_ / "real");
  std::ofstream(folder_ / "real/file") << "old";
  fs::create_symlink("real/file", folder_ / "link");
  EXPECT_EQ(Replace("link", "new"), "");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(Read("real/file"), "new");
}

TEST_F(ReplaceFileTest, LeavesAloneWhatIsNoFile) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0644), 0);
  EXPECT_THAT(Replace("pipe", "x"),
              HasSubstr("pipe: cannot replace the existing file: File exists"));
  EXPECT_TRUE(fs::is_fifo(folder_ / "pipe"));
  EXPECT_THAT(Replace(".", "x"), HasSubstr("cannot replace the existing file: Is a directory"));
  fs::create_symlink("nowhere", folder_ / "dangling");
  EXPECT_THAT(Replace("dangling", "x"),
              HasSubstr("cannot replace the existing file: No such file"));
  fs::create_symlink("file", folder_ / "other.new");  // Nobody is led to another file.
  ASSERT_EQ(Replace("file", "old"), "");
  EXPECT_THAT(Replace("other", "x"), HasSubstr("cannot create the file"));
  EXPECT_EQ(Read("file"), "old");
}

}  // namespace
}  // namespace hither
