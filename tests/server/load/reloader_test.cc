#include "server/load/reloader.h"

#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "gmock/gmock.h"

namespace hither {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kSettle = absl::Milliseconds(50);
constexpr char kRest[] = " 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n";

// One zone in a folder, and a loop that the test turns itself.
class ReloaderTest : public testing::Test, public ReloadHost {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    WriteZone(1);
    running_.zones.Add(*Name::FromText("example.org."), folder_ + "/zone");
    next_ = running_;
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    reloader_.emplace(
        running_, [this] { return Read(); }, *this);
    reloader_->Open(loop_);
  }
  void TearDown() override {
    is_open_ = true;
    reloader_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    std::filesystem::remove_all(folder_);
  }

  void OnPublish() override { ++published_; }
  void OnLoaded(std::shared_ptr<const ZoneSet> zones) override {
    loaded_ = std::move(zones);
    if (on_loaded_) std::exchange(on_loaded_, nullptr)();
  }
  void OnReloadBegin() override { ++begun_; }
  void OnReloadEnd(bool is_good) override { is_good ? ++good_ : ++bad_; }
  void OnFirstLoadEnd(const absl::Status& status) override { first_ended_ = status; }

  // On the loading thread. While the gate is closed, a reload gets no further.
  absl::StatusOr<Config> Read() {
    ++reads_;
    while (!is_open_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (is_wrong_) {
      return WithFiles(absl::InvalidArgumentError("hither.yaml:1: wrong"), wrong_files_);
    }
    return next_;
  }
  void WriteZone(uint32_t serial) {
    std::ofstream(folder_ + "/new") << "@ 60 IN SOA ns1 host " << serial << kRest;
    std::filesystem::rename(folder_ + "/new", folder_ + "/zone");
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }
  // From now on it reloads by itself.
  void StartWatching() {
    reloader_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    running_.reload = {.settle = kSettle, .watch = true};
    running_.read_ns = next_.read_ns = FileClockNow();
    reloader_.emplace(
        running_, [this] { return Read(); }, *this);
    reloader_->Open(loop_);
  }
  void TurnFor(absl::Duration time) {
    const absl::Time end = absl::Now() + time;
    TurnUntil([&] { return absl::Now() >= end; });
  }
  void LoadFirst() {
    ASSERT_TRUE(reloader_->LoadFirst(running_.zones, absl::Minutes(1)).ok());
    ASSERT_EQ(Serial(), 1u);
  }
  template <typename Condition>
  bool TurnUntil(Condition is_met) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!is_met() && absl::Now() < deadline) {
      uv_run(&loop_, UV_RUN_NOWAIT);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return is_met();
  }
  uint32_t Serial() {
    const auto zones = reloader_->zones().current();
    const ServedZone* served = zones->FindExact(*Name::FromText("example.org."));
    return served == nullptr || served->zone == nullptr ? 0 : served->zone->serial();
  }

  std::string folder_;
  Config running_;
  Config next_;  // What a reload reads.
  uv_loop_t loop_;
  std::atomic<int> reads_{0};
  std::atomic<bool> is_open_{true};
  std::atomic<bool> is_wrong_{false};
  int published_ = 0;
  int begun_ = 0;
  int good_ = 0;
  int bad_ = 0;
  std::vector<std::string> wrong_files_;
  std::function<void()> on_loaded_;
  std::shared_ptr<const ZoneSet> loaded_;
  std::optional<absl::Status> first_ended_;
  std::optional<Reloader> reloader_;
};

// Asks for a reload on a thread of its own.
class Asker {
 public:
  explicit Asker(Reloader& reloader, ZoneNames only = {})
      : thread_([this, &reloader, only = std::move(only)] {
          reloader.Reload(only, [this](bool ok, const std::string& text) {
            answer_ = text;
            if (!ok) answer_ = absl::UnknownError(text);
            is_answered_ = true;
          });
          has_asked_ = true;
        }) {}
  void WaitUntilAsked() const {
    while (!has_asked_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Asker() { thread_.join(); }
  bool is_answered() const { return is_answered_; }
  const absl::StatusOr<std::string>& answer() const { return answer_; }

 private:
  absl::StatusOr<std::string> answer_;
  std::atomic<bool> is_answered_{false};
  std::atomic<bool> has_asked_{false};
  std::thread thread_;
};

TEST_F(ReloaderTest, LoadsTheZonesAtFirst) {
  LoadFirst();
  EXPECT_FALSE(reloader_->IsLoadingFirst());
  EXPECT_EQ(published_, 1);
  EXPECT_EQ(loaded_, reloader_->zones().current());
  EXPECT_EQ(reloader_->reloads(), 0u);
  EXPECT_FALSE(first_ended_.has_value()) << "LoadFirst() has waited for it";
}

TEST_F(ReloaderTest, FailsIfNotOneZoneIsGood) {
  std::ofstream(folder_ + "/zone") << "nothing good\n";
  EXPECT_THAT(reloader_->LoadFirst(running_.zones, absl::Minutes(1)).ToString(),
              HasSubstr("not one zone"));
}

TEST_F(ReloaderTest, AnswersAllWhoAsk) {
  LoadFirst();
  WriteZone(2);
  Asker one(*reloader_);
  Asker other(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return one.is_answered() && other.is_answered(); }));
  EXPECT_TRUE(one.answer().ok()) << one.answer().status();
  EXPECT_TRUE(other.answer().ok()) << other.answer().status();
  EXPECT_EQ(Serial(), 2u);
  EXPECT_EQ(published_, 2);
  EXPECT_EQ(static_cast<uint64_t>(reads_), reloader_->reloads());
  EXPECT_EQ(begun_, good_);
}

// Whatever was asked for while a reload runs is one more reload, which sees the later files.
TEST_F(ReloaderTest, RunsAgainIfAskedDuringAReload) {
  LoadFirst();
  is_open_ = false;
  reloader_->Begin();
  ASSERT_TRUE(TurnUntil([&] { return reads_ == 1; }));
  reloader_->Begin();
  reloader_->Begin();
  EXPECT_EQ(begun_, 1);
  is_open_ = true;
  EXPECT_TRUE(TurnUntil([&] { return good_ == 2; }));
  for (int turn = 0; turn < 50; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_EQ(begun_, 2);
  EXPECT_EQ(reads_, 2);
}

// A reload that has read the configuration already is no answer.
TEST_F(ReloaderTest, AnswersFromAReloadThatBeganAfterTheCall) {
  LoadFirst();
  is_open_ = false;
  reloader_->Begin();
  ASSERT_TRUE(TurnUntil([&] { return reads_ == 1; }));
  Asker asker(*reloader_);
  is_open_ = true;
  EXPECT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  EXPECT_TRUE(asker.answer().ok());
  EXPECT_EQ(reads_, 2);
}

TEST_F(ReloaderTest, TellsWhatHasChanged) {
  LoadFirst();
  WriteZone(2);
  Asker asker(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  ASSERT_TRUE(asker.answer().ok());
  EXPECT_THAT(*asker.answer(), HasSubstr("zone example.org.: serial 2, was 1; 3 records from "));
  EXPECT_THAT(*asker.answer(), HasSubstr("\n1 zone read, 0 unchanged, 0 failed, 0 removed"));
}

TEST_F(ReloaderTest, TellsWhatNeedsARestart) {
  LoadFirst();
  next_.workers = 7;
  Asker asker(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  ASSERT_TRUE(asker.answer().ok());
  EXPECT_THAT(*asker.answer(), HasSubstr("take effect after a restart: workers\n"));
}

// The other zone's file is not looked at.
TEST_F(ReloaderTest, ReadsOnlyTheZonesThatAreNamed) {
  std::filesystem::copy(folder_ + "/zone", folder_ + "/other");
  running_.zones.Add(*Name::FromText("example.net."), folder_ + "/other");
  next_ = running_;
  LoadFirst();
  std::filesystem::remove(folder_ + "/other");
  WriteZone(2);
  Asker asker(*reloader_, {"example.org."});
  EXPECT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  EXPECT_TRUE(asker.answer().ok()) << asker.answer().status();
  EXPECT_EQ(Serial(), 2u);
  Asker unknown(*reloader_, {"example.com."});
  EXPECT_TRUE(TurnUntil([&] { return unknown.is_answered(); }));
  EXPECT_THAT(unknown.answer().status().ToString(), HasSubstr("has no zone example.com."));
  // One who wants all gets all, even if others want less.
  Asker one(*reloader_, {"example.org."});
  Asker all(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return one.is_answered() && all.is_answered(); }));
  EXPECT_FALSE(all.answer().ok()) << "the other file is gone";
}

// Requests that are served by one reload do not answer for each other's names.
TEST_F(ReloaderTest, AWrongNameFailsOnlyWhoNamedIt) {
  LoadFirst();
  is_open_ = false;
  reloader_->Begin();
  ASSERT_TRUE(TurnUntil([&] { return reads_ == 1; }));
  WriteZone(2);
  Asker good(*reloader_, {"example.org."});
  Asker typo(*reloader_, {"exmaple.org."});
  Asker both(*reloader_, {"example.org.", "b.example.", "a.example."});
  for (const Asker* asker : {&good, &typo, &both}) asker->WaitUntilAsked();
  is_open_ = true;
  ASSERT_TRUE(TurnUntil([&] { return good.is_answered() && typo.is_answered(); }));
  ASSERT_TRUE(TurnUntil([&] { return both.is_answered(); }));
  EXPECT_EQ(reads_, 2) << "one reload has served them all";
  EXPECT_TRUE(good.answer().ok()) << good.answer().status();
  EXPECT_EQ(Serial(), 2u);
  EXPECT_EQ(typo.answer().status().message(),
            "the configuration has no zone exmaple.org.; `hither reload` without a name reads all");
  EXPECT_THAT(both.answer().status().ToString(), HasSubstr("no zone a.example., b.example.;"));
}

TEST_F(ReloaderTest, AWrongNameChangesNothing) {
  LoadFirst();
  WriteZone(2);
  Asker asker(*reloader_, {"example.org.", "exmaple.org."});
  ASSERT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  EXPECT_THAT(asker.answer().status().ToString(), HasSubstr("no zone exmaple.org."));
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 1; }));
  EXPECT_EQ(Serial(), 1u);
}

TEST_F(ReloaderTest, AWrongNameIsToldBesideAReloadOfAll) {
  LoadFirst();
  is_open_ = false;
  reloader_->Begin();
  ASSERT_TRUE(TurnUntil([&] { return reads_ == 1; }));
  Asker all(*reloader_);
  Asker typo(*reloader_, {"exmaple.org."});
  for (const Asker* asker : {&all, &typo}) asker->WaitUntilAsked();
  is_open_ = true;
  ASSERT_TRUE(TurnUntil([&] { return all.is_answered() && typo.is_answered(); }));
  EXPECT_EQ(reads_, 2);
  EXPECT_TRUE(all.answer().ok()) << all.answer().status();
  EXPECT_THAT(typo.answer().status().ToString(), HasSubstr("no zone exmaple.org."));
}

TEST_F(ReloaderTest, AWrongConfigurationChangesNothing) {
  LoadFirst();
  WriteZone(2);
  is_wrong_ = true;
  Asker asker(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return asker.is_answered(); }));
  EXPECT_THAT(asker.answer().status().ToString(), HasSubstr("hither.yaml:1: wrong"));
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 1; }));
  EXPECT_EQ(reloader_->reloads_failed(), 1u);
  EXPECT_EQ(Serial(), 1u);
  EXPECT_EQ(published_, 1);
}

TEST_F(ReloaderTest, NothingIsReloadedWhileNothingChanges) {
  Write("hither.yaml", "zones: []\n");
  TurnFor(absl::Milliseconds(20));  // The kernel's clock for files has gone on.
  running_.files = next_.files = {folder_ + "/hither.yaml"};
  StartWatching();
  LoadFirst();
  TurnFor(6 * kSettle);
  EXPECT_EQ(begun_, 0);
  WriteZone(2);
  EXPECT_TRUE(TurnUntil([&] { return Serial() == 2; }));
  TurnFor(6 * kSettle);
  EXPECT_EQ(begun_, 1);
}

TEST_F(ReloaderTest, AChangeBeforeFilesAreWatchedIsSeen) {
  StartWatching();
  on_loaded_ = [this] { WriteZone(2); };
  LoadFirst();
  EXPECT_TRUE(TurnUntil([&] { return Serial() == 2; }));
}

TEST_F(ReloaderTest, AConfigurationThatChangedBeforeItIsWatchedIsRead) {
  running_.files = next_.files = {folder_ + "/hither.yaml"};
  StartWatching();
  Write("hither.yaml", "zones: []\n");
  LoadFirst();
  EXPECT_TRUE(TurnUntil([&] { return reads_ == 1; }));
}

TEST_F(ReloaderTest, AFileThatAppearsInAFolderBeforeItIsWatchedIsSeen) {
  std::filesystem::create_directory(folder_ + "/zones");
  TurnFor(absl::Milliseconds(20));  // The kernel's clock for files has gone on.
  running_.folders = next_.folders = {{folder_ + "/zones", *ZonePattern::Parse("*.zone")}};
  StartWatching();
  Write("zones/a.zone", "");
  LoadFirst();
  EXPECT_TRUE(TurnUntil([&] { return reads_ == 1; }));
}

// What runs has begun after the new file was watched, so nothing needs another one.
TEST_F(ReloaderTest, ANewNameCausesNoReloadAfterOneThatRuns) {
  StartWatching();
  LoadFirst();
  TurnFor(3 * kSettle);
  is_wrong_ = true;
  wrong_files_ = {folder_ + "/zones.list"};
  reloader_->Begin();
  ASSERT_TRUE(TurnUntil([&] { return bad_ == 1; }));
  is_open_ = false;
  reloader_->Begin();
  TurnFor(3 * kSettle);
  is_open_ = true;
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 2; }));
  TurnFor(3 * kSettle);
  EXPECT_EQ(begun_, 2);
}

// So many files that a look takes longer than until then.
TEST_F(ReloaderTest, AReloadThatIsAskedForDuringALookIsDone) {
  for (int i = 0; i < 100'000; ++i) running_.files.push_back(absl::StrCat(folder_, "/", i));
  next_.files = running_.files;
  StartWatching();
  LoadFirst();
  TurnFor(2 * kSettle);
  EXPECT_EQ(begun_, 0);
  reloader_->Begin();
  EXPECT_TRUE(TurnUntil([&] { return good_ == 1; }));
}

TEST_F(ReloaderTest, AnIncludedFileThatAppearsIsRead) {
  StartWatching();
  LoadFirst();
  Write("zone", "$INCLUDE parts/more\n");
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 1; }));
  TurnFor(3 * kSettle);
  EXPECT_EQ(bad_, 1);
  std::filesystem::create_directory(folder_ + "/parts");
  Write("parts/more", absl::StrCat("@ 60 IN SOA ns1 host 2", kRest));
  EXPECT_TRUE(TurnUntil([&] { return Serial() == 2; }));
  std::filesystem::remove_all(folder_ + "/parts");
  EXPECT_TRUE(TurnUntil([&] { return bad_ > 1; }));
  TurnFor(3 * kSettle);
  std::filesystem::create_directory(folder_ + "/parts");
  Write("parts/more", absl::StrCat("@ 60 IN SOA ns1 host 3", kRest));
  EXPECT_TRUE(TurnUntil([&] { return Serial() == 3; }));
}

TEST_F(ReloaderTest, AZoneFileThatAppearsIsRead) {
  running_.zones.Add(*Name::FromText("example.net."), folder_ + "/none/yet");
  next_ = running_;
  StartWatching();
  LoadFirst();
  EXPECT_EQ(loaded_->zones()[1].zone, nullptr);
  std::filesystem::create_directory(folder_ + "/none");
  Write("none/yet", absl::StrCat("@ 60 IN SOA ns1 host 1", kRest));
  EXPECT_TRUE(TurnUntil([&] { return loaded_->zones()[1].zone != nullptr; }));
}

// Such as a list of zones that the configuration names before it is written.
TEST_F(ReloaderTest, AFileThatAFailedConfigurationLacksIsWatched) {
  StartWatching();
  LoadFirst();
  is_wrong_ = true;
  wrong_files_ = {folder_ + "/none/zones.list"};
  reloader_->Begin();
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 1; }));
  TurnFor(3 * kSettle);
  EXPECT_EQ(bad_, 1);
  is_wrong_ = false;
  WriteZone(2);
  EXPECT_TRUE(TurnUntil([&] { return Serial() == 2; })) << "the files of before are watched, too";
  is_wrong_ = true;
  reloader_->Begin();
  EXPECT_TRUE(TurnUntil([&] { return bad_ == 2; }));
  TurnFor(3 * kSettle);
  is_wrong_ = false;
  const int good = good_;
  std::filesystem::create_directory(folder_ + "/none");
  Write("none/zones.list", "");
  EXPECT_TRUE(TurnUntil([&] { return good_ > good; }));
}

// A folder with as many misnamed files: comparing each with all others took minutes.
TEST_F(ReloaderTest, FilesOfAFailedConfigurationHaveALimit) {
  ASSERT_TRUE(OpenLog(LogLevel::kInfo, folder_ + "/log").ok());
  StartWatching();
  LoadFirst();
  is_wrong_ = true;
  for (size_t i = 0; i < 2 * ConfigFiles::kWrongMax; ++i) {
    wrong_files_.push_back(absl::StrCat(folder_, "/", i, "..zone"));
  }
  for (int failures = 1; failures <= 2; ++failures) {
    reloader_->Begin();
    ASSERT_TRUE(TurnUntil([&] { return bad_ >= failures; }));
  }
  std::ifstream file(folder_ + "/log");
  const std::string log((std::istreambuf_iterator<char>(file)), {});
  const std::vector<std::string> parts = absl::StrSplit(log, "more than 100000 files to correct");
  EXPECT_EQ(parts.size(), 2u) << "It is said once.";
  EXPECT_TRUE(OpenLog(LogLevel::kInfo, "").ok());
}

TEST_F(ReloaderTest, StopAnswersThoseWhoWait) {
  LoadFirst();
  is_open_ = false;
  Asker of_this(*reloader_);
  ASSERT_TRUE(TurnUntil([&] { return reads_ == 1; }));
  Asker of_the_next(*reloader_);
  reloader_->Stop();
  EXPECT_TRUE(TurnUntil([&] { return of_this.is_answered() && of_the_next.is_answered(); }));
  EXPECT_THAT(of_this.answer().status().ToString(), HasSubstr("the server is ending"));
  EXPECT_THAT(of_the_next.answer().status().ToString(), HasSubstr("the server is ending"));
  EXPECT_FALSE(reloader_->WaitUntil(absl::Now()));
  is_open_ = true;
  EXPECT_TRUE(reloader_->WaitUntil(absl::Now() + absl::Minutes(1)));
  Asker too_late(*reloader_);
  EXPECT_TRUE(TurnUntil([&] { return too_late.is_answered(); }));
  EXPECT_FALSE(too_late.answer().ok());
  EXPECT_EQ(good_ + bad_, 0) << "the host hears no more of it";
}

}  // namespace
}  // namespace hither
