#ifndef HITHER_SERVER_TRANSFER_KEEP_LOG_COMMITTER_H_
#define HITHER_SERVER_TRANSFER_KEEP_LOG_COMMITTER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "zones/change/zone_log.h"

namespace hither {

// Writes to the zone log on a thread of its own, so that changes share syncs: one at most every
// 50 ms. Timers and removals are not urgent, and wait up to a second for a change to share its
// sync.
//
// A failed sync and a full disk are tried again a few times, after compaction; see done.
//
// Threads: any may call; the owner's calls Stop().
class LogCommitter {
 public:
  struct Change {
    Name zone = {};
    // Appends. Called under the log's lock, again if a sync has failed: what is in the log already
    // must not be appended twice if that would do harm. Throws std::bad_alloc.
    std::function<absl::Status(ZoneLog& log)> append = {};
    // Called once, on the committer's thread. OK: it survives a power cut. Unavailable: it is not
    // in the log, or not known to be. Cancelled: after Stop().
    std::function<void(const absl::Status& status)> done = {};
  };

  // Nothing is written before Start(), which is called once.
  explicit LogCommitter(std::unique_ptr<ZoneLog> log) : log_(std::move(log)) {}
  ~LogCommitter() { Stop(); }
  LogCommitter(const LogCommitter&) = delete;
  LogCommitter& operator=(const LogCommitter&) = delete;

  absl::Status Start();

  // Calls use(ZoneLog&) while nobody else does; it must not append. Waits while the disk is
  // written, however long that hangs.
  template <typename Use>
  auto Read(const Use& use) {
    const std::lock_guard lock(log_mu_);
    return use(*log_);
  }
  // The same for who must not wait longer than `patience`. False: `use` was not called.
  template <typename Use>
  bool TryRead(std::chrono::milliseconds patience, const Use& use) {
    const std::unique_lock lock(log_mu_, patience);
    if (!lock.owns_lock()) return false;
    use(*log_);
    return true;
  }

  // At most one change of a zone is under way. Removals and timers that were given before are
  // written before it.
  void Commit(Change change);
  void SaveTimers(NameView zone, const ZoneTimers& timers);
  void Remove(NameView zone);
  // Its timers say that it is not configured since then.
  void Retire(NameView zone, absl::Time since);

  struct Counts {
    uint64_t disk_bytes = 0;
    uint64_t live_bytes = 0;
    uint64_t syncs = 0;
    uint64_t errors = 0;
    std::string last_error = {};  // "" once a later sync was good.
  };
  Counts counts();

  // Changes that wait are cancelled; timers and removals are still written.
  void Stop();

 private:
  // Of one zone, by its name's octets: only the newest.
  struct Note {
    Name zone = {};
    bool is_removed = false;
    std::optional<ZoneTimers> timers = std::nullopt;
    std::optional<absl::Time> retired_at = std::nullopt;  // After `timers`.
  };
  using Notes = absl::flat_hash_map<std::string, Note>;
  struct Group;
  using Clock = std::chrono::steady_clock;

  Note& NoteOf(NameView zone);
  void Run();
  std::optional<Clock::time_point> Due() const;
  void Write(Group& group);
  absl::Status TryOnce(Group& group);
  absl::Status Append(const std::function<absl::Status(ZoneLog&)>& append);
  absl::Status AppendNote(const Note& note);
  ZoneTimers StoredTimers(NameView zone) const;
  void FreeSpace();
  void CompactSome();
  void KeepForLater(Group& group);
  void OnSynced(const absl::Status& status);

  // The log's. Held while the disk is written.
  std::timed_mutex log_mu_;
  std::unique_ptr<ZoneLog> log_;

  std::mutex mu_;
  std::condition_variable work_;
  std::vector<Change> changes_;
  Notes notes_;
  Clock::time_point last_ = {};  // When the last group was written.
  bool has_more_to_compact_ = false;
  bool is_stopped_ = false;
  Counts counts_ = {};
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_LOG_COMMITTER_H_
