#include "server/transfer/keep/log_version_keeper.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "server/transfer/keep/gate_rules.h"
#include "zones/change/file_log_disk.h"

namespace hither {
namespace {

constexpr size_t kBuildersMax = 4;
constexpr uint32_t kVersionsMax = UINT16_MAX;
constexpr char kNoMemoryText[] =
    "not enough memory to build the version; give the server more or make the zone smaller";

size_t BuildersOf(const KeeperOptions& options) {
  if (options.build_threads_max != 0) return options.build_threads_max;
  return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, kBuildersMax);
}

uint16_t VersionsOf(uint32_t versions) {
  return static_cast<uint16_t>(std::clamp<uint32_t>(versions, 1, kVersionsMax));
}

RecordLimits LimitsOf(const TransferPolicy& policy) {
  RecordLimits limits;
  limits.records_max = policy.limits.records_max;
  return limits;
}

using Kind = VersionOutcome::Kind;

Kind KindOf(const absl::Status& status) {
  if (status.ok()) return Kind::kCommitted;
  if (absl::IsCancelled(status)) return Kind::kStopped;
  return absl::IsResourceExhausted(status) ? Kind::kNoMemory : Kind::kNoDisk;
}

}  // namespace

struct LogVersionKeeper::Making {
  VersionOrder order = {};
  std::function<void(VersionOutcome)> done = {};
  std::optional<uint32_t> roll_back_to = std::nullopt;
  RecordList before = RecordList();  // Empty: none is held.
  RecordList after = RecordList();
  std::optional<uint32_t> held = std::nullopt;  // The serial of `before`.
  std::optional<ZoneDiff> diff = std::nullopt;  // If it is to be stored rather than `after`.
  bool is_held = false;                         // `after` is what the log has.
  VersionOutcome outcome = {};
};

absl::StatusOr<std::unique_ptr<LogVersionKeeper>> LogVersionKeeper::Open(
    std::unique_ptr<LogDisk> disk, const KeeperOptions& options) {
  ZoneLogOptions log_options;
  log_options.segment_bytes = options.segment_bytes;
  log_options.keep_versions = VersionsOf(options.keep_versions_max);
  absl::StatusOr<std::unique_ptr<ZoneLog>> log = ZoneLog::Open(*disk, log_options);
  if (!log.ok()) return log.status();
  std::unique_ptr<LogVersionKeeper> keeper(
      new LogVersionKeeper(std::move(disk), *std::move(log), options));
  const absl::Status started = keeper->committer_.Start();
  if (!started.ok()) return started;
  return keeper;
}

absl::StatusOr<std::unique_ptr<LogVersionKeeper>> LogVersionKeeper::OpenFolder(
    const std::string& folder, const KeeperOptions& options) {
  absl::StatusOr<std::unique_ptr<FileLogDisk>> disk = FileLogDisk::Open(folder);
  if (!disk.ok()) return disk.status();
  return Open(*std::move(disk), options);
}

LogVersionKeeper::LogVersionKeeper(std::unique_ptr<LogDisk> disk, std::unique_ptr<ZoneLog> log,
                                   const KeeperOptions& options)
    : disk_(std::move(disk)),
      limits_(options.zone_limits),
      patience_(options.patience),
      committer_(std::move(log)),
      gates_(std::max<size_t>(options.gate_threads_max, 1)),
      builders_(BuildersOf(options)) {
  limits_.stop = &stop_;
}

void LogVersionKeeper::Stop() {
  stop_.Raise();
  builders_.Stop();
  gates_.Stop();
  committer_.Stop();
}

void LogVersionKeeper::Finish(const MakingPtr& making, Kind kind, std::string reason) {
  const auto done = std::exchange(making->done, nullptr);
  if (done == nullptr) return;
  VersionOutcome& outcome = making->outcome;
  outcome.kind = IsRaised(&stop_) ? Kind::kStopped : kind;
  outcome.reason = std::move(reason);
  if (outcome.kind != Kind::kCommitted) outcome.zone = nullptr;
  if (outcome.kind == Kind::kCommitted) ++versions_made_;
  if (outcome.kind == Kind::kRefused) ++versions_refused_;
  --under_way_;
  done(std::move(outcome));
}

void LogVersionKeeper::RunStep(const MakingPtr& making, Step step) {
  if (IsRaised(&stop_)) return Finish(making, Kind::kStopped);
  try {
    return (this->*step)(making);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  making->before = RecordList();
  making->after = RecordList();
  Finish(making, Kind::kNoMemory, kNoMemoryText);
}

void LogVersionKeeper::Give(JobThreads& threads, const MakingPtr& making, Step step) {
  if (threads.Post([this, making, step] { RunStep(making, step); })) return;
  Finish(making, IsRaised(&stop_) ? Kind::kStopped : Kind::kNoMemory,
         "the system gives no thread to build the version");
}

void LogVersionKeeper::Make(VersionOrder order, std::function<void(VersionOutcome)> done) {
  auto making = std::make_shared<Making>();
  making->order = std::move(order);
  making->done = std::move(done);
  ++under_way_;
  Give(builders_, making, &LogVersionKeeper::Build);
}

// The held version's records. False: the order has ended.
bool LogVersionKeeper::ReadHeld(const MakingPtr& making) {
  const Name& zone = making->order.zone;
  const uint16_t versions = VersionsOf(making->order.policy->keep_versions);
  auto read = committer_.Read([&](ZoneLog& log) -> absl::StatusOr<RecordList> {
    log.KeepVersions(zone, versions);
    const absl::StatusOr<uint32_t> current = log.CurrentOf(zone);
    if (!current.ok()) return current.status();
    making->held = *current;
    return log.Load(zone, *current);
  });
  if (read.ok()) {
    making->before = *std::move(read);
    return true;
  }
  making->held.reset();
  if (making->order.is_whole) return true;  // It replaces whatever there is.
  Finish(making, absl::IsUnavailable(read.status()) ? Kind::kNoDisk : Kind::kUnfit,
         std::string(read.status().message()));
  return false;
}

// The new version's records. False: the order has ended.
bool LogVersionKeeper::MakeRecords(const MakingPtr& making) {
  VersionOrder& order = making->order;
  const RecordLimits limits = LimitsOf(*order.policy);
  absl::StatusOr<RecordList> after = RecordList();
  if (order.is_whole) {
    after = ListOf(order.zone, order.whole, limits);
  } else if (order.diffs.empty() || order.diffs.front().serial_from != making->held) {
    after = absl::FailedPreconditionError("the differences are not from the version that is held");
  } else {
    after = ApplyAll(making->before, order.diffs, limits, &making->outcome.repeated);
  }
  order.whole = {};
  order.diffs = {};
  if (after.ok() && after->size() > limits.records_max) {
    after = absl::ResourceExhaustedError(
        absl::StrCat("over ", limits.records_max, " records; raise records_max"));
  }
  if (after.ok() && !after->Serial().ok()) after = after->Serial().status();
  if (after.ok()) {
    making->after = *std::move(after);
    making->outcome.soa = SoaOf(making->after);
    return true;
  }
  const bool is_refused = order.is_whole || absl::IsResourceExhausted(after.status());
  Finish(making, is_refused ? Kind::kRefused : Kind::kUnfit, std::string(after.status().message()));
  return false;
}

// The difference, if it is less than half of the version.
void LogVersionKeeper::ChooseDiff(const MakingPtr& making) {
  if (!making->held.has_value()) return;
  absl::StatusOr<ZoneDiff> diff = Diff(making->before, making->after);
  if (!diff.ok()) return;
  const size_t bytes = diff->removed.octets().size() + diff->added.octets().size();
  if (bytes < making->after.octets().size() / 2) making->diff = *std::move(diff);
}

void LogVersionKeeper::Build(const MakingPtr& making) {
  if (!ReadHeld(making) || !MakeRecords(making)) return;
  const VersionOrder& order = making->order;
  const uint32_t serial = making->outcome.soa.serial;
  making->is_held =
      making->held == serial && std::ranges::equal(making->before.octets(), making->after.octets());
  if (making->is_held) {
    committer_.Read([&order](ZoneLog& log) { log.Confirm(order.zone); });
    // A version that could not be synced may be held although it is not published.
    if (order.published != nullptr && order.published->serial() == serial) {
      return Finish(making, Kind::kSame);
    }
  } else {
    ChooseDiff(making);
  }
  making->before = RecordList();
  BuiltVersion built = BuildVersion(making->after, limits_);
  if (built.zone == nullptr) return Finish(making, Kind::kRefused, std::move(built.error));
  making->outcome.zone = std::move(built.zone);
  Give(gates_, making, &LogVersionKeeper::RunGatesOf);
}

void LogVersionKeeper::RunGatesOf(const MakingPtr& making) {
  const VersionOrder& order = making->order;
  const Zone& zone = *making->outcome.zone;
  const GateSettings rules = GateRulesOf(order.policy->gates);
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(rules.deadline);
  GateWatch watch(&stop_, [end] { return std::chrono::steady_clock::now() >= end; });
  const GateInput input = {.old_zone = order.published.get(),
                           .new_zone = zone,
                           .now = static_cast<uint32_t>(absl::ToUnixSeconds(absl::Now()))};
  GateResult& result = making->outcome.gates;
  result = CheckKeptRrsets(zone, order.policy->gates);
  if (result.outcome == GateResult::Outcome::kPassed) {
    result = RunGates(input, rules, watch, &command_);
  }
  if (IsRaised(&stop_)) return Finish(making, Kind::kStopped);
  if (MayPublish(result, rules)) return Commit(making);
  if (order.accepted_serial == zone.serial()) {
    result.warnings.insert(result.warnings.begin(),
                           absl::StrCat("accepted although gate ", GateName(result.gate),
                                        " refuses it: ", result.text));
    return Commit(making);
  }
  GateWatch text_watch(&stop_, nullptr);
  making->outcome.diff_text = DiffTextOf(order.published.get(), zone, text_watch);
  Finish(making, Kind::kRefused, result.text);
}

void LogVersionKeeper::CommitChange(const MakingPtr& making,
                                    std::function<absl::Status(ZoneLog&)> append) {
  LogCommitter::Change change;
  change.zone = making->order.zone;
  change.append = std::move(append);
  change.done = [this, making](const absl::Status& status) {
    making->after = RecordList();
    Finish(making, KindOf(status), std::string(status.message()));
  };
  committer_.Commit(std::move(change));
}

void LogVersionKeeper::Commit(const MakingPtr& making) {
  CommitChange(making, [making](ZoneLog& log) {
    const Name& zone = making->order.zone;
    const uint32_t serial = making->outcome.soa.serial;
    const absl::StatusOr<uint32_t> current = log.CurrentOf(zone);
    // After a failed sync the version itself may be in the log. With the same serial as the one
    // before, only the whole version can be appended twice.
    const bool is_same_serial = making->held == serial;
    const bool is_there = current.ok() && *current == serial &&
                          (making->is_held || (making->held.has_value() && !is_same_serial));
    absl::Status status;
    if (!is_there && making->diff.has_value() && !is_same_serial) {
      status = log.AppendDiff(*making->diff, &making->after);
      if (absl::IsFailedPrecondition(status)) status = log.AppendWhole(making->after);
    } else if (!is_there) {
      status = log.AppendWhole(making->after);
    }
    if (!status.ok()) return status;
    log.KeepVersions(zone, VersionsOf(making->order.policy->keep_versions));
    return log.AppendTimers(zone, making->order.timers);
  });
}

void LogVersionKeeper::RollBack(const Name& zone, std::optional<uint32_t> serial,
                                std::function<void(VersionOutcome)> done) {
  auto making = std::make_shared<Making>();
  making->order.zone = zone;
  making->roll_back_to = serial;
  making->done = std::move(done);
  ++under_way_;
  Give(builders_, making, &LogVersionKeeper::BuildRollBack);
}

void LogVersionKeeper::BuildRollBack(const MakingPtr& making) {
  const Name& zone = making->order.zone;
  absl::StatusOr<RecordList> records =
      committer_.Read([&](ZoneLog& log) -> absl::StatusOr<RecordList> {
        const std::vector<uint32_t> versions = log.VersionsOf(zone);
        if (!making->roll_back_to.has_value()) {
          const absl::StatusOr<uint32_t> current = log.CurrentOf(zone);
          if (!current.ok()) return current.status();
          const auto at = std::find(versions.begin(), versions.end(), *current);
          if (at == versions.begin() || at == versions.end()) {
            return absl::NotFoundError(
                absl::StrCat("zone ", zone.ToText(), ": no version before serial ", *current,
                             " is kept; raise keep_versions to keep more of later ones"));
          }
          making->roll_back_to = *std::prev(at);
        }
        // Older ones may still be in the log, because kept ones are made from them.
        if (std::find(versions.begin(), versions.end(), *making->roll_back_to) == versions.end()) {
          return absl::NotFoundError(absl::StrCat("zone ", zone.ToText(), ": serial ",
                                                  *making->roll_back_to, " is not kept"));
        }
        return log.Load(zone, *making->roll_back_to);
      });
  if (!records.ok()) {
    return Finish(making, absl::IsUnavailable(records.status()) ? Kind::kNoDisk : Kind::kRefused,
                  std::string(records.status().message()));
  }
  making->outcome.soa = SoaOf(*records);
  BuiltVersion built = BuildVersion(*records, limits_);
  if (built.zone == nullptr) return Finish(making, Kind::kRefused, std::move(built.error));
  making->outcome.zone = std::move(built.zone);
  CommitChange(making, [making](ZoneLog& log) {
    return log.AppendRollback(making->order.zone, *making->roll_back_to);
  });
}

namespace {

// The current version; if its entries are damaged, the newest before it that can be read. Each turn
// loses one version at least.
absl::StatusOr<RecordList> LoadReadable(ZoneLog& log, const Name& zone, uint32_t current) {
  absl::StatusOr<RecordList> loaded = log.Load(zone, current);
  while (absl::IsDataLoss(loaded.status())) {
    const absl::StatusOr<uint32_t> before = log.CurrentOf(zone);
    if (!before.ok()) return loaded;
    Log(LogLevel::kError, loaded.status().message(), "; until then it is served as of serial ",
        *before, " if that can be read");
    loaded = log.Load(zone, *before);
  }
  return loaded;
}

}  // namespace

HeldVersion LogVersionKeeper::ReadVersion(const Name& zone, const TransferPolicy& policy) {
  HeldVersion held;
  const absl::StatusOr<RecordList> records =
      committer_.Read([&](ZoneLog& log) -> absl::StatusOr<RecordList> {
        log.KeepVersions(zone, VersionsOf(policy.keep_versions));
        const absl::StatusOr<ZoneTimers> timers = log.TimersOf(zone);
        if (timers.ok()) held.timers = *timers;
        const bool is_back = timers.ok() && timers->unconfigured_since.has_value();
        if (is_back) held.timers->unconfigured_since.reset();
        if (is_back) committer_.SaveTimers(zone, *held.timers);
        const absl::StatusOr<uint32_t> current = log.CurrentOf(zone);
        held.versions = log.VersionsOf(zone);
        held.may_be_old = log.MayBeOld(zone);
        if (!current.ok()) return current.status();
        held.is_rolled_back = !held.versions.empty() && held.versions.back() != *current;
        absl::StatusOr<RecordList> loaded = LoadReadable(log, zone, *current);
        held.versions = log.VersionsOf(zone);  // Those that are damaged are gone.
        held.may_be_old = log.MayBeOld(zone);
        return loaded;
      });
  if (absl::IsNotFound(records.status())) return held;
  if (!records.ok()) {
    held.error = std::string(records.status().message());
    return held;
  }
  held.soa = SoaOf(*records);
  BuiltVersion built = BuildVersion(*records, limits_);
  held.zone = std::move(built.zone);
  held.error = std::move(built.error);
  return held;
}

void LogVersionKeeper::Load(const Name& zone, std::shared_ptr<const TransferPolicy> policy,
                            std::function<void(HeldVersion)> done) {
  const auto job = [this, zone, policy, done] {
    HeldVersion held;
    held.error = kStoppedText;
    try {
      if (!IsRaised(&stop_)) held = ReadVersion(zone, *policy);
    } catch (const std::bad_alloc&) {
      held.error = kNoMemoryText;
    } catch (const std::length_error&) {
      held.error = kNoMemoryText;
    }
    done(std::move(held));
  };
  if (!builders_.Post(job)) job();
}

void LogVersionKeeper::SaveTimers(const Name& zone, const ZoneTimers& timers) {
  committer_.SaveTimers(zone, timers);
}

void LogVersionKeeper::Retire(const Name& zone, absl::Time now) { committer_.Retire(zone, now); }

// The timers of those that are not configured are read from the disk, so not by the caller.
void LogVersionKeeper::KeepOnly(const std::function<bool(NameView zone)>& is_configured,
                                absl::Time now) {
  std::vector<Name> zones;
  const bool is_read = committer_.TryRead(patience_, [&](ZoneLog& log) {
    log.ForEachZone([&](NameView zone) {
      if (!is_configured(zone)) zones.emplace_back(zone);
    });
  });
  if (!is_read) {
    Log(LogLevel::kWarning, "the disk of the zone log does not answer; the next reload looks for ",
        "versions of zones that are not configured any more");
  }
  if (zones.empty()) return;
  builders_.Post([this, zones = std::move(zones), now] { RetireSome(zones, now); });
}

void LogVersionKeeper::RetireSome(const std::vector<Name>& zones, absl::Time now) {
  size_t retired = 0;
  std::vector<const Name*> removed;
  for (const Name& zone : zones) {
    if (IsRaised(&stop_)) return;
    bool has_version = false;
    const auto timers = committer_.Read([&zone, &has_version](ZoneLog& log) {
      has_version = log.CurrentOf(zone).ok();
      return log.TimersOf(zone);
    });
    if (absl::IsUnavailable(timers.status())) continue;  // At the next change.
    const std::optional<absl::Time> since = timers.ok() ? timers->unconfigured_since : std::nullopt;
    if (!has_version) {  // Nothing that anybody could want back.
      committer_.Remove(zone);
    } else if (!since.has_value() || *since > now) {  // In the future: the clock has jumped.
      committer_.Retire(zone, now);
      ++retired;
    } else if (now - *since >= kUnconfiguredKept) {
      committer_.Remove(zone);
      removed.push_back(&zone);
    }
  }
  const std::string kept = absl::FormatDuration(kUnconfiguredKept);
  if (retired > 0) {
    Log(LogLevel::kInfo, "zones on disk that are not configured: ", retired, " more, such as ",
        zones.front().ToText(), "; their versions are removed after ", kept);
  }
  if (!removed.empty()) {
    Log(LogLevel::kInfo, "versions on disk of zones that have not been configured for ", kept,
        ": removed, of ", removed.size(), " zones, such as ", removed.front()->ToText());
  }
}

std::optional<std::vector<uint32_t>> LogVersionKeeper::Versions(const Name& zone) {
  std::optional<std::vector<uint32_t>> versions;
  committer_.TryRead(patience_, [&](ZoneLog& log) { versions = log.VersionsOf(zone); });
  return versions;
}

VersionKeeper::Counts LogVersionKeeper::counts() {
  const LogCommitter::Counts log = committer_.counts();
  Counts counts;
  counts.disk_bytes = log.disk_bytes;
  counts.live_bytes = log.live_bytes;
  counts.syncs = log.syncs;
  counts.disk_errors = log.errors;
  counts.last_disk_error = log.last_error;
  counts.versions_made = versions_made_.load();
  counts.versions_refused = versions_refused_.load();
  counts.under_way = under_way_.load();
  return counts;
}

}  // namespace hither
