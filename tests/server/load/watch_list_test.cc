#include "server/load/watch_list.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class WatchListTest : public testing::Test {
 protected:
  WatchListTest() {
    std::string folder = testing::TempDir() + "/watchXXXXXX";
    folder_ = fs::canonical(mkdtemp(folder.data())).string();
  }
  ~WatchListTest() override { fs::remove_all(folder_); }

  std::string folder_;
  WatchList list_;
};

TEST_F(WatchListTest, AFileIsANameInItsFolder) {
  list_.AddFile(folder_ + "/a.zone");  // It need not exist.
  EXPECT_THAT(list_.folders(), ElementsAre(folder_));
  EXPECT_TRUE(list_.Concerns(folder_, "a.zone"));
  EXPECT_FALSE(list_.Concerns(folder_, "hitherd.log"));
  EXPECT_FALSE(list_.Concerns("/elsewhere", "a.zone"));
}

// As kubelet writes a ConfigMap: a change is a new folder, and `..data` renamed onto the old link.
TEST_F(WatchListTest, LinksOnTheWayCount) {
  fs::create_directories(folder_ + "/zones/..2026_1");
  std::ofstream(folder_ + "/zones/..2026_1/a.zone") << "\n";
  fs::create_directory_symlink("..2026_1", folder_ + "/zones/..data");
  fs::create_symlink("..data/a.zone", folder_ + "/zones/a.zone");
  list_.AddFile(folder_ + "/zones/a.zone");
  EXPECT_TRUE(list_.Concerns(folder_ + "/zones", "a.zone"));
  EXPECT_TRUE(list_.Concerns(folder_ + "/zones", "..data"));
  EXPECT_FALSE(list_.Concerns(folder_, "zones")) << "no link";
}

TEST_F(WatchListTest, ALinkToAFolderCounts) {
  fs::create_directories(folder_ + "/releases/1");
  fs::create_directory_symlink("releases/1", folder_ + "/current");
  for (const char* file : {"a.zone", "b.zone"}) {
    list_.AddFile(absl::StrCat(folder_, "/current/", file));
  }
  EXPECT_TRUE(list_.Concerns(folder_, "current"));
  EXPECT_TRUE(list_.Concerns(folder_ + "/current", "a.zone"));
  EXPECT_TRUE(list_.Concerns(folder_ + "/current", "b.zone"));
}

TEST_F(WatchListTest, LinksThatLeadToThemselvesEnd) {
  fs::create_symlink("b", folder_ + "/a");
  fs::create_symlink("a", folder_ + "/b");
  list_.AddFile(folder_ + "/a");
  EXPECT_TRUE(list_.Concerns(folder_, "b"));
}

TEST_F(WatchListTest, AFolderOfZonesCountsByItsPattern) {
  list_.AddFolder(folder_, *ZonePattern::Parse("*.zone"));
  EXPECT_TRUE(list_.Concerns(folder_, "new.zone"));
  EXPECT_FALSE(list_.Concerns(folder_, "new.zone.tmp"));
}

// Of what is missing, the part that must appear first.
TEST_F(WatchListTest, AFolderThatIsMissingIsANameInTheOneAboveIt) {
  list_.AddFile(folder_ + "/sub/below/a.zone");
  list_.AddFile(folder_ + "/sub/below/b.zone");
  list_.AddFolder(folder_ + "/zones", *ZonePattern::Parse("*.zone"));
  EXPECT_THAT(list_.folders(), ElementsAre(folder_));
  EXPECT_TRUE(list_.Concerns(folder_, "sub"));
  EXPECT_TRUE(list_.Concerns(folder_, "zones"));
  EXPECT_FALSE(list_.Concerns(folder_, "below"));
}

TEST_F(WatchListTest, ALinkToAMissingFolderCounts) {
  fs::create_directory_symlink("releases/1", folder_ + "/current");
  list_.AddFile(folder_ + "/current/a.zone");
  EXPECT_THAT(list_.folders(), ElementsAre(folder_));
  EXPECT_TRUE(list_.Concerns(folder_, "current"));
  EXPECT_TRUE(list_.Concerns(folder_, "releases"));
}

TEST_F(WatchListTest, KnowsWhetherItHasNewNames) {
  list_.AddFile(folder_ + "/a.zone");
  WatchList other = list_;
  EXPECT_TRUE(list_.IsWithin(other) && other.IsWithin(list_));
  other.AddFile(folder_ + "/b.zone");
  EXPECT_TRUE(list_.IsWithin(other));
  EXPECT_FALSE(other.IsWithin(list_));
  list_.AddFolder(folder_, *ZonePattern::Parse("*.zone"));
  EXPECT_FALSE(list_.IsWithin(other));
}

TEST_F(WatchListTest, HasOnlySoManyFolders) {
  for (size_t i = 0; i < WatchList::kFoldersMax + 5; ++i) {
    fs::create_directory(absl::StrCat(folder_, "/", i));
    list_.AddFile(absl::StrCat(folder_, "/", i, "/zone"));
  }
  EXPECT_EQ(list_.folders().size(), WatchList::kFoldersMax);
  EXPECT_GE(list_.folders_omitted(), 5u);
}

}  // namespace
}  // namespace hither
