// Random operations on a zone log and on a map, with a crash at every call that changes the disk.
// What was synced must be there, exactly; of what was not, the first operations in order, or none.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"
#include "tests/zones/change/memory_log_disk.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

#ifdef HITHER_IS_SANITIZED
constexpr uint32_t kSeeds = 4;
#else
constexpr uint32_t kSeeds = 60;
#endif
constexpr uint32_t kSteps = 40;
constexpr size_t kKeep = 2;
const char* const kZones[] = {"a.example.", "b.example.", "c."};

ZoneLogOptions SmallLog() {
  ZoneLogOptions options;
  options.segment_bytes = 2048;
  options.keep_versions = kKeep;
  options.diffs_max = 4;
  return options;
}

struct ModelVersion {
  uint32_t serial;
  std::shared_ptr<const RecordList> records;
};
struct ModelZone {
  std::vector<ModelVersion> versions = {};  // All there ever were.
  size_t current = 0;
  std::optional<uint32_t> refresh = {};  // Stands for the timers.

  std::vector<ModelVersion> Kept() const {
    std::vector<ModelVersion> kept;
    for (size_t i = 0; i < versions.size(); ++i) {
      if (i + kKeep >= versions.size() || i == current) kept.push_back(versions[i]);
    }
    return kept;
  }
};
using Model = std::map<std::string, ModelZone>;

std::string TextOf(const std::string& name, const std::string& current,
                   const std::vector<std::string>& versions, const std::string& timers) {
  return absl::StrCat(name, " at ", current, " [", absl::StrJoin(versions, " | "), "] ", timers,
                      "\n");
}

std::string TextOf(uint32_t serial, const RecordList& records) {
  return absl::StrCat(serial, ": ", absl::StrJoin(TextsOf(records), ", "));
}

std::string TextOf(const Model& model) {
  std::string text;
  for (const auto& [name, zone] : model) {
    std::vector<std::string> versions;
    for (const ModelVersion& kept : zone.Kept()) {
      versions.push_back(TextOf(kept.serial, *kept.records));
    }
    const bool has_version = !zone.versions.empty();
    text += TextOf(name, has_version ? absl::StrCat(zone.versions[zone.current].serial) : "none",
                   versions, zone.refresh.has_value() ? absl::StrCat(*zone.refresh) : "none");
  }
  return text;
}

std::string TextOf(ZoneLog& log) {
  std::string text;
  std::vector<Name> names;
  log.ForEachZone([&names](NameView zone) { names.emplace_back(zone); });
  std::sort(names.begin(), names.end(),
            [](const Name& a, const Name& b) { return a.ToText() < b.ToText(); });
  for (const Name& name : names) {
    std::vector<std::string> versions;
    for (const uint32_t serial : log.VersionsOf(name)) {
      const absl::StatusOr<RecordList> records = log.Load(name, serial);
      versions.push_back(records.ok() ? TextOf(serial, *records) : records.status().ToString());
    }
    const absl::StatusOr<uint32_t> current = log.CurrentOf(name);
    const absl::StatusOr<ZoneTimers> timers = log.TimersOf(name);
    text += TextOf(name.ToText(), current.ok() ? absl::StrCat(*current) : "none", versions,
                   timers.ok() ? absl::StrCat(timers->refresh_seconds) : "none");
  }
  return text;
}

// One run: the same operations for the same seed.
class Trial {
 public:
  explicit Trial(uint32_t seed) : random_(seed), disk_(seed) {
    uint32_t number = 0;
    for (const char* zone : kZones) sources_.emplace(zone, RandomZone(zone, seed + ++number));
    Open();
  }

  MemoryLogDisk& disk() { return disk_; }

  // Stops at a crash.
  void Steps(uint32_t count) {
    for (uint32_t i = 0; i < count && !disk_.has_crashed(); ++i) {
      Step();
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  // What a restart finds must be one of the states that it may find.
  void RestartAndCheck() {
    log_.reset();
    disk_.Restart();
    Open();
    const std::string found = TextOf(*log_);
    std::vector<Model> allowed = {synced_};
    allowed.insert(allowed.end(), pending_.begin(), pending_.end());
    allowed.insert(allowed.end(), ghosts_.begin(), ghosts_.end());
    const auto is_found = [&found](const Model& model) { return TextOf(model) == found; };
    const auto match = std::find_if(allowed.begin(), allowed.end(), is_found);
    ASSERT_TRUE(match != allowed.end()) << "found:\n"
                                        << found << "synced:\n"
                                        << TextOf(synced_) << "latest:\n"
                                        << TextOf(allowed.back());
    ASSERT_EQ(log_->report().damaged_gaps, 0u);
    ASSERT_EQ(log_->may_be_old_count(), 0u);
    now_ = synced_ = *match;
    pending_.clear();
    ghosts_.clear();
  }

  // If it fails, the log says which of the pending changes it has: the first ones, in order.
  void Sync() {
    const absl::Status status = log_->Sync();
    if (status.ok()) {
      synced_ = now_;
    } else {
      ghosts_.insert(ghosts_.end(), pending_.begin(), pending_.end());
    }
    if (!status.ok() && !disk_.has_crashed()) {
      pending_.insert(pending_.begin(), synced_);
      const std::string found = TextOf(*log_);
      const auto is_found = [&found](const Model& model) { return TextOf(model) == found; };
      const auto match = std::find_if(pending_.begin(), pending_.end(), is_found);
      ASSERT_TRUE(match != pending_.end()) << found;
      synced_ = *match;
    }
    now_ = synced_;
    pending_.clear();
    if (disk_.has_crashed()) return;
    ASSERT_EQ(TextOf(*log_), TextOf(now_));
  }

  void Heal() {
    disk_.FailAppends(0);
    disk_.FailSyncs(0);
    disk_.SetRoom(std::nullopt);
  }

 private:
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  void Open() {
    auto opened = ZoneLog::Open(disk_, SmallLog());
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }

  // The log was asked for a change from now_ to `next`.
  void Settle(const absl::Status& status, Model next) {
    if (!status.ok()) {  // Its octets may be there even so, until another segment is begun.
      ghosts_.push_back(std::move(next));
      return;
    }
    ghosts_.clear();
    now_ = std::move(next);
    pending_.push_back(now_);
  }

  void AppendVersion(const std::string& name, bool whole) {
    Model next = now_;
    ModelZone& zone = next[name];
    const auto records = std::make_shared<const RecordList>(sources_.at(name).Next());
    absl::Status status;
    if (zone.versions.empty() || whole) {
      status = log_->AppendWhole(*records);
    } else {
      const std::vector<ModelVersion> kept = zone.Kept();
      const ModelVersion& from = kept[Below(static_cast<uint32_t>(kept.size()))];
      status =
          log_->AppendDiff(*Diff(*from.records, *records), Below(2) == 0 ? records.get() : nullptr);
    }
    zone.current = zone.versions.size();
    zone.versions.push_back({*records->Serial(), records});
    Settle(status, std::move(next));
  }

  void AppendTimers(const std::string& name) {
    Model next = now_;
    ZoneTimers timers;
    timers.refresh_seconds = Below(1000);
    next[name].refresh = timers.refresh_seconds;
    Settle(log_->AppendTimers(*Name::FromText(name), timers), std::move(next));
  }

  void Remove(const std::string& name) {
    if (!now_.contains(name)) return;  // Nothing would be appended.
    Model next = now_;
    next.erase(name);
    Settle(log_->AppendRemoved(*Name::FromText(name)), std::move(next));
  }

  void RollBack(const std::string& name) {
    Model next = now_;
    ModelZone& zone = next[name];
    if (zone.versions.empty()) return;
    const std::vector<ModelVersion> kept = zone.Kept();
    const uint32_t serial = kept[Below(static_cast<uint32_t>(kept.size()))].serial;
    for (size_t i = 0; i < zone.versions.size(); ++i) {
      if (zone.versions[i].serial == serial) zone.current = i;
    }
    Settle(log_->AppendRollback(*Name::FromText(name), serial), std::move(next));
  }

  void Break() {
    switch (Below(4)) {
      case 0:
        return disk_.FailAppends(1);
      case 1:
        return disk_.FailSyncs(1);
      case 2:
        return disk_.SetRoom(disk_.bytes() + Below(600));
      default:
        return Heal();
    }
  }

  void Step() {
    const std::string name = kZones[Below(3)];
    const uint32_t kind = Below(20);
    if (kind < 7) return AppendVersion(name, kind == 0);
    if (kind < 9) return AppendTimers(name);
    if (kind == 9) return Remove(name);
    if (kind == 10) return RollBack(name);
    if (kind < 15) return Sync();
    if (kind < 18) return log_->Compact(Below(3000)).status().IgnoreError();
    if (kind == 18) return Break();
    if (Below(3) == 0) RestartAndCheck();
  }

  std::mt19937 random_;
  MemoryLogDisk disk_;
  std::map<std::string, RandomZone> sources_;
  std::unique_ptr<ZoneLog> log_;
  Model now_;
  Model synced_;
  std::vector<Model> pending_;  // After each change since the last sync.
  std::vector<Model> ghosts_;   // After changes that failed.
};

TEST(ZoneLogModel, SurvivesACrashAtEveryCall) {
  int crashes = 0;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    for (int calls = 0;; ++calls) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", calls ", calls));
      Trial run(seed);
      run.disk().CrashAfter(calls);
      run.Steps(kSteps);
      if (!run.disk().has_crashed()) break;
      ++crashes;
      run.RestartAndCheck();
      if (testing::Test::HasFatalFailure()) return;
      run.Heal();
      run.Steps(kSteps / 4);  // It goes on from there.
      run.Heal();
      run.Sync();
      run.Sync();
      run.RestartAndCheck();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(crashes, 20 * static_cast<int>(kSeeds));
}

TEST(ZoneLogModel, LongRunsWithFaultsStayExact) {
  for (uint32_t seed = 1000; seed < 1000 + kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    Trial run(seed);
    run.Steps(kSteps * 20);
    run.Heal();
    run.Sync();
    run.Sync();
    run.RestartAndCheck();
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace hither
