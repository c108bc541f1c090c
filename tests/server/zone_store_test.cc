#include "server/zone_store.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ZoneStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& file) const { return folder_ + "/" + file; }

  // Sizes differ with the serial's digits, so that a coarse clock cannot hide a change.
  void Write(const std::string& file, const std::string& serial, const std::string& more = "") {
    std::ofstream(PathOf(file)) << "@ 60 IN SOA ns1 host " << serial
                                << " 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n"
                                << more;
  }
  ZoneSource Source(const char* name, const std::string& file) const {
    return {*Name::FromText(name), PathOf(file)};
  }
  LoadReport Load(const std::vector<ZoneSource>& sources) {
    return store_.Load(sources, absl::FromUnixSeconds(++clock_), [](size_t) {});
  }
  const ServedZone& Served(const char* name) {
    const ServedZone* served = store_.set()->FindExact(*Name::FromText(name));
    EXPECT_NE(served, nullptr);
    return *served;
  }
  // "loaded unchanged failed removed"
  static std::string Text(const LoadReport& report) {
    return absl::StrCat(report.loaded, " ", report.unchanged, " ", report.failed, " ",
                        report.removed);
  }

  std::string folder_;
  ZoneStore store_{LoadLimits{}};
  int64_t clock_ = 0;
};

TEST_F(ZoneStoreTest, ReadsOnlyWhatHasChanged) {
  Write("a", "1");
  Write("b", "1");
  const std::vector<ZoneSource> sources = {Source("a.", "a"), Source("b.", "b")};
  EXPECT_EQ(Text(Load(sources)), "2 0 0 0");
  EXPECT_EQ(Text(Load(sources)), "0 2 0 0");
  Write("b", "22");
  EXPECT_EQ(Text(Load(sources)), "1 1 0 0");
  EXPECT_EQ(Served("b.").zone->serial(), 22u);
  EXPECT_EQ(Served("b.").loaded_at, absl::FromUnixSeconds(3));
  EXPECT_EQ(Served("a.").loaded_at, absl::FromUnixSeconds(1));
}

TEST_F(ZoneStoreTest, SeesAChangeInAnIncludedFile) {
  Write("a", "1", "$INCLUDE more\n");
  std::ofstream(PathOf("more")) << "www 60 IN A 192.0.2.2\n";
  // Written so long ago that no reader can have raced with the writer.
  std::filesystem::last_write_time(
      PathOf("more"), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(Text(Load({Source("a.", "a")})), "1 0 0 0");
  EXPECT_EQ(Text(Load({Source("a.", "a")})), "0 1 0 0");
  std::ofstream(PathOf("more")) << "www 60 IN A 192.0.2.2\nftp 60 IN A 192.0.2.3\n";
  EXPECT_EQ(Text(Load({Source("a.", "a")})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->record_count(), 5u);
}

TEST_F(ZoneStoreTest, KeepsTheLastGoodVersionOfABrokenZone) {
  Write("a", "1");
  Load({Source("a.", "a")});
  Write("a", "2", "www 60 IN A not-an-address\n");
  const LoadReport broken = Load({Source("a.", "a")});
  EXPECT_EQ(Text(broken), "0 0 1 0");
  EXPECT_THAT(broken.errors, ElementsAre(HasSubstr("a:4: error: ")));
  EXPECT_EQ(Served("a.").zone->serial(), 1u);
  EXPECT_EQ(Served("a.").loaded_at, absl::FromUnixSeconds(1));
  EXPECT_EQ(Served("a.").last_error, broken.errors[0]);
  // Told again at the next reload, even if nobody touched the file.
  EXPECT_EQ(Text(Load({Source("a.", "a")})), "0 0 1 0");
  Write("a", "333");
  EXPECT_EQ(Text(Load({Source("a.", "a")})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->serial(), 333u);
  EXPECT_EQ(Served("a.").last_error, "");
}

TEST_F(ZoneStoreTest, ABrokenZoneDoesNotStopTheOthers) {
  Write("b", "1");
  const LoadReport report = Load({Source("a.", "missing"), Source("b.", "b")});
  EXPECT_EQ(Text(report), "1 0 1 0");
  EXPECT_EQ(report.served, 1u);
  EXPECT_EQ(report.records, 3u);
  EXPECT_EQ(Served("a.").zone, nullptr);
  EXPECT_THAT(Served("a.").last_error, HasSubstr("missing"));
  EXPECT_NE(Served("b.").zone, nullptr);
}

TEST_F(ZoneStoreTest, AddsAndRemovesZonesWithTheConfiguration) {
  Write("a", "1");
  Write("b", "1");
  Load({Source("a.", "a")});
  EXPECT_EQ(Text(Load({Source("b.", "b")})), "1 0 0 1");
  EXPECT_EQ(store_.set()->zones().size(), 1u);
  EXPECT_EQ(Text(Load({Source("B.", "b")})), "0 1 0 0") << "names are the same in either case";
}

TEST_F(ZoneStoreTest, ReadsAZoneThatMovedToAnotherFile) {
  Write("a", "1");
  Write("a2", "2");
  Load({Source("a.", "a")});
  EXPECT_EQ(Text(Load({Source("a.", "a2")})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->serial(), 2u);
}

TEST_F(ZoneStoreTest, APublishedSetIsNeverChanged) {
  Write("a", "1");
  Load({Source("a.", "a")});
  const std::shared_ptr<const ZoneSet> before = store_.set();
  Write("a", "22");
  Load({Source("a.", "a")});
  EXPECT_EQ(before->FindExact(*Name::FromText("a."))->zone->serial(), 1u);
}

TEST_F(ZoneStoreTest, TellsALimitedNumberOfErrors) {
  std::vector<ZoneSource> sources;
  for (size_t i = 0; i < ZoneStore::kErrorLinesMax + 5; ++i) {
    sources.push_back(Source(absl::StrCat("z", i, ".").c_str(), "missing"));
  }
  const LoadReport report = Load(sources);
  EXPECT_EQ(report.errors.size(), ZoneStore::kErrorLinesMax);
  EXPECT_GE(report.errors_untold, 5u);
}

}  // namespace
}  // namespace hither
