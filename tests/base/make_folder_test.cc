#include "base/make_folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
constexpr uid_t kService = 12345;

class MakeFolderTest : public testing::Test {
 protected:
  MakeFolderTest() {
    std::string name = (fs::temp_directory_path() / "hither-make-XXXXXX").string();
    folder_ = fs::canonical(mkdtemp(name.data()));
  }
  ~MakeFolderTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(MakeFolderTest, MakesThoseAboveAndLeavesWhatIsThere) {
  EXPECT_TRUE(MakeFolder(folder_ / "a/b/c", 0700).ok());
  struct stat facts = {};
  ASSERT_EQ(::stat((folder_ / "a/b/c").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  EXPECT_TRUE(MakeFolder(folder_ / "a/b/c", 0755).ok());
  ASSERT_EQ(::stat((folder_ / "a/b/c").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  fs::create_directory_symlink("a", folder_ / "link");
  EXPECT_TRUE(MakeFolder(folder_ / "link/d").ok());
  EXPECT_TRUE(fs::is_directory(folder_ / "a/d"));
}

// A unit may set UMask=0077, and a path may be written as "run//hither/".
TEST_F(MakeFolderTest, ModeAndOwnerDependOnNeitherUmaskNorSlashes) {
  const mode_t before = ::umask(0077);
  const uid_t owner = ::geteuid() == 0 ? kService : ::geteuid();
  const absl::Status made = MakeFolder((folder_ / "a").string() + "//b//", 0755, owner);
  ::umask(before);
  EXPECT_TRUE(made.ok()) << made;
  struct stat above = {};
  struct stat last = {};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &above), 0);
  ASSERT_EQ(::stat((folder_ / "a/b").c_str(), &last), 0);
  EXPECT_EQ(above.st_mode & 0777, 0755u);
  EXPECT_EQ(above.st_uid, ::geteuid());
  EXPECT_EQ(last.st_mode & 0777, 0755u);
  EXPECT_EQ(last.st_uid, owner);
}

// Who owns what is above could put a folder of root's in the place of the new one.
TEST_F(MakeFolderTest, RootGivesNothingAwayWhereOthersMayRename) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives away";
  fs::create_directories(folder_ / "service");
  ASSERT_EQ(::chown((folder_ / "service").c_str(), kService, kService), 0);
  EXPECT_TRUE(MakeFolder(folder_ / "service/a", 0700, kService, kService).ok());
  struct stat facts = {};
  ASSERT_EQ(::stat((folder_ / "service/a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, 0u);
}

TEST_F(MakeFolderTest, RootFollowsNoLinkOfOthers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be led where others may not go";
  fs::create_directories(folder_ / "service");
  fs::create_directories(folder_ / "precious");
  ASSERT_EQ(::chown((folder_ / "service").c_str(), kService, kService), 0);
  fs::create_directory_symlink("../precious", folder_ / "service/link");
  EXPECT_TRUE(MakeFolder(folder_ / "service/link/a/b", 0700, kService, kService).ok());
  EXPECT_TRUE(fs::is_empty(folder_ / "precious"));
  EXPECT_TRUE(MakeFolder(folder_ / "service/a/b", 0700, kService, kService).ok());
  struct stat facts = {};
  ASSERT_EQ(::stat((folder_ / "service/a/b").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, kService);
}

}  // namespace
}  // namespace hither
