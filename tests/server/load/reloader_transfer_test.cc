// Zones from primaries: what the Reloader publishes of them, and when.

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "server/load/reloader.h"

namespace hither {
namespace {

using testing::HasSubstr;

constexpr char kRest[] = " 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n";

std::shared_ptr<const Zone> Version(const char* apex, uint32_t serial) {
  return LoadZoneText(absl::StrCat("@ 60 IN SOA ns1 host ", serial, kRest), "test",
                      *Name::FromText(apex))
      .zone;
}

TransferredVersion Fresh(const char* apex, uint32_t serial) {
  TransferredVersion given;
  given.zone = *Name::FromText(apex);
  given.version = Version(apex, serial);
  given.state = RefreshState::kFresh;
  return given;
}

// file. comes from a file, a. and b. from primaries. The test turns the loop.
class ReloaderTransferTest : public testing::Test, public ReloadHost {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/zone") << "@ 60 IN SOA ns1 host 1" << kRest;
    running_.state_dir = folder_;
    next_ = Wants({"a.", "b."}, {"file."});
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    reloader_.emplace(
        running_, [this] { return next_; }, *this);
    reloader_->Open(loop_);
  }
  void TearDown() override {
    reloader_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    std::filesystem::remove_all(folder_);
  }

  void OnPublish() override { ++published_; }
  void OnLoaded(std::shared_ptr<const ZoneSet> zones) override { loaded_ = std::move(zones); }
  void OnKeys(std::shared_ptr<const TsigKeyRing> /*keys*/) override {}
  absl::Status OnTransfers(TransferSetup setup) override {
    transfers_ = std::move(setup);
    published_before_transfers_ = published_;
    return transfer_status_;
  }
  void OnReloadBegin() override {}
  void OnReloadEnd(bool /*is_good*/) override {}
  void OnFirstLoadEnd(const absl::Status& /*status*/) override {}

  Config Wants(const std::vector<const char*>& from_primaries,
               const std::vector<const char*>& from_file) {
    Config config;
    config.state_dir = "/elsewhere";  // Only a restart makes it so.
    config.transfer_policies.resize(2);
    for (const char* zone : from_primaries) {
      config.zones.AddTransferred(*Name::FromText(zone), 1);
    }
    for (const char* zone : from_file) {
      config.zones.Add(*Name::FromText(zone), folder_ + "/zone");
    }
    return config;
  }
  void LoadFirst() {
    ASSERT_TRUE(reloader_->LoadFirst(next_.zones, absl::Minutes(1)).ok());
    ASSERT_EQ(published_, 1);
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
  // The answer to a reload: "ok: " or "failed: ", and its text.
  std::string Reload(const ZoneNames& only = {}) {
    std::string answer;
    reloader_->Reload(only, [&answer](bool ok, const std::string& text) {
      answer = absl::StrCat(ok ? "ok: " : "failed: ", text);
    });
    EXPECT_TRUE(TurnUntil([&] { return !answer.empty(); }));
    return answer;
  }
  // -1: no such zone; 0: no version.
  int64_t Serial(const char* apex) const {
    const auto zones = reloader_->zones().current();
    const ServedZone* served = zones->FindExact(*Name::FromText(apex));
    if (served == nullptr) return -1;
    return served->zone == nullptr ? 0 : served->zone->serial();
  }

  std::string folder_;
  Config running_;
  Config next_;  // What a reload reads.
  uv_loop_t loop_;
  int published_ = 0;
  int published_before_transfers_ = 0;
  std::shared_ptr<const ZoneSet> loaded_;
  std::optional<TransferSetup> transfers_;
  absl::Status transfer_status_;
  std::optional<Reloader> reloader_;
};

TEST_F(ReloaderTransferTest, StartsWithWhatIsThere) {
  reloader_->PublishTransferred({Fresh("a.", 5)});
  LoadFirst();
  EXPECT_EQ(Serial("file."), 1);
  EXPECT_EQ(Serial("a."), 5);
  EXPECT_EQ(Serial("b."), 0);
  EXPECT_EQ(loaded_, reloader_->zones().current());
}

TEST_F(ReloaderTransferTest, StartsWithoutAnyVersion) {
  next_ = Wants({"a."}, {});
  LoadFirst();
  EXPECT_EQ(Serial("a."), 0);
}

// It would be SERVFAIL for file. too; there the primaries' zones are a reason to begin.
TEST_F(ReloaderTransferTest, StartsWithBrokenFiles) {
  std::ofstream(folder_ + "/zone") << "nothing good\n";
  LoadFirst();
  EXPECT_EQ(Serial("file."), 0);
}

TEST_F(ReloaderTransferTest, PublishesWhatAnyThreadGives) {
  LoadFirst();
  std::thread([&] { reloader_->PublishTransferred({Fresh("a.", 5), Fresh("B.", 6)}); }).join();
  EXPECT_TRUE(TurnUntil([&] { return Serial("a.") == 5; }));
  EXPECT_EQ(Serial("b."), 6);
  EXPECT_EQ(Serial("file."), 1);
  EXPECT_EQ(published_, 2) << "together";
}

TEST_F(ReloaderTransferTest, DropsVersionsOfOtherZones) {
  LoadFirst();
  reloader_->PublishTransferred({Fresh("file.", 9), Fresh("gone.", 9), Fresh("a.", 5)});
  EXPECT_TRUE(TurnUntil([&] { return Serial("a.") == 5; }));
  EXPECT_EQ(Serial("file."), 1);
  EXPECT_EQ(Serial("gone."), -1);
}

// Each publication takes O(zones), so a storm of versions must not mean one each.
TEST_F(ReloaderTransferTest, PublishesManyTogether) {
  LoadFirst();
  const absl::Time began = absl::Now();
  uint32_t serial = 5;
  while (absl::Now() < began + absl::Milliseconds(400)) {
    reloader_->PublishTransferred({Fresh("a.", ++serial)});
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  EXPECT_TRUE(TurnUntil([&] { return Serial("a.") == serial; }));
  const auto most = (absl::Now() - began) / ZonePublisher::kVersionsEvery + 3;
  EXPECT_LE(published_, most);
  EXPECT_GE(published_, 4);
}

TEST_F(ReloaderTransferTest, AReloadKeepsVersionsAndGivesTheSetup) {
  LoadFirst();
  reloader_->PublishTransferred({Fresh("a.", 5)});
  EXPECT_TRUE(TurnUntil([&] { return Serial("a.") == 5; }));
  EXPECT_THAT(Reload(), HasSubstr("0 zones read, 1 unchanged, 0 failed, 0 removed"));
  EXPECT_EQ(published_, 2) << "nothing has changed";
  ASSERT_TRUE(transfers_.has_value());
  EXPECT_EQ(transfers_->zones.size(), 2u);
  EXPECT_EQ(transfers_->zones[0].policy(), 1u);
  EXPECT_EQ(transfers_->policies.size(), 2u);
  EXPECT_EQ(transfers_->state_dir, folder_);

  std::ofstream(folder_ + "/zone") << "@ 60 IN SOA ns1 host 22" << kRest;
  EXPECT_THAT(Reload(), HasSubstr("1 zone read, 0 unchanged, 0 failed, 0 removed"));
  EXPECT_EQ(Serial("file."), 22);
  EXPECT_EQ(Serial("a."), 5);
}

TEST_F(ReloaderTransferTest, TheSummaryCountsThem) {
  LoadFirst();
  next_ = Wants({"a.", "b.", "c."}, {"file."});
  EXPECT_THAT(Reload(), HasSubstr("; 3 zones from primaries, 1 new"));
  EXPECT_EQ(Serial("c."), 0);
  EXPECT_EQ(published_before_transfers_, 2) << "the set has the zone before its versions come";
}

TEST_F(ReloaderTransferTest, NamedAloneItSaysWhatToDo) {
  LoadFirst();
  EXPECT_THAT(Reload({"a."}),
              HasSubstr("zone a.: comes from primaries, so no file is read; `hither zone refresh "
                        "a.` asks a primary"));
}

TEST_F(ReloaderTransferTest, FollowsZonesThatChangeTheirKind) {
  LoadFirst();
  reloader_->PublishTransferred({Fresh("a.", 5), Fresh("b.", 6)});
  EXPECT_TRUE(TurnUntil([&] { return Serial("a.") == 5; }));
  next_ = Wants({"file."}, {"a."});  // Without b.
  EXPECT_THAT(Reload(), HasSubstr("1 zone read, 0 unchanged, 0 failed, 1 removed"));
  EXPECT_EQ(Serial("a."), 1) << "its file's";
  EXPECT_EQ(Serial("b."), -1);
  EXPECT_EQ(Serial("file."), 1) << "its file's, until a primary sends one";
  EXPECT_EQ(reloader_->zones().current()->stale(), 1u);
  reloader_->PublishTransferred({Fresh("a.", 50), Fresh("file.", 2)});
  EXPECT_TRUE(TurnUntil([&] { return Serial("file.") == 2; }));
  EXPECT_EQ(Serial("a."), 1);
  EXPECT_EQ(reloader_->zones().current()->stale(), 0u);
}

TEST_F(ReloaderTransferTest, AnErrorOfTransfersIsOneOfTheReload) {
  LoadFirst();
  transfer_status_ = absl::UnavailableError("state_dir: cannot be written");
  const std::string answer = Reload();
  EXPECT_THAT(answer, HasSubstr("failed: state_dir: cannot be written"));
  EXPECT_EQ(reloader_->reloads_failed(), 1u);
}

TEST_F(ReloaderTransferTest, VersionsAfterTheEndAreDropped) {
  LoadFirst();
  reloader_->Stop();
  reloader_->PublishTransferred({Fresh("a.", 5)});
  EXPECT_EQ(Serial("a."), 0);
}

}  // namespace
}  // namespace hither
