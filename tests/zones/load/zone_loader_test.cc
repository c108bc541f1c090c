#include "zones/load/zone_loader.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace {

// So many allocations of this thread go well, then one throws. Negative: all go well.
thread_local int64_t allocations_left = -1;
thread_local bool throw_length_error = false;

}  // namespace

// Not inlined: g++ would take malloc() and free() for a mismatch with new and delete.
[[gnu::noinline]] void* operator new(size_t bytes) {
  if (allocations_left >= 0 && allocations_left-- == 0) {
    if (throw_length_error) throw std::length_error("test");
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(bytes > 0 ? bytes : 1);
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

namespace fs = std::filesystem;

const char kGood[] =
    "$TTL 60\n"
    "@ SOA ns1.other. host 7 2 3 4 5\n"
    "@ NS ns1.other.\n";

Name Apex() { return *Name::FromText("example."); }

// A folder of its own for each test, gone afterwards.
class LoadZoneFileTest : public testing::Test {
 protected:
  LoadZoneFileTest() {
    std::string name = (fs::temp_directory_path() / "hither-loader-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~LoadZoneFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }
  // Goes on when it is so old that a later change has another time.
  void WriteOld(const std::string& name, const std::string& text) {
    Write(name, text);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  fs::path folder_;
};

TEST_F(LoadZoneFileTest, GivesAZone) {
  Write("zone", kGood);
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  ASSERT_NE(loaded.zone, nullptr);
  EXPECT_EQ(loaded.zone->serial(), 7u);
  EXPECT_EQ(loaded.zone->record_count(), 2u);
  EXPECT_TRUE(loaded.findings.empty());
  ASSERT_EQ(loaded.files.size(), 1u);
  EXPECT_EQ(loaded.files[0].path, Path("zone"));
}

TEST_F(LoadZoneFileTest, NamesTheLineOfAnError) {
  Write("zone", std::string(kGood) + "www A 192.0.2.999\n");
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  EXPECT_EQ(loaded.zone, nullptr);
  ASSERT_EQ(loaded.findings.size(), 1u);
  EXPECT_EQ(loaded.findings[0].file, Path("zone"));
  EXPECT_EQ(loaded.findings[0].line, 4u);
}

// After a malformed SOA line "no SOA" would send the operator the wrong way; the CNAME is true.
TEST_F(LoadZoneFileTest, FindsAllErrorsButNoConsequences) {
  Write("zone",
        "$TTL 60\n@ SOA broken\n@ NS ns1.other.\nc CNAME x.other.\nc A 192.0.2.1\n"
        "www A 192.0.2.999\n");
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  EXPECT_EQ(loaded.zone, nullptr);
  std::vector<uint32_t> lines;
  for (const Finding& finding : loaded.findings) lines.push_back(finding.line);
  EXPECT_EQ(lines, (std::vector<uint32_t>{2, 6, 4}));
}

TEST_F(LoadZoneFileTest, SaysThatAFileIsMissing) {
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  EXPECT_EQ(loaded.zone, nullptr);
  ASSERT_EQ(loaded.findings.size(), 1u);
  EXPECT_EQ(loaded.findings[0].severity, Severity::kError);
  ASSERT_EQ(loaded.files.size(), 1u);
  EXPECT_FALSE(HasChanged(loaded.files));
  Write("zone", kGood);  // There again.
  EXPECT_TRUE(HasChanged(loaded.files));
}

TEST_F(LoadZoneFileTest, FindsNothingOfAZoneInAFolder) {
  fs::create_directory(Path("zone"));
  EXPECT_EQ(LoadZoneFile(Path("zone"), Apex()).zone, nullptr);
}

TEST_F(LoadZoneFileTest, KeepsToItsLimits) {
  Write("zone", std::string(kGood) + "w A 192.0.2.1\nw A 192.0.2.2\nw A 192.0.2.3\n");
  LoadLimits limits;
  limits.zone.records_per_rrset_max = 3;
  EXPECT_NE(LoadZoneFile(Path("zone"), Apex(), limits).zone, nullptr);
  limits.zone.records_per_rrset_max = 2;
  EXPECT_EQ(LoadZoneFile(Path("zone"), Apex(), limits).zone, nullptr);
}

TEST_F(LoadZoneFileTest, NamesBothPlacesOfAFaultInTwoFiles) {
  Write("zone", std::string(kGood) + "w CNAME x\n$INCLUDE one\n$INCLUDE two\n");
  Write("one", "; comment\nw TXT text\n");
  Write("two", "$ORIGIN " + Apex().ToText() + "\n@ SOA a b 8 2 3 4 5\n@ SOA a b 9 2 3 4 5\n");
  std::string findings;
  for (const Finding& found : LoadZoneFile(Path("zone"), Apex()).findings) {
    absl::StrAppend(&findings, ToText(found), "\n");
  }
  EXPECT_THAT(findings, testing::HasSubstr(absl::StrCat(", TXT in ", Path("one"), ":2; remove")));
  EXPECT_THAT(findings,
              testing::HasSubstr(absl::StrCat(Path("two"), ":2: error: 3 SOA records at ")));
  EXPECT_THAT(findings, testing::HasSubstr(absl::StrCat(", the first in ", Path("zone"), ":")));
  EXPECT_THAT(findings, testing::HasSubstr(", others on line 3; keep one"));
}

TEST_F(LoadZoneFileTest, KnowsAMissingInclude) {
  Write("zone", std::string(kGood) + "$INCLUDE none/such\n");
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  ASSERT_EQ(loaded.files.size(), 2u);
  EXPECT_EQ(loaded.files[1].path, Path("none/such"));
  EXPECT_FALSE(HasChanged(loaded.files));
  fs::create_directory(Path("none"));
  Write("none/such", "w TXT text\n");
  EXPECT_TRUE(HasChanged(loaded.files));
}

TEST_F(LoadZoneFileTest, KnowsAChange) {
  WriteOld("zone", kGood);
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  EXPECT_FALSE(HasChanged(loaded.files));
  Write("zone", kGood);  // The same text, a later time.
  EXPECT_TRUE(HasChanged(loaded.files));
}

TEST_F(LoadZoneFileTest, KnowsAReplacedFileOfTheSameTime) {
  WriteOld("zone", kGood);
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  const auto time = fs::last_write_time(Path("zone"));
  Write("next", kGood);
  fs::last_write_time(Path("next"), time);
  fs::rename(Path("next"), Path("zone"));
  EXPECT_TRUE(HasChanged(loaded.files));
}

TEST_F(LoadZoneFileTest, KnowsAChangeOfAnInclude) {
  WriteOld("zone", std::string(kGood) + "$INCLUDE hosts\n");
  WriteOld("hosts", "www A 192.0.2.1\n");
  const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
  ASSERT_NE(loaded.zone, nullptr);
  ASSERT_EQ(loaded.files.size(), 2u);
  EXPECT_FALSE(HasChanged(loaded.files));
  Write("hosts", "www A 192.0.2.2\n");
  EXPECT_TRUE(HasChanged(loaded.files));
}

// Its stamp is taken after it was read, so nobody knows whether it was changed in between.
TEST_F(LoadZoneFileTest, ReadsAnIncludeAgainThatWasWrittenDuringTheLoad) {
  WriteOld("zone", std::string(kGood) + "$INCLUDE hosts\n");
  constexpr int kTriesMax = 1'000;  // Until both fall into one tick of the files' clock.
  for (int tries = 0; tries < kTriesMax; ++tries) {
    Write("hosts", "www A 192.0.2.1\n");
    const LoadedZone loaded = LoadZoneFile(Path("zone"), Apex());
    if (StampOf(Path("hosts")).changed_ns < loaded.began_ns) continue;
    EXPECT_TRUE(HasChanged(loaded.files));
    return;
  }
  FAIL() << "the clock of files is finer than this test can be";
}

// Each allocation of a load fails once, wherever it is: reading, building, checking, digesting. A
// throw that escapes, or meets a noexcept on its way, ends this test as it would have the server.
TEST_F(LoadZoneFileTest, OutOfMemoryIsTheZonesError) {
  Write("zone", std::string(kGood) +
                    "$INCLUDE hosts\n$GENERATE 1-20 h$ A 192.0.2.$\n@ MX 1 none\n"
                    "@ ZONEMD 7 1 1 " +
                    std::string(96, 'a') + "\n");
  Write("hosts", "a.very.long.name.that.is.not.short TXT \"" + std::string(200, 'x') + "\"\n");
  const std::string want = Path("zone") +
                           ": error: not enough memory to load it; give the server more (a reload "
                           "holds the old and the new zone together) or make the zone smaller";
  const std::string path = Path("zone");
  const Name apex = Apex();
  for (const bool length_error : {false, true}) {
    int64_t failed = 0;
    for (int64_t nth = 0;; ++nth) {
      ASSERT_LT(nth, 100'000);
      throw_length_error = length_error;
      allocations_left = nth;
      const LoadedZone loaded = LoadZoneFile(path, apex);
      const bool was_hit = allocations_left < 0;
      allocations_left = -1;
      if (!was_hit) break;
      ASSERT_FALSE(loaded.files.empty()) << nth;
      EXPECT_EQ(loaded.files[0].path, path);
      EXPECT_EQ(loaded.zone, nullptr);  // Its ZONEMD does not match.
      ASSERT_FALSE(loaded.findings.empty()) << nth;
      if (ToText(loaded.findings[0]) == want) ++failed;
    }
    EXPECT_GT(failed, 100);
  }
}

}  // namespace
}  // namespace hither
