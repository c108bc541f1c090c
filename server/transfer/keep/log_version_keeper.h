#ifndef HITHER_SERVER_TRANSFER_KEEP_LOG_VERSION_KEEPER_H_
#define HITHER_SERVER_TRANSFER_KEEP_LOG_VERSION_KEEPER_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/stop_flag.h"
#include "server/gate/gate_command.h"
#include "server/transfer/keep/job_threads.h"
#include "server/transfer/keep/log_committer.h"
#include "server/transfer/keep/version_keeper.h"
#include "server/transfer/keep/version_parts.h"
#include "zones/change/log_disk.h"

namespace hither {

struct KeeperOptions {
  ZoneLimits zone_limits = {};     // `stop` is the keeper's own.
  uint32_t keep_versions_max = 3;  // The most that any zone keeps: opening the log forgets others.
  size_t build_threads_max = 0;    // 0: half of the cores, 1 to 4.
  size_t gate_threads_max = 8;     // So many gates wait at one time; then zones queue.
  uint64_t segment_bytes = 64u << 20;
  // So long a disk may hang before those who ask about the log go on without it.
  std::chrono::milliseconds patience{1'000};
};

// The VersionKeeper over a zone log.
//
// After Stop(), `done` is called on the caller's thread. A zone whose gates have run starts its
// commit at once, whatever the others do; a zone that waits for a gate thread has no deadline yet.
class LogVersionKeeper : public VersionKeeper {
 public:
  // Reads the log. An error if it cannot be read, or is of another format.
  static absl::StatusOr<std::unique_ptr<LogVersionKeeper>> Open(std::unique_ptr<LogDisk> disk,
                                                                const KeeperOptions& options);
  // The same for a log in files of `folder` (FileLogDisk), which only one process may open.
  static absl::StatusOr<std::unique_ptr<LogVersionKeeper>> OpenFolder(const std::string& folder,
                                                                      const KeeperOptions& options);
  ~LogVersionKeeper() override { Stop(); }

  void Make(VersionOrder order, std::function<void(VersionOutcome)> done) override;
  void Load(const Name& zone, std::shared_ptr<const TransferPolicy> policy,
            std::function<void(HeldVersion)> done) override;
  void RollBack(const Name& zone, std::optional<uint32_t> serial,
                std::function<void(VersionOutcome)> done) override;
  void SaveTimers(const Name& zone, const ZoneTimers& timers) override;
  void Retire(const Name& zone, absl::Time now) override;
  void KeepOnly(const std::function<bool(NameView zone)>& is_configured, absl::Time now) override;
  std::optional<std::vector<uint32_t>> Versions(const Name& zone) override;
  Counts counts() override;
  void Stop() override;

 private:
  struct Making;  // One order.
  using MakingPtr = std::shared_ptr<Making>;
  using Step = void (LogVersionKeeper::*)(const MakingPtr&);

  LogVersionKeeper(std::unique_ptr<LogDisk> disk, std::unique_ptr<ZoneLog> log,
                   const KeeperOptions& options);

  // Runs the step on one of `threads`; ends the order if that is not possible.
  void Give(JobThreads& threads, const MakingPtr& making, Step step);
  void RunStep(const MakingPtr& making, Step step);
  void Build(const MakingPtr& making);
  bool ReadHeld(const MakingPtr& making);
  bool MakeRecords(const MakingPtr& making);
  void ChooseDiff(const MakingPtr& making);
  void RunGatesOf(const MakingPtr& making);
  void Commit(const MakingPtr& making);
  void BuildRollBack(const MakingPtr& making);
  void CommitChange(const MakingPtr& making, std::function<absl::Status(ZoneLog&)> append);
  void Finish(const MakingPtr& making, VersionOutcome::Kind kind, std::string reason = {});
  void RetireSome(const std::vector<Name>& zones, absl::Time now);
  HeldVersion ReadVersion(const Name& zone, const TransferPolicy& policy);

  const std::unique_ptr<LogDisk> disk_;
  StopFlag stop_;
  ZoneLimits limits_;
  const std::chrono::milliseconds patience_;
  GateCommand command_;
  std::atomic<uint64_t> versions_made_ = 0;
  std::atomic<uint64_t> versions_refused_ = 0;
  std::atomic<uint64_t> under_way_ = 0;
  LogCommitter committer_;
  JobThreads gates_;
  JobThreads builders_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_LOG_VERSION_KEEPER_H_
