#include "server/load/zone_store.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

// So many allocations of this thread go well, then one throws. Negative: all go well.
thread_local int64_t allocations_left = -1;
// Those of so many octets and more throw, on any thread.
size_t too_large_bytes = SIZE_MAX;

}  // namespace

// Not inlined: g++ would take malloc() and free() for a mismatch with new and delete.
[[gnu::noinline]] void* operator new(size_t bytes) {
  const bool is_hit = allocations_left >= 0 && allocations_left-- == 0;
  void* const memory =
      is_hit || bytes >= too_large_bytes ? nullptr : std::malloc(bytes > 0 ? bytes : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// std::stable_sort()'s; AddressSanitizer's own would not match our delete.
[[gnu::noinline]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr absl::Duration kSettle = absl::Milliseconds(500);  // A busy host may pause a writer.

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
  // A zone's name and the file in the folder that it is to come from.
  using Pair = std::pair<std::string, std::string>;
  ZoneSources Sources(const std::vector<Pair>& pairs) const {
    ZoneSources sources;
    for (const auto& [name, file] : pairs) {
      sources.Add(*Name::FromText(name), file, ZoneSource::Kind::kText, folder_);
    }
    return sources;
  }
  LoadReport Load(const ZoneSources& sources) {
    LoadProgress progress;
    const LoadReport report = store_.Load(sources, absl::FromUnixSeconds(++clock_), progress);
    EXPECT_EQ(progress.zones_done, sources.size());
    return report;
  }
  LoadReport Load(const std::vector<Pair>& pairs) { return Load(Sources(pairs)); }
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
  ZoneStore store_{LoadOptions{.settle = kSettle}};
  int64_t clock_ = 0;
};

TEST_F(ZoneStoreTest, ReadsOnlyWhatHasChanged) {
  Write("a", "1");
  Write("b", "1");
  const std::vector<Pair> sources = {{"a.", "a"}, {"b.", "b"}};
  EXPECT_EQ(Text(Load(sources)), "2 0 0 0");
  EXPECT_EQ(Text(Load(sources)), "0 2 0 0");
  Write("b", "22");
  EXPECT_EQ(Text(Load(sources)), "1 1 0 0");
  EXPECT_EQ(Served("b.").zone->serial(), 22u);
  EXPECT_EQ(Served("b.").loaded_at(), absl::FromUnixSeconds(3));
  EXPECT_EQ(Served("a.").loaded_at(), absl::FromUnixSeconds(1));
}

TEST_F(ZoneStoreTest, SeesAChangeInAnIncludedFile) {
  Write("a", "1", "$INCLUDE more\n");
  std::ofstream(PathOf("more")) << "www 60 IN A 192.0.2.2\n";
  // Written so long ago that no reader can have raced with the writer.
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "1 0 0 0");
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "0 1 0 0");
  std::ofstream(PathOf("more")) << "www 60 IN A 192.0.2.2\nftp 60 IN A 192.0.2.3\n";
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->record_count(), 5u);
}

TEST_F(ZoneStoreTest, KeepsTheLastGoodVersionOfABrokenZone) {
  Write("a", "1");
  Load({{"a.", "a"}});
  Write("a", "2", "www 60 IN A not-an-address\n");
  const LoadReport broken = Load({{"a.", "a"}});
  EXPECT_EQ(Text(broken), "0 0 1 0");
  EXPECT_THAT(broken.errors, ElementsAre(HasSubstr("a:4: error: ")));
  EXPECT_EQ(Served("a.").zone->serial(), 1u);
  EXPECT_EQ(Served("a.").loaded_at(), absl::FromUnixSeconds(1));
  EXPECT_EQ(Served("a.").last_error(), broken.errors[0]);
  // Told again at the next reload, even if nobody touched the file.
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "0 0 1 0");
  Write("a", "333");
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->serial(), 333u);
  EXPECT_EQ(Served("a.").last_error(), "");
}

// A log line begins with its level.
TEST_F(ZoneStoreTest, LogsSeveritiesOnce) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, PathOf("log")).ok());
  Write("a", "1");
  Load({{"a.", "a"}});
  Write("a", "1", "www 60 IN A not-an-address\n");
  Load({{"a.", "a"}});
  Write("a", "1", "www 60 IN A 192.0.2.1\nwww 61 IN A 192.0.2.2\n");
  EXPECT_THAT(Load({{"a.", "a"}}).notes,
              ElementsAre(HasSubstr("a:5: warning: TTL 61 "), HasSubstr("zone a.: serial 1, "),
                          HasSubstr("a: warning: serial 1 is the same")));
  std::ifstream file(PathOf("log"));
  const std::string log((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(log, HasSubstr("/a:4: 'not-an-address' is not an IPv4 address"));
  EXPECT_THAT(log, HasSubstr("/a:5: TTL 61 "));
  EXPECT_THAT(log, HasSubstr("/a: serial 1 is the same"));
  EXPECT_THAT(log, testing::Not(HasSubstr(": error: ")));
  EXPECT_THAT(log, testing::Not(HasSubstr(": warning: ")));
}

TEST_F(ZoneStoreTest, ANewlineInAFileNameIsNoneInReports) {
  const std::string file = "a\nb";
  Write(file, "1", "$INCLUDE c\\010d\n");
  const LoadReport report = Load({{"a.", file}});
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_THAT(report.errors[0], HasSubstr("/a?b:4: error: "));
  EXPECT_THAT(report.errors[0], testing::Not(HasSubstr("\n")));
  Write(file, "22");
  EXPECT_THAT(Load({{"a.", file}}).notes, ElementsAre(HasSubstr("/a?b")));
}

// What an editor or a copy has written so far is no version of the zone.
TEST_F(ZoneStoreTest, WaitsForTheRestOfAHalfWrittenFile) {
  Write("a", "1");
  Load({{"a.", "a"}});
  Write("a", "2", "www 60 IN A 192.0.2.2\nftp 60 IN A 192.0.2.1");  // 192.0.2.10, once it is all.
  std::thread writer([this] {
    absl::SleepFor(kSettle / 2);
    std::ofstream(PathOf("a"), std::ios::app) << "0\n";
  });
  const LoadReport report = Load({{"a.", "a"}});
  writer.join();
  EXPECT_EQ(Text(report), "1 0 0 0");
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("zone a.: serial 2, was 1; 5 records")));
  EXPECT_EQ(Served("a.").zone->record_count(), 5u);
}

// Some editors never write the last line feed.
TEST_F(ZoneStoreTest, TakesAFileWithoutItsLastLineFeedOnceItHasSettled) {
  Write("a", "1");
  Load({{"a.", "a"}});
  Write("a", "2", "www 60 IN A 192.0.2.2");
  const absl::Time began = absl::Now();
  const LoadReport report = Load({{"a.", "a"}});
  EXPECT_GE(absl::Now() - began, kSettle / 2) << "it was being written";
  EXPECT_EQ(Text(report), "1 0 0 0");
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("a:4: warning: the file does not end with a "),
                                        HasSubstr("zone a.: serial 2, was 1")));
  EXPECT_EQ(Served("a.").zone->serial(), 2u);
}

// The longest pause between two writes of the file while the load ran.
absl::Duration LongestPauseWhile(const std::string& path, const std::function<void()>& load) {
  std::atomic<bool> ended{false};
  absl::Duration longest;
  std::thread writer([&] {
    for (absl::Time last = absl::Now(); !ended; absl::SleepFor(kSettle / 20)) {
      std::ofstream(path, std::ios::app) << "w" << std::flush;
      longest = std::max(longest, absl::Now() - last);
      last = absl::Now();
    }
  });
  load();
  ended = true;
  writer.join();
  return longest;
}

TEST_F(ZoneStoreTest, KeepsTheLastGoodVersionOfAFileThatIsAlwaysBeingWritten) {
  Write("a", "1");
  Load({{"a.", "a"}});
  LoadReport report;
  absl::Duration pause = absl::InfiniteDuration();
  // A busy host may keep the writer from writing: then the file has settled indeed.
  for (int attempt = 0; attempt < 20 && pause > kSettle / 2; ++attempt) {
    Write("a", "2", "www 60 IN A ;");
    pause = LongestPauseWhile(PathOf("a"), [&] { report = Load({{"a.", "a"}}); });
  }
  ASSERT_LE(pause, kSettle / 2);
  EXPECT_EQ(Text(report), "0 0 1 0");
  EXPECT_THAT(report.errors, testing::Contains(HasSubstr("it is being written and looks half ")));
  EXPECT_EQ(Served("a.").zone->serial(), 1u);
  EXPECT_THAT(std::string(Served("a.").last_error()), HasSubstr("error: "));
}

TEST_F(ZoneStoreTest, AShorterFileWithTheSameSerialIsWaitedFor) {
  Write("a", "1", "www 60 IN A 192.0.2.2\n");
  Load({{"a.", "a"}});
  Write("a", "1");
  std::thread writer([this] {
    absl::SleepFor(kSettle / 2);
    std::ofstream(PathOf("a"), std::ios::app) << "www 60 IN A 192.0.2.3\n";
  });
  Load({{"a.", "a"}});
  writer.join();
  EXPECT_EQ(Served("a.").zone->record_count(), 4u);
}

TEST_F(ZoneStoreTest, WarnsOfASerialThatWasNotRaised) {
  const auto warning = [this] { return std::string(Served("a.").warning()); };
  Write("a", "5");
  EXPECT_THAT(Load({{"a.", "a"}}).notes, testing::IsEmpty()) << "a start tells nothing of it";
  Write("a", "5", "www 60 IN A 192.0.2.2\n");
  EXPECT_THAT(Load({{"a.", "a"}}).notes,
              ElementsAre(HasSubstr("serial 5, other data"),
                          HasSubstr("a: warning: serial 5 is the same as before, but the data ")));
  EXPECT_THAT(warning(), HasSubstr("raise the serial"));
  // Touched only: the same data, and still what is wrong with it.
  std::filesystem::rename(PathOf("a"), PathOf("b"));
  std::filesystem::copy(PathOf("b"), PathOf("a"));
  EXPECT_THAT(Load({{"a.", "a"}}).notes, testing::Contains(HasSubstr("serial 5, as before")));
  EXPECT_THAT(warning(), HasSubstr("raise the serial"));
  EXPECT_EQ(Text(Load({{"a.", "a"}})), "0 1 0 0");
  EXPECT_THAT(warning(), HasSubstr("raise the serial")) << "a zone that is kept keeps it";
  Write("a", "66");
  Load({{"a.", "a"}});
  EXPECT_EQ(warning(), "");
  Write("a", "7");
  EXPECT_THAT(Load({{"a.", "a"}}).notes, testing::Contains(HasSubstr("serial 7, was 66")));
  EXPECT_THAT(warning(), HasSubstr("serial 7 is lower than 66"));
  Write("a", "4294967295");  // RFC 1982: 2^31 - 1 more is the most that counts as higher.
  Load({{"a.", "a"}});
  EXPECT_THAT(warning(), HasSubstr("is lower than 7"));
  Write("a", "1");
  Load({{"a.", "a"}});
  EXPECT_EQ(warning(), "") << "2 more than before";
}

TEST_F(ZoneStoreTest, LooksOnlyAtTheFilesOfNamedZones) {
  Write("a", "1");
  Write("b", "1");
  const ZoneSources sources = Sources({{"a.", "a"}, {"B.", "b"}});
  Load(sources);
  Write("a", "22");
  Write("b", "22");
  LoadProgress progress;
  EXPECT_EQ(Text(store_.Load(sources, absl::Now(), progress, {"b."})), "1 1 0 0");
  EXPECT_EQ(Served("a.").zone->serial(), 1u);
  EXPECT_EQ(Served("b.").zone->serial(), 22u);
  EXPECT_EQ(Text(Load(sources)), "1 1 0 0") << "the other one's change is not forgotten";
}

TEST_F(ZoneStoreTest, ABrokenZoneDoesNotStopTheOthers) {
  Write("b", "1");
  const LoadReport report = Load({{"a.", "missing"}, {"b.", "b"}});
  EXPECT_EQ(Text(report), "1 0 1 0");
  EXPECT_EQ(report.served, 1u);
  EXPECT_EQ(report.records, 3u);
  EXPECT_EQ(Served("a.").zone, nullptr);
  EXPECT_THAT(Served("a.").last_error(), HasSubstr("missing"));
  EXPECT_NE(Served("b.").zone, nullptr);
}

TEST_F(ZoneStoreTest, AddsAndRemovesZonesWithTheConfiguration) {
  Write("a", "1");
  Write("b", "1");
  Load({{"a.", "a"}});
  EXPECT_EQ(Text(Load({{"b.", "b"}})), "1 0 0 1");
  EXPECT_EQ(store_.set()->zones().size(), 1u);
  EXPECT_EQ(Text(Load({{"B.", "b"}})), "0 1 0 0") << "names are the same in either case";
}

TEST_F(ZoneStoreTest, ReadsAZoneThatMovedToAnotherFile) {
  Write("a", "1");
  Write("a2", "2");
  Load({{"a.", "a"}});
  EXPECT_EQ(Text(Load({{"a.", "a2"}})), "1 0 0 0");
  EXPECT_EQ(Served("a.").zone->serial(), 2u);
}

TEST_F(ZoneStoreTest, APublishedSetIsNeverChanged) {
  Write("a", "1");
  Load({{"a.", "a"}});
  const std::shared_ptr<const ZoneSet> before = store_.set();
  Write("a", "22");
  Load({{"a.", "a"}});
  EXPECT_EQ(before->FindExact(*Name::FromText("a."))->zone->serial(), 1u);
}

TEST_F(ZoneStoreTest, TellsALimitedNumberOfErrors) {
  std::vector<Pair> sources;
  for (size_t i = 0; i < LoadReport::kErrorLinesMax + 5; ++i) {
    sources.push_back({absl::StrCat("z", i, "."), absl::StrCat("missing", i)});
  }
  const LoadReport report = Load(sources);
  EXPECT_EQ(report.errors.size(), LoadReport::kErrorLinesMax);
  EXPECT_EQ(report.errors_omitted, 5u);
  for (size_t i = 0; i < report.errors.size(); ++i) {
    ASSERT_THAT(report.errors[i], HasSubstr(absl::StrCat("missing", i, ":")));
  }
}

// Whichever thread read which: the report is that of reading one after the other.
TEST_F(ZoneStoreTest, ManyZonesAreInTheirOrder) {
  std::vector<Pair> sources;
  size_t bad = 0;
  for (size_t i = 0; i < 400; ++i) {
    const std::string file = absl::StrCat("f", i);
    if (i % 7 == 3) {
      Write(file, absl::StrCat(i + 1), "www 60 IN A no\nftp 60 IN A no\n");
      ++bad;
    } else {
      Write(file, absl::StrCat(i + 1));
    }
    sources.push_back({absl::StrCat("z", i, ".example."), file});
  }
  const LoadReport report = Load(sources);
  EXPECT_EQ(Text(report), absl::StrCat(400 - bad, " 0 ", bad, " 0"));
  EXPECT_EQ(report.records, (400 - bad) * 3);
  ASSERT_EQ(report.errors.size(), bad * 2);
  for (size_t i = 0; i < bad; ++i) {
    EXPECT_THAT(report.errors[2 * i], HasSubstr(absl::StrCat("f", 7 * i + 3, ":4: ")));
    EXPECT_THAT(report.errors[2 * i + 1], HasSubstr(absl::StrCat("f", 7 * i + 3, ":5: ")));
  }
  const auto zones = store_.set()->zones();
  ASSERT_EQ(zones.size(), 400u);
  for (size_t i = 0; i < zones.size(); ++i) {
    EXPECT_EQ(zones[i].file(), PathOf(absl::StrCat("f", i)));
    EXPECT_EQ(zones[i].zone == nullptr ? i % 7 : zones[i].zone->serial(), i % 7 == 3 ? 3 : i + 1);
  }
  Write("f0", "1000");
  EXPECT_EQ(Text(Load(sources)), absl::StrCat("1 ", 399 - bad, " ", bad, " 0"));
}

TEST_F(ZoneStoreTest, IfNothingChangesTheSetStays) {
  Write("a", "1");
  Load({{"a.", "a"}});
  const std::shared_ptr<const ZoneSet> before = store_.set();
  EXPECT_FALSE(Load({{"a.", "a"}}).changed());
  EXPECT_EQ(store_.set(), before);
}

TEST_F(ZoneStoreTest, ReadsAZoneThatIsAnImageFromNowOn) {
  Write("a", "1");
  Load({{"a.", "a"}});
  ZoneSources images;
  images.Add(*Name::FromText("a."), PathOf("a"), ZoneSource::Kind::kImage);
  EXPECT_EQ(Load(images).unchanged, 0u);
  EXPECT_THAT(Served("a.").last_error(), HasSubstr("image"));
  EXPECT_EQ(Served("a.").zone->serial(), 1u) << "the last good version stays";
}

// Each allocation of a load fails once. Whatever comes of it, the next load goes well.
TEST_F(ZoneStoreTest, OutOfMemoryChangesNothing) {
  Write("a", "1");
  Write("b", "22");
  const ZoneSources a = Sources({{"a.", "a"}});
  const ZoneSources b = Sources({{"b.", "b"}});
  Load(a);
  int64_t thrown = 0;
  for (int64_t nth = 0;; ++nth) {
    ASSERT_LT(nth, 10'000);
    const std::shared_ptr<const ZoneSet> before = store_.set();
    LoadProgress progress;
    bool threw = false;
    allocations_left = nth;
    try {
      store_.Load(b, absl::Now(), progress);
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    const bool was_hit = allocations_left < 0;
    allocations_left = -1;
    if (!was_hit) break;
    thrown += threw;
    ASSERT_TRUE(!threw || store_.set() == before) << nth;
    ASSERT_EQ(Load(b).served, 1u) << nth;
    ASSERT_EQ(Text(Load(a)), "1 0 0 1") << nth;
  }
  EXPECT_GT(thrown, 5);
}

// Many zones have taken all there is: to publish them would leave a server that cannot answer.
TEST_F(ZoneStoreTest, ALoadLeavesMemoryForOthers) {
  Write("a", "1");
  Load({{"a.", "a"}});
  const std::shared_ptr<const ZoneSet> before = store_.set();
  Write("a", "22");
  too_large_bytes = ZoneStore::kMemoryLeftMin;
  EXPECT_THROW(Load({{"a.", "a"}}), std::bad_alloc);
  too_large_bytes = SIZE_MAX;
  EXPECT_EQ(store_.set(), before);
}

TEST_F(ZoneStoreTest, ALoadThatIsStoppedChangesNothing) {
  StopFlag stop;
  LoadOptions options;
  options.limits.file.stop = options.limits.zone.stop = &stop;
  ZoneStore store(options);
  LoadProgress progress;
  Write("a", "1");
  store.Load(Sources({{"a.", "a"}}), absl::Now(), progress);
  const std::shared_ptr<const ZoneSet> before = store.set();
  stop.Raise();
  Write("a", "22");
  EXPECT_FALSE(store.Load(Sources({{"a.", "a"}, {"b.", "b"}}), absl::Now(), progress).changed());
  EXPECT_EQ(store.set(), before);
  EXPECT_EQ(progress.zones_done, 1u);
}

TEST_F(ZoneStoreTest, TellsItsProgress) {
  Write("a", "1");
  Write("b", "22");
  LoadProgress progress;
  store_.Load(Sources({{"a.", "a"}, {"b.", "b"}, {"c.", "missing"}}), absl::Now(), progress);
  EXPECT_EQ(progress.zones_total, 3u);
  EXPECT_EQ(progress.zones_done, 3u);
  EXPECT_EQ(progress.records, 6u);
  const uint64_t bytes =
      std::filesystem::file_size(PathOf("a")) + std::filesystem::file_size(PathOf("b"));
  EXPECT_EQ(progress.bytes_total, bytes);
  EXPECT_EQ(progress.bytes_done, bytes);
}

// What nobody reads would make the speed, and the time that is left, look like no other load's.
TEST_F(ZoneStoreTest, ProgressOfAReloadIsThatOfWhatHasChanged) {
  Write("a", "1");
  Write("b", "22");
  Load({{"a.", "a"}, {"b.", "b"}});
  Write("b", "333");
  LoadProgress progress;
  store_.Load(Sources({{"a.", "a"}, {"b.", "b"}}), absl::Now(), progress);
  EXPECT_EQ(progress.zones_done, 2u);
  EXPECT_EQ(progress.records, 3u);
  EXPECT_EQ(progress.bytes_total, std::filesystem::file_size(PathOf("b")));
  EXPECT_EQ(progress.bytes_done, progress.bytes_total);
}

}  // namespace
}  // namespace hither
