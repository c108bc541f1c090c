#include "zones/set/zone_source.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

struct Case {
  const char* name;
  const char* folder;
  const char* file;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Paths : public testing::TestWithParam<Case> {};

TEST_P(Paths, AreJoined) {
  ZoneSources sources;
  sources.Add(N("Example.ORG"), GetParam().file, ZoneSource::Kind::kImage, GetParam().folder);
  EXPECT_EQ(sources[0].file(), GetParam().want);
  EXPECT_EQ(std::string(sources[0].file().data()), GetParam().want) << "a 0 octet ends it";
  EXPECT_EQ(sources[0].name().ToText(), "Example.ORG.");
  EXPECT_EQ(sources[0].kind(), ZoneSource::Kind::kImage);
}

constexpr Case kCases[] = {
    {"NoFolder", "", "a.zone", "a.zone"},
    {"Folder", "zones", "a.zone", "zones/a.zone"},
    {"FolderWithSlash", "zones/", "a.zone", "zones/a.zone"},
    {"Root", "/", "a.zone", "/a.zone"},
};
INSTANTIATE_TEST_SUITE_P(Each, Paths, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ZoneSources, KeepsManyOfAllSizes) {
  ZoneSources sources;
  for (size_t i = 0; i < 5'000; ++i) {
    sources.Add(N(absl::StrCat("z", i)), std::string(1 + i % kPathBytesMax, 'f'));
  }
  ASSERT_EQ(sources.size(), 5'000u);
  for (size_t i = 0; i < 5'000; ++i) {
    ASSERT_EQ(sources[i].name().ToText(), absl::StrCat("z", i, "."));
    ASSERT_EQ(sources[i].file().size(), 1 + i % kPathBytesMax);
  }
  EXPECT_EQ(sources[0].kind(), ZoneSource::Kind::kText);
}

TEST(ZoneSources, ACopyHasItsOwnList) {
  ZoneSources one;
  one.Add(N("a"), "a");
  ZoneSources two = one;
  two.Add(N("b"), "b");
  two.Replace(0, "other", ZoneSource::Kind::kImage);
  EXPECT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].file(), "a");
  EXPECT_EQ(two[0].file(), "other");
  EXPECT_EQ(two[0].name().ToText(), "a.");
  EXPECT_EQ(two.back().file(), "b");
}

TEST(ZoneSources, AreReadableAsLongAsTheStoreIsHeld) {
  auto sources = std::make_unique<ZoneSources>();
  sources->Add(N("a"), "path");
  const ZoneSource source = (*sources)[0];
  const std::shared_ptr<const void> store = sources->store();
  sources.reset();
  EXPECT_EQ(source.file(), "path");
}

TEST(ZoneSources, TakeLittleMoreThanTheirText) {
  ZoneSources sources;
  constexpr size_t kCount = 100'000;
  sources.Reserve(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    sources.Add(N(absl::StrCat("zone", i, ".example")), absl::StrCat("zones/zone", i, ".zone"));
  }
  EXPECT_LE(sources.MemoryBytes(), kCount * (20 + 22 + 5 + 8 + 12));
}

}  // namespace
}  // namespace hither
