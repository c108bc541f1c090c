#include "server/load/config_files.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

constexpr char kFolder[] = "/nonexistent-config-files";

absl::Status Wrong(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const std::string& name : names) files.push_back(absl::StrCat("/", name));
  return WithFiles(absl::InvalidArgumentError("wrong"), files);
}

// "a0", "a1" and so on.
std::vector<std::string> Names(absl::string_view start, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(absl::StrCat(start, i));
  return names;
}

class ConfigFilesTest : public testing::Test {
 protected:
  bool IsWatched(absl::string_view name) const {
    WatchList list;
    files_.AddTo(list);
    return list.Concerns("/", name);
  }

  ConfigFiles files_;
};

TEST_F(ConfigFilesTest, FilesOfAWrongOneAreWatchedUntilOneIsGood) {
  Config good;
  good.files = {"/hither.yaml"};
  good.folders = {{kFolder, *ZonePattern::Parse("*.zone")}};
  files_.TakeGood(good);
  EXPECT_FALSE(files_.AddWrong(Wrong({"a", "b"}), 1));
  EXPECT_FALSE(files_.AddWrong(Wrong({"b", "c"}), 2));
  for (const char* name : {"hither.yaml", "a", "b", "c", &kFolder[1]}) {
    EXPECT_TRUE(IsWatched(name)) << name;
  }
  files_.TakeGood(good);
  EXPECT_TRUE(IsWatched("hither.yaml"));
  EXPECT_FALSE(IsWatched("a"));
}

TEST_F(ConfigFilesTest, ThoseOfTheLastWrongOneComeFirst) {
  constexpr size_t kHalf = ConfigFiles::kWrongMax / 2;
  EXPECT_FALSE(files_.AddWrong(Wrong(Names("a", kHalf)), 1));
  EXPECT_FALSE(files_.AddWrong(Wrong(Names("b", kHalf)), 2));
  EXPECT_TRUE(IsWatched("a0") && IsWatched("b0"));
  EXPECT_FALSE(files_.AddWrong(Wrong({"c"}), 3));
  EXPECT_TRUE(IsWatched("c"));
  EXPECT_FALSE(IsWatched("a0"));
}

TEST_F(ConfigFilesTest, TooManyAreToldOnceUntilOneIsGood) {
  std::vector<std::string> names = Names("a", ConfigFiles::kWrongMax);
  names.push_back(names.front());  // No further one.
  EXPECT_FALSE(files_.AddWrong(Wrong(names), 1));
  names.back() = "last";
  EXPECT_TRUE(files_.AddWrong(Wrong(names), 2));
  EXPECT_TRUE(IsWatched(names[ConfigFiles::kWrongMax - 1]));
  EXPECT_FALSE(IsWatched("last"));
  EXPECT_FALSE(files_.AddWrong(Wrong(names), 3));
  files_.TakeGood({});
  EXPECT_TRUE(files_.AddWrong(Wrong(names), 4));
}

}  // namespace
}  // namespace hither
