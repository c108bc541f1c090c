#include "zones/load/image_cache.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "zones/load/image_note.h"

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

  // Goes on when the file is old enough to be kept.
  void Write(const std::string& name, const std::string& text) const {
    WriteJustNow(name, text);
    std::this_thread::sleep_for(2 * std::chrono::nanoseconds(ImageNote::kClockTickNsMax));
  }
  void WriteJustNow(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  std::string Path(const std::string& name) const { return folder_ / name; }
  LoadedZone Load(const LoadLimits& limits = {}) const {
    return LoadZoneThroughCache(Path("example.zone"), Apex(), limits, *ImageFolder::Open(folder_));
  }
  std::string Findings(const LoadedZone& loaded) const {
    std::string all;
    for (const Finding& finding : loaded.findings) absl::StrAppend(&all, ToText(finding), "\n");
    return all;
  }

  fs::path folder_;
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

TEST_F(ImageCacheTest, ReadsAgainWhatAnIncludedFileChanges) {
  Load();
  Write("more", "other TXT x\n");
  EXPECT_FALSE(Load().from_image);
  EXPECT_TRUE(Load().from_image);
  fs::remove(folder_ / "more");
  EXPECT_EQ(Load().zone, nullptr) << "the image does not hide that the text is gone";
}

// cp -p, rsync -t and package managers give a new file the old time; a new serial has the old
// length.
TEST_F(ImageCacheTest, ReadsAChangedFileWithTheOldTimeAndLength) {
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(folder_ / "example.zone", time);
  fs::copy_file(folder_ / "example.zone", folder_ / "old.zone");
  Write("example.zone", ZoneText(1));
  Load();
  Write("example.zone", ZoneText(2));
  fs::last_write_time(folder_ / "example.zone", time);
  EXPECT_EQ(Load().zone->serial(), 2u);
  fs::rename(folder_ / "example.zone", folder_ / "new.zone");
  fs::create_symlink("old.zone", folder_ / "example.zone");
  EXPECT_EQ(Load().zone->serial(), 1u);
}

TEST_F(ImageCacheTest, WhatWasOnlyTouchedIsTheSame) {
  Load();
  Write("more", "extra TXT x\n");
  fs::permissions(folder_ / "example.zone", fs::perms::owner_read);
  EXPECT_TRUE(Load().from_image);
}

TEST_F(ImageCacheTest, ALimitCountsForAnImageAsForItsText) {
  Load();
  ASSERT_TRUE(CompileImage(LoadZoneFile(Path("example.zone"), Apex()), Path("compiled")).ok());
  LoadLimits limits;
  limits.zone.types_per_name_max = 2;  // The apex has SOA and NS.
  EXPECT_TRUE(Load(limits).from_image);
  limits.zone.types_per_name_max = 1;
  EXPECT_EQ(Load(limits).zone, nullptr);
  EXPECT_THAT(Findings(Load(limits)), HasSubstr(":3: error: 2 types at example.; at most 1 are"));
  const LoadedZone alone = LoadZoneImage(Path("compiled"), Apex(), limits);
  EXPECT_EQ(alone.zone, nullptr);
  EXPECT_THAT(Findings(alone), HasSubstr("error: the image has 2 types at one name; at most 1 are "
                                         "allowed (limits: types_per_name_max)"));
  limits.zone.types_per_name_max = 2;
  limits.zone.records_per_rrset_max = 0;
  EXPECT_THAT(Findings(LoadZoneImage(Path("compiled"), Apex(), limits)),
              HasSubstr("error: the image has 1 records in one RRset; at most 0 are allowed"));
}

// The rights of the text: what not everybody may read not everybody may read in the image.
TEST_F(ImageCacheTest, HasTheRightsOfTheText) {
  fs::permissions(folder_ / "example.zone", fs::perms::owner_read | fs::perms::owner_write);
  std::this_thread::sleep_for(2 * std::chrono::nanoseconds(ImageNote::kClockTickNsMax));
  Load();
  EXPECT_EQ(fs::status(folder_ / "example.image").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
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
  EXPECT_TRUE(Load().from_image) << "it was written again";
}

TEST_F(ImageCacheTest, TellsThatItCannotWrite) {
  fs::create_directory(folder_ / "gone");
  const ImageFolder gone = *ImageFolder::Open(Path("gone"));
  fs::remove(folder_ / "gone");
  const LoadedZone loaded = LoadZoneThroughCache(Path("example.zone"), Apex(), {}, gone);
  ASSERT_NE(loaded.zone, nullptr);
  EXPECT_THAT(Findings(loaded), HasSubstr("gone/example.image: warning: cannot create the "
                                          "file: No such file or directory"));
}

TEST_F(ImageCacheTest, KeepsNoSmallZone) {
  Write("example.zone", "$TTL 60\n@ SOA ns.other. host 1 2 3 4 5\n@ NS ns.other.\n");
  ASSERT_NE(Load().zone, nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "example.image"));
}

// Of a file that was written this very moment, nobody can tell whether it is what was read.
TEST_F(ImageCacheTest, KeepsNoImageOfAFileThatIsTooYoung) {
  WriteJustNow("more", "extra TXT x\n");
  ASSERT_NE(Load().zone, nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "example.image"));
}

TEST_F(ImageCacheTest, ACompiledImageAloneNeedsNoText) {
  const LoadedZone text = LoadZoneFile(Path("example.zone"), Apex());
  ASSERT_TRUE(CompileImage(text, Path("compiled")).ok());
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
  ASSERT_TRUE(CompileImage(text, Path("compiled")).ok());
  const auto load = [&] {
    return LoadZoneFileOrImage(Path("example.zone"), Path("compiled"), Apex(), {});
  };
  EXPECT_TRUE(load().from_image);
  EXPECT_EQ(Findings(load()), "");
  Write("example.zone", ZoneText(3));
  EXPECT_FALSE(load().from_image);
  EXPECT_EQ(load().zone->serial(), 3u);
  EXPECT_EQ(
      Findings(load()),
      absl::StrCat(Path("compiled"), ": warning: the image does not match ", Path("example.zone"),
                   "; the zone file is read instead, compile it again (hither "
                   "compile)\n"));
  fs::remove(folder_ / "compiled");
  EXPECT_EQ(Findings(load()), "") << "an image that is not made yet is nothing to warn of";
}

// An image is made in one place and used in another, with its text or beside it.
TEST_F(ImageCacheTest, ACompiledImageKnowsItsTextWhereverThatIs) {
  ASSERT_TRUE(CompileImage(LoadZoneFile(Path("example.zone"), Apex()), Path("compiled")).ok());
  const auto load = [&](const std::string& path) {
    const LoadedZone loaded = LoadZoneFileOrImage(path, Path("compiled"), Apex(), {});
    EXPECT_FALSE(HasChanged(loaded.files)) << path;
    return loaded;
  };
  EXPECT_TRUE(load(Path("./example.zone")).from_image);
  fs::create_directory(folder_ / "elsewhere");
  EXPECT_TRUE(load(Path("elsewhere/../example.zone")).from_image);
  fs::copy(folder_ / "example.zone", folder_ / "elsewhere");
  EXPECT_FALSE(load(Path("elsewhere/example.zone")).from_image) << "what it includes is not there";
  fs::copy(folder_ / "more", folder_ / "elsewhere");
  EXPECT_TRUE(load(Path("elsewhere/example.zone")).from_image);
}

// A user who may write in the folder chooses what is served.
TEST_F(ImageCacheTest, AFolderThatOthersWriteInIsNoCache) {
  const auto why = [&] { return std::string(ImageFolder::Open(folder_).status().message()); };
  EXPECT_EQ(why(), "");
  for (const int mode : {0770, 0707, 01777}) {
    fs::permissions(folder_, static_cast<fs::perms>(mode));
    EXPECT_THAT(why(), HasSubstr("others can write in it and so choose what is served")) << mode;
  }
  fs::permissions(folder_, static_cast<fs::perms>(0755));
  EXPECT_EQ(why(), "");
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(folder_.c_str(), 12345, 0), 0);
  EXPECT_THAT(why(), HasSubstr("others can write in it"));
}

TEST_F(ImageCacheTest, AnImageThatOthersMayHaveWrittenIsReplaced) {
  Load();
  const auto is_refused_once = [&] {
    const LoadedZone loaded = Load();
    EXPECT_FALSE(loaded.from_image);
    EXPECT_EQ(Findings(loaded),
              absl::StrCat(Path("example.image"),
                           ": warning: someone other than the server's user may have written it; "
                           "remove it; the zone file is read instead\n"));
    EXPECT_TRUE(Load().from_image);
  };
  for (const int mode : {0664, 0646}) {
    fs::permissions(folder_ / "example.image", static_cast<fs::perms>(mode));
    is_refused_once();
  }
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(Path("example.image").c_str(), 12345, 0), 0);
  is_refused_once();
}

// The group that may write the text need not be the one that the image gets.
TEST_F(ImageCacheTest, TheImageOfATextThatAGroupWritesIsOurs) {
  fs::permissions(folder_ / "example.zone", static_cast<fs::perms>(0664));
  std::this_thread::sleep_for(2 * std::chrono::nanoseconds(ImageNote::kClockTickNsMax));
  Load();
  EXPECT_EQ(fs::status(folder_ / "example.image").permissions(), static_cast<fs::perms>(0644));
  EXPECT_TRUE(Load().from_image);
}

// Who may write the image must be one who may write the text.
TEST_F(ImageCacheTest, BesideItsTextACompiledImageIsAsTrustedAsThat) {
  ASSERT_TRUE(CompileImage(LoadZoneFile(Path("example.zone"), Apex()), Path("compiled")).ok());
  const auto set = [&](const char* name, int mode, uid_t owner = 0, gid_t group = 0) {
    fs::permissions(folder_ / name, static_cast<fs::perms>(mode));
    if (::geteuid() != 0) return;
    EXPECT_EQ(::chown(Path(name).c_str(), owner, group), 0);
  };
  const auto finding = [&](const std::string& image = "compiled") {
    const LoadedZone loaded = LoadZoneFileOrImage(Path("example.zone"), Path(image), Apex(), {});
    EXPECT_EQ(loaded.from_image, loaded.findings.empty());
    return Findings(loaded);
  };
  const std::string others = "some who cannot write the zone file can write the image";
  set("compiled", 0664);
  EXPECT_THAT(finding(), HasSubstr(others));
  set("example.zone", 0664);
  EXPECT_EQ(finding(), "");
  set("compiled", 0646);
  EXPECT_THAT(finding(), HasSubstr(others));
  set("example.zone", 0646);
  EXPECT_EQ(finding(), "") << "its text is everybody's, too";
  set("example.zone", 0644);
  set("compiled", 0644);
  fs::create_directory(folder_ / "tmp");
  fs::permissions(folder_ / "tmp", static_cast<fs::perms>(01777));
  fs::copy(folder_ / "compiled", folder_ / "tmp");
  EXPECT_THAT(finding("tmp/compiled"), HasSubstr("anyone can write in its folder"));
  if (::geteuid() != 0) return;
  set("compiled", 0644, 12345);
  EXPECT_THAT(finding(), HasSubstr("the image belongs to another user than the zone file"));
  set("example.zone", 0644, 12345);
  EXPECT_EQ(finding(), "");
  set("example.zone", 0664, 12345, 12345);
  set("compiled", 0664, 12345, 54321);
  EXPECT_THAT(finding(), HasSubstr(others)) << "another group's";
}

TEST_F(ImageCacheTest, AnImageAloneMustNotBeEverybodys) {
  ASSERT_TRUE(CompileImage(LoadZoneFile(Path("example.zone"), Apex()), Path("compiled")).ok());
  const auto load = [&] { return LoadZoneImage(Path("compiled"), Apex()); };
  fs::permissions(folder_ / "compiled", static_cast<fs::perms>(0664));
  EXPECT_EQ(Findings(load()), "") << "as a zone file may be a group's";
  fs::permissions(folder_ / "compiled", static_cast<fs::perms>(0646));
  EXPECT_EQ(load().zone, nullptr);
  EXPECT_THAT(Findings(load()), HasSubstr("error: anyone can write the image"));
  fs::permissions(folder_ / "compiled", static_cast<fs::perms>(0644));
  fs::permissions(folder_, static_cast<fs::perms>(01777));
  EXPECT_THAT(Findings(load()), HasSubstr("error: anyone can write in its folder"));
}

struct PathCase {
  const char* apex;
  const char* want;
};

TEST(CachedImagePath, HoldsAnyName) {
  // clang-format off
  constexpr PathCase kCases[] = {
      {".",                  "/c/%.image"},
      {"\\.",                "/c/%2E.image"},
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
