#include "server/transfer/keep/log_committer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/log.h"
#include "base/thread.h"

namespace hither {
namespace {

constexpr std::chrono::milliseconds kSyncInterval{50};
constexpr std::chrono::milliseconds kNoteInterval{1'000};
constexpr std::chrono::milliseconds kRetryPause{100};
constexpr int kAttemptsMax = 4;
constexpr uint64_t kCompactBytes = 4u << 20;  // In one step, under the lock.
constexpr int kFreeStepsMax = 64;

std::string KeyOf(NameView zone) {
  const ByteView wire = zone.wire();
  return std::string(wire.begin(), wire.end());
}

}  // namespace

// What shares a sync.
struct LogCommitter::Group {
  std::vector<Change> changes = {};
  std::vector<absl::Status> statuses = {};  // Of each change; Unknown: to be appended.
  Notes notes = {};
  bool has_written = false;
  std::vector<std::string> notes_left = {};  // Those that could not be appended.
};

absl::Status LogCommitter::Start() {
  absl::StatusOr<std::thread> thread = StartThread("write the zone log", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

void LogCommitter::Commit(Change change) {
  {
    const std::lock_guard lock(mu_);
    if (!is_stopped_) {
      changes_.push_back(std::move(change));
      work_.notify_one();
      return;
    }
  }
  change.done(absl::CancelledError("the server stops"));
}

LogCommitter::Note& LogCommitter::NoteOf(NameView zone) {
  Note& note = notes_[KeyOf(zone)];
  note.zone = Name(zone);
  return note;
}

void LogCommitter::SaveTimers(NameView zone, const ZoneTimers& timers) {
  const std::lock_guard lock(mu_);
  Note& note = NoteOf(zone);
  note.timers = timers;
  note.retired_at.reset();
  work_.notify_one();
}

void LogCommitter::Remove(NameView zone) {
  const std::lock_guard lock(mu_);
  Note& note = NoteOf(zone);
  note.is_removed = true;
  note.timers.reset();
  note.retired_at.reset();
  work_.notify_one();
}

void LogCommitter::Retire(NameView zone, absl::Time since) {
  const std::lock_guard lock(mu_);
  NoteOf(zone).retired_at = since;
  work_.notify_one();
}

LogCommitter::Counts LogCommitter::counts() {
  const std::lock_guard lock(mu_);
  return counts_;
}

void LogCommitter::Stop() {
  {
    const std::lock_guard lock(mu_);
    is_stopped_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// When the next group is to be written; nothing: there is none.
std::optional<LogCommitter::Clock::time_point> LogCommitter::Due() const {
  if (!changes_.empty() || has_more_to_compact_) return last_ + kSyncInterval;
  if (!notes_.empty()) return last_ + kNoteInterval;
  return std::nullopt;
}

void LogCommitter::Run() {
  std::unique_lock lock(mu_);
  bool is_last = false;
  while (!is_last) {
    while (!is_stopped_) {
      const std::optional<Clock::time_point> due = Due();
      if (!due.has_value()) {
        work_.wait(lock);
      } else if (Clock::now() < *due) {
        work_.wait_until(lock, *due);
      } else {
        break;
      }
    }
    is_last = is_stopped_;
    Group group;
    group.changes.swap(changes_);
    group.notes.swap(notes_);
    const absl::Status first =
        is_last ? absl::CancelledError("the server stops") : absl::UnknownError("not written yet");
    lock.unlock();
    group.statuses.assign(group.changes.size(), first);
    Write(group);
    for (size_t i = 0; i < group.changes.size(); ++i) group.changes[i].done(group.statuses[i]);
    if (!is_last) CompactSome();
    lock.lock();
    KeepForLater(group);
    last_ = Clock::now();
  }
}

// Tries until everything is on the disk, or for a short while. What failed then is Unavailable.
void LogCommitter::Write(Group& group) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (attempt > 0) {
      std::unique_lock lock(mu_);
      if (work_.wait_for(lock, kRetryPause, [this] { return is_stopped_; })) break;
    }
    absl::Status status;
    try {
      status = TryOnce(group);
    } catch (const std::bad_alloc&) {
      status = absl::ResourceExhaustedError("not enough memory to write the zone log");
    }
    // A sync of nothing says nothing about the disk.
    if (!status.ok() || group.has_written) OnSynced(status);
    if (status.ok()) return;
  }
  for (absl::Status& status : group.statuses) {
    if (absl::IsUnknown(status)) {
      status = absl::UnavailableError("the zone log cannot be written; check the disk");
    }
  }
}

// One error is logged until a sync is good again.
void LogCommitter::OnSynced(const absl::Status& status) {
  const std::lock_guard lock(mu_);
  if (status.ok()) {
    if (!counts_.last_error.empty()) Log(LogLevel::kInfo, "the zone log can be written again");
    counts_.last_error.clear();
    return;
  }
  ++counts_.errors;
  if (counts_.last_error.empty()) {
    Log(LogLevel::kError, "the zone log cannot be written: ", status.message(),
        "; zones are served as they are, and are not updated until it can");
  }
  counts_.last_error = std::string(status.message());
  if (counts_.last_error.empty()) counts_.last_error = "unknown";
}

// Appends what is not on the disk yet, and syncs.
absl::Status LogCommitter::TryOnce(Group& group) {
  const std::lock_guard lock(log_mu_);
  absl::Status failed;
  group.notes_left.clear();
  for (const Notes::value_type& entry : group.notes) {
    const absl::Status status =
        Append([this, &entry](ZoneLog&) { return AppendNote(entry.second); });
    if (status.ok()) continue;
    failed.Update(status);
    group.notes_left.push_back(entry.first);
  }
  std::vector<size_t> appended;
  for (size_t i = 0; i < group.changes.size(); ++i) {
    if (!absl::IsUnknown(group.statuses[i])) continue;
    const absl::Status status = Append(group.changes[i].append);
    if (status.ok()) {
      appended.push_back(i);
    } else if (absl::IsUnavailable(status)) {
      failed.Update(status);
    } else {
      group.statuses[i] = status;
    }
  }
  const absl::Status synced = log_->Sync();
  const std::lock_guard counting(mu_);
  counts_.disk_bytes = log_->disk_bytes();
  counts_.live_bytes = log_->live_bytes();
  if (!synced.ok()) return synced;
  ++counts_.syncs;
  group.has_written = !appended.empty() || group.notes.size() > group.notes_left.size();
  for (const size_t i : appended) group.statuses[i] = absl::OkStatus();
  // Those that are written are not written again for the sake of the others.
  absl::erase_if(group.notes, [&group](const auto& entry) {
    const auto& left = group.notes_left;
    return std::find(left.begin(), left.end(), entry.first) == left.end();
  });
  return failed;
}

// Once more after compaction, if there was no space.
absl::Status LogCommitter::Append(const std::function<absl::Status(ZoneLog&)>& append) {
  try {
    const absl::Status status = append(*log_);
    if (!absl::IsUnavailable(status)) return status;
    FreeSpace();
    return append(*log_);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("not enough memory to write the version");
  }
}

absl::Status LogCommitter::AppendNote(const Note& note) {
  if (note.is_removed) {
    const absl::Status removed = log_->AppendRemoved(note.zone);
    if (!removed.ok()) return removed;
  }
  std::optional<ZoneTimers> timers = note.timers;
  if (note.retired_at.has_value() && log_->CurrentOf(note.zone).ok()) {
    if (!timers.has_value()) timers = StoredTimers(note.zone);
    timers->unconfigured_since = note.retired_at;
  }
  return timers.has_value() ? log_->AppendTimers(note.zone, *timers) : absl::OkStatus();
}

// A version without readable timers was confirmed once; when is unknown, so it does not expire.
ZoneTimers LogCommitter::StoredTimers(NameView zone) const {
  absl::StatusOr<ZoneTimers> stored = log_->TimersOf(zone);
  if (stored.ok()) return *std::move(stored);
  ZoneTimers timers;
  timers.last_success = absl::InfiniteFuture();
  timers.expire_seconds = UINT32_MAX;
  return timers;
}

// Deletes old segments that need no copies, or whose copies have room. Never syncs: a failure would
// lose what the group has appended so far without anybody's notice.
void LogCommitter::FreeSpace() {
  const uint64_t before = log_->disk_bytes();
  for (int step = 0; step < kFreeStepsMax && log_->disk_bytes() >= before; ++step) {
    const absl::StatusOr<bool> more = log_->Compact(kCompactBytes);
    if (!more.ok() || !*more) return;
  }
}

// The next round's sync makes the copies last.
void LogCommitter::CompactSome() {
  absl::StatusOr<bool> more = false;
  try {
    const std::lock_guard lock(log_mu_);
    more = log_->Compact(kCompactBytes);
  } catch (const std::bad_alloc&) {  // After a later change.
  }
  const std::lock_guard lock(mu_);
  has_more_to_compact_ = more.ok() && *more;
}

// Notes that are not on the disk wait for the next group, unless there is a newer one.
void LogCommitter::KeepForLater(Group& group) {
  for (auto& [key, note] : group.notes) {
    Note& kept = notes_[key];
    kept.zone = note.zone;
    if (!kept.is_removed && !kept.timers.has_value()) {
      kept.timers = note.timers;
      if (!kept.retired_at.has_value()) kept.retired_at = note.retired_at;
    }
    kept.is_removed = kept.is_removed || note.is_removed;
  }
}

}  // namespace hither
