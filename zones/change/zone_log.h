#ifndef HITHER_ZONES_CHANGE_ZONE_LOG_H_
#define HITHER_ZONES_CHANGE_ZONE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "zones/change/log_disk.h"
#include "zones/change/log_entry.h"
#include "zones/change/log_index.h"
#include "zones/change/log_writer.h"
#include "zones/change/record_list.h"
#include "zones/change/segment_reader.h"
#include "zones/change/zone_diff.h"
#include "zones/change/zone_timers.h"

namespace hither {

struct ZoneLogOptions {
  uint64_t segment_bytes = 64u << 20;  // At most 1 GiB. An entry is never split, and may be longer.
  // Of each zone, until KeepVersions(): the most that any zone keeps, because Open() forgets the
  // others.
  uint16_t keep_versions = 1;
  // A version is stored whole once the diffs since the last whole one are so many, or longer than
  // that one.
  uint32_t diffs_max = 1'000;
  RecordLimits limits = {};  // Of a zone's records.
};

// What ZoneLog::Open() found, for the log and the metrics.
struct ZoneLogReport {
  uint64_t segments = 0;
  uint64_t entries = 0;
  uint64_t torn_bytes = 0;    // Never synced; left by a crash.
  uint64_t damaged_gaps = 0;  // Parts of the log that were synced and cannot be read.
  uint64_t may_be_old = 0;    // Zones; see MayBeOld().
};

// The versions of all zones that come from primaries, and what else must survive a restart, in one
// log (log_entry.h) on a LogDisk.
//
// What is appended is committed by the next Sync() that returns OK; publish a version only then.
// Many zones may share one Sync(): call it when something was appended, at most every 50 ms. If it
// fails, only the first of what was appended since the last OK, perhaps nothing, is in the log:
// CurrentOf() says what, and the caller appends the rest again. Until then the functions that read
// show everything that was appended.
//
// A full disk or an I/O error is Unavailable, and changes nothing: what was committed remains and
// can be read, and later calls succeed when the disk does.
//
// Threads: one at a time; the caller brings the thread or the mutex. Sync() waits for the disk.
// Throws std::bad_alloc.
class ZoneLog {
 public:
  // Reads all segments. A part that was never synced is ignored; a damaged part is no error, but
  // see MayBeOld(). `disk` must outlive the log. An error if the disk cannot be listed, or if the
  // log is of another format.
  static absl::StatusOr<std::unique_ptr<ZoneLog>> Open(LogDisk& disk, ZoneLogOptions options = {});

  const ZoneLogReport& report() const { return report_; }

  // The serial in use: the latest version, unless rolled back. NotFound: the log has no version.
  absl::StatusOr<uint32_t> CurrentOf(NameView zone) const;
  // Serials of the kept versions, oldest first.
  std::vector<uint32_t> VersionsOf(NameView zone) const;
  // Damage may have hidden a later version, or a removal. Serve what there is only until a primary
  // has been asked; then append what it sends, or Confirm().
  bool MayBeOld(NameView zone) const;
  void Confirm(NameView zone);
  // NotFound if there are none.
  absl::StatusOr<ZoneTimers> TimersOf(NameView zone) const;
  // In no order. `visit` must not change the log.
  void ForEachZone(const std::function<void(NameView zone)>& visit) const;

  // The records of a kept version, sorted. DataLoss: its octets are damaged, it and what was made
  // from it are gone, and the zone may be old.
  absl::StatusOr<RecordList> Load(NameView zone, uint32_t serial);

  // `records`, sorted and with one SOA, become the current version.
  absl::Status AppendWhole(const RecordList& records);
  // The version after `diff` becomes the current one. Its serial_from must be a kept version:
  // otherwise FailedPrecondition. `after`, if the caller has it, saves reading the zone when the
  // version is stored whole.
  absl::Status AppendDiff(const ZoneDiff& diff, const RecordList* after = nullptr);
  absl::Status AppendTimers(NameView zone, const ZoneTimers& timers);
  absl::Status AppendRemoved(NameView zone);
  // A kept version becomes the current one again. Later ones remain until they are too many.
  absl::Status AppendRollback(NameView zone, uint32_t serial);
  absl::Status Sync();

  // Keeps that many versions of the zone, at least one. Not stored: set it after each Open().
  void KeepVersions(NameView zone, uint16_t versions);

  // Frees the oldest segment step by step: copies what is needed of it, about `budget_bytes` in a
  // call and at least one entry, and deletes it in a later call, after a Sync(). Returns whether
  // there is more to do. Call it after Sync(), and when an append was refused for lack of space.
  absl::StatusOr<bool> Compact(uint64_t budget_bytes);

  size_t zone_count() const { return index_.zone_count(); }
  size_t may_be_old_count() const { return index_.old_count(); }
  uint64_t disk_bytes() const;
  uint64_t live_bytes() const { return index_.live_bytes(); }
  size_t MemoryBytes() const { return index_.MemoryBytes(); }

 private:
  struct Segment {
    uint32_t number = 0;
    uint64_t end = 0;
    uint64_t key = 0;
    bool is_damaged = false;
  };
  class Opener;  // zone_log_open.cc

  ZoneLog(LogDisk& disk, const ZoneLogOptions& options) : disk_(disk), options_(options) {}

  const Segment* FindSegment(uint32_t number) const;
  absl::StatusOr<Bytes> ReadBody(NameView zone, const LogItem& item) const;
  absl::StatusOr<ZoneDiff> ReadDiff(NameView zone, const LogItem& item) const;
  absl::StatusOr<RecordList> LoadVersion(NameView zone, const LogZone& known,
                                         const LogItem& version, const LogItem** read) const;
  void Lose(NameView zone, uint64_t sequence);

  absl::Status MakeRoom();
  absl::Status CommitPending();
  absl::Status AppendEntry(LogEntryHead head, NameView zone, ByteView body);
  void Remember(NameView zone, const LogEntryHead& head, const LogPlace& place);
  bool WantsWhole(const LogZone& known, const LogItem& parent, uint64_t diff_bytes) const;

  const Segment* CompactionTarget() const;
  bool IsRead(const Segment& oldest) const;
  absl::Status CopySome(const Segment& oldest, uint64_t budget_bytes);
  absl::Status CopyIfLive(const SegmentReader& found, const Segment& oldest);
  absl::Status MarkSome(uint64_t budget_bytes);
  bool LoseUnread(uint32_t segment);
  absl::StatusOr<bool> DeleteOldest();

  LogDisk& disk_;
  const ZoneLogOptions options_;
  LogIndex index_;
  std::optional<LogWriter> writer_;
  std::vector<Segment> segments_;  // By number. The writer's is the last one.
  // Why pending entries were dropped before the caller's Sync(), which must report it.
  absl::Status failed_ = absl::OkStatus();
  uint64_t compacted_end_ = 0;   // Up to where the oldest segment has been copied.
  LogIndex::Id marked_end_ = 0;  // Up to which zone those that may be old have been marked.
  ZoneLogReport report_ = {};
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_ZONE_LOG_H_
