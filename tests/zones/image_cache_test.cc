#include "zones/image_cache.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Name Apex() { return *Name::FromText("example."); }

// Large enough to be kept as an image.
std::string ZoneText(uint32_t serial) {
  std::string text = absl::StrCat("$TTL 60\n@ SOA ns host ", serial, " 2 3 4 5\n@ NS ns\nns A ",
                                  "192.0.2.1\n$INCLUDE more\n");
  for (int i = 0; i < 6'000; ++i) absl::StrAppend(&text, "name", i, " A 192.0.2.1\n");
  return text;
}

class ImageCacheTest : public testing::Test {
 protected:
  ImageCacheTest() {
    std::string name = (fs::temp_directory_path() / "hither-cache-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    Write("example.zone", ZoneText(1));
    Write("more", "extra TXT x\n");
  }
  ~ImageCacheTest() override { fs::remove_all(folder_); }

  // With a time that is long past, and another one each time.
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
    const auto hour = std::chrono::hours(1);
    fs::last_write_time(folder_ / name,
                        fs::file_time_type::clock::now() - 99 * hour + ++writes_ * hour);
  }
  std::string Path(const std::string& name) const { return folder_ / name; }
  LoadedZone Load(const LoadLimits& limits = {}) const {
    return LoadZoneThroughCache(Path("example.zone"), Apex(), limits, folder_);
  }
  std::string Findings(const LoadedZone& loaded) const {
    std::string all;
    for (const Finding& finding : loaded.findings) absl::StrAppend(&all, ToText(finding), "\n");
    return all;
  }

  fs::path folder_;
  int writes_ = 0;
};

TEST_F(ImageCacheTest, ServesTheSecondLoadFromTheImage) {
  const LoadedZone first = Load();
  ASSERT_NE(first.zone, nullptr) << Findings(first);
  EXPECT_FALSE(first.from_image);
  EXPECT_TRUE(fs::exists(folder_ / "example.image"));
  const LoadedZone second = Load();
  ASSERT_NE(second.zone, nullptr);
  EXPECT_TRUE(second.from_image);
  EXPECT_EQ(Findings(second), "");
  EXPECT_EQ(second.zone->record_count(), first.zone->record_count());
  ASSERT_EQ(second.files.size(), 2u);  // To see, as after a load of text, when they change.
  EXPECT_FALSE(HasChanged(second.files));
}

TEST_F(ImageCacheTest, ReadsAChangedFileAndKeepsIt) {
  Load();
  Write("example.zone", ZoneText(2));
  const LoadedZone changed = Load();
  ASSERT_NE(changed.zone, nullptr);
  EXPECT_FALSE(changed.from_image);
  EXPECT_EQ(changed.zone->serial(), 2u);
  EXPECT_EQ(Load().zone->serial(), 2u);
  EXPECT_TRUE(Load().from_image);
}

TEST_F(ImageCacheTest, ReadsAgainWhatAnIncludedFileOrALimitChanges) {
  Load();
  Write("more", "other TXT x\n");
  EXPECT_FALSE(Load().from_image);
  EXPECT_TRUE(Load().from_image);
  LoadLimits limits;
  limits.zone.types_per_name_max = 7;
  EXPECT_FALSE(Load(limits).from_image);
  EXPECT_TRUE(Load(limits).from_image);
  fs::remove(folder_ / "more");
  EXPECT_EQ(Load(limits).zone, nullptr) << "the image does not hide that the text is gone";
}

TEST_F(ImageCacheTest, ReadsTheTextIfTheImageIsDamaged) {
  Load();
  {
    std::fstream image(folder_ / "example.image", std::ios::in | std::ios::out | std::ios::binary);
    image.seekp(5'000);
    image << "damage";
  }
  const LoadedZone loaded = Load();
  ASSERT_NE(loaded.zone, nullptr);
  EXPECT_FALSE(loaded.from_image);
  EXPECT_EQ(Findings(loaded),
            absl::StrCat(Path("example.image"),
                         ": warning: the image is damaged (its checksum differs); compile it again "
                         "(hither compile); the zone file is read instead\n"));
  EXPECT_TRUE(Load().from_image) << "it was written anew";
}

TEST_F(ImageCacheTest, TellsThatItCannotWrite) {
  const LoadedZone loaded =
      LoadZoneThroughCache(Path("example.zone"), Apex(), {}, "/nonexistent/folder");
  ASSERT_NE(loaded.zone, nullptr);
  EXPECT_THAT(Findings(loaded), HasSubstr("/nonexistent/folder/example.image: warning: cannot "
                                          "create the image: No such file or directory"));
}

TEST_F(ImageCacheTest, KeepsNoSmallZone) {
  Write("example.zone", "$TTL 60\n@ SOA ns.other. host 1 2 3 4 5\n@ NS ns.other.\n");
  ASSERT_NE(Load().zone, nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "example.image"));
}

// Of a file that was written this very moment, nobody can tell whether it is what was read.
TEST_F(ImageCacheTest, KeepsNoImageOfAFileThatIsTooYoung) {
  fs::last_write_time(folder_ / "more", fs::file_time_type::clock::now());
  ASSERT_NE(Load().zone, nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "example.image"));
}

TEST_F(ImageCacheTest, ACompiledImageAloneNeedsNoText) {
  const LoadedZone text = LoadZoneFile(Path("example.zone"), Apex());
  ASSERT_TRUE(CompileImage(text, {}, Path("compiled")).ok());
  fs::remove(folder_ / "example.zone");
  const LoadedZone loaded = LoadZoneImage(Path("compiled"), Apex());
  ASSERT_NE(loaded.zone, nullptr) << Findings(loaded);
  EXPECT_EQ(loaded.zone->record_count(), text.zone->record_count());
  const LoadedZone missing = LoadZoneImage(Path("nothing"), Apex());
  EXPECT_EQ(missing.zone, nullptr);
  EXPECT_THAT(Findings(missing), HasSubstr("error: cannot open the image: No such file"));
}

TEST_F(ImageCacheTest, BesideItsTextACompiledImageCountsWhileTheTextIsTheSame) {
  const LoadedZone text = LoadZoneFile(Path("example.zone"), Apex());
  ASSERT_TRUE(CompileImage(text, {}, Path("compiled")).ok());
  const auto load = [&] {
    return LoadZoneFileOrImage(Path("example.zone"), Path("compiled"), Apex(), {});
  };
  EXPECT_TRUE(load().from_image);
  EXPECT_EQ(Findings(load()), "");
  Write("example.zone", ZoneText(3));
  EXPECT_FALSE(load().from_image);
  EXPECT_EQ(load().zone->serial(), 3u);
  EXPECT_EQ(Findings(load()),
            absl::StrCat(Path("compiled"), ": warning: the image is not of ", Path("example.zone"),
                         " as it is now, or was made under other limits; the zone file is read "
                         "instead, compile it again (hither compile)\n"));
  fs::remove(folder_ / "compiled");
  EXPECT_EQ(Findings(load()), "") << "an image that is not made yet is nothing to warn of";
}

struct PathCase {
  const char* apex;
  const char* want;
};

TEST(CachedImagePath, HoldsAnyName) {
  // clang-format off
  constexpr PathCase kCases[] = {
      {".",                  "/c/%2E.image"},
      {"example.org.",       "/c/example.org.image"},
      {"EXAMPLE.org.",       "/c/example.org.image"},
      {"a/b.example.",       "/c/a%2Fb.example.image"},
      {"a\\.b.example.",     "/c/a%2Eb.example.image"},
      {"_tcp.ex-ample.",     "/c/_tcp.ex-ample.image"},
      {"\\000.example.",     "/c/%00.example.image"},
  };
  // clang-format on
  for (const PathCase& c : kCases) {
    EXPECT_EQ(CachedImagePath("/c", *Name::FromText(c.apex)), c.want);
    EXPECT_EQ(CachedImagePath("/c/", *Name::FromText(c.apex)), c.want);
  }
  const std::string label(60, '/');
  const std::string one = absl::StrCat(label, ".", label, ".", label, ".a.");
  const std::string other = absl::StrCat(label, ".", label, ".", label, ".b.");
  EXPECT_LT(CachedImagePath("", *Name::FromText(one)).size(), 255u);
  EXPECT_NE(CachedImagePath("", *Name::FromText(one)), CachedImagePath("", *Name::FromText(other)));
}

}  // namespace
}  // namespace hither
