#include "daemon/config/zone_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Match(absl::string_view pattern, absl::string_view file) {
  return std::string(ZonePattern::Parse(pattern)->Match(file).value_or("-"));
}

TEST(ZonePattern, TheStarIsTheZonesName) {
  EXPECT_EQ(Match("*.zone", "example.org.zone"), "example.org");
  EXPECT_EQ(Match("db.*", "db.example.org"), "example.org");
  EXPECT_EQ(Match("z-*-z", "z-a-z"), "a");
  EXPECT_EQ(Match("*", "example.org"), "example.org");
  EXPECT_EQ(Match("*.zone", "example.org"), "-");
  EXPECT_EQ(Match("*.zone", ".zone"), "-") << "no name, and hidden";
  EXPECT_EQ(Match("*", ".example.org.swp"), "-") << "an editor's";
  EXPECT_EQ(Match("ab*bc", "abc"), "-") << "the ends may not overlap";
}

TEST(ZonePattern, HasOneStar) {
  for (const char* text : {"zone", "*.*", "zones/*.zone", ".*", "**"}) {
    EXPECT_THAT(std::string(ZonePattern::Parse(text).status().message()),
                HasSubstr("write \"*.zone\""))
        << text;
  }
}

TEST(ReadZoneFolder, FindsFilesAndLinksToThem) {
  std::string folder = testing::TempDir() + "/foldersXXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  for (const char* name : {"b.zone", "a.zone", "c.zone~", ".d.zone"}) {
    std::ofstream(folder + "/" + name) << "\n";
  }
  std::filesystem::create_directory(folder + "/folder.zone");
  std::filesystem::create_symlink("a.zone", folder + "/e.zone");
  std::filesystem::create_symlink("folder.zone", folder + "/f.zone");
  std::filesystem::create_symlink("nowhere", folder + "/g.zone");
  EXPECT_THAT(*ReadZoneFolder(folder, *ZonePattern::Parse("*.zone")),
              ElementsAre("a.zone", "b.zone", "e.zone", "g.zone"));
  std::filesystem::remove_all(folder);
  EXPECT_THAT(
      std::string(ReadZoneFolder(folder, *ZonePattern::Parse("*.zone")).status().message()),
      HasSubstr("cannot read the folder " + folder + ": No such file or directory; check"));
}

}  // namespace
}  // namespace hither
