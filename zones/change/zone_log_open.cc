// How a zone log is read when it is opened.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

// Sequences that a damaged part at the end may have used are not used again: more than fit in it.
constexpr uint64_t kSequencesSkipped = uint64_t{1} << 40;

LogItem ItemOf(const SegmentReader& found, uint32_t segment, bool damaged) {
  const LogEntryHead& head = found.head();
  const LogPlace place{segment, static_cast<uint32_t>(found.offset()),
                       static_cast<uint32_t>(found.bytes() / kEntryAlignment)};
  return {head.sequence, head.parent, place, head.serial_to, head.kind, head.may_be_old, damaged};
}

}  // namespace

class ZoneLog::Opener {
 public:
  explicit Opener(ZoneLog& log) : log_(log) {}

  absl::Status Run() {
    absl::StatusOr<std::vector<LogSegment>> listed = log_.disk_.List();
    if (!listed.ok()) return listed.status();
    for (const LogSegment& file : *listed) {
      start_.last_number = file.number;
      const absl::Status loaded = LoadHead(file);
      if (!loaded.ok()) return loaded;
    }
    for (size_t i = 0; i < files_.size(); ++i) ReadSegment(i);
    Finish();
    return absl::OkStatus();
  }

 private:
  struct File {
    LogSegment file;
    SegmentHead head;
    bool is_valid;
  };

  absl::Status LoadHead(const LogSegment& file) {
    uint8_t octets[kSegmentHeadBytes];
    File known{file, {}, false};
    if (file.bytes >= kSegmentHeadBytes && log_.disk_.Read(file.number, 0, octets).ok()) {
      const SegmentHeadState state = LoadSegmentHead(octets, known.head);
      if (state == SegmentHeadState::kOtherFormat) {
        return absl::FailedPreconditionError(absl::StrCat(
            "segment ", file.number, " of the zone log was written by another version of Hither; ",
            "run that version, or use an empty state_dir: all zones are then transferred again"));
      }
      known.is_valid = state == SegmentHeadState::kValid && known.head.number == file.number;
    }
    if (!known.is_valid && file.bytes <= kSegmentHeadBytes) {  // A crash while it was begun.
      log_.disk_.Delete(file.number).IgnoreError();
    } else {
      files_.push_back(known);
    }
    return absl::OkStatus();
  }

  // Is the segment there that this one was begun after? One without entries may be between them, if
  // it could not be deleted. The oldest one has none: compaction deleted it.
  bool HasPrevious(size_t i) const {
    for (size_t k = i; k-- > 0;) {
      if (files_[k].file.number == files_[i].head.previous) return true;
      if (files_[k].file.bytes > kSegmentHeadBytes) return false;
    }
    return true;
  }

  void ReadSegment(size_t i) {
    const File& file = files_[i];
    const uint64_t end = file.is_valid ? EndOf(i) : file.file.bytes;
    const uint64_t read_end = std::min(end, file.file.bytes);
    log_.segments_.push_back({file.file.number, read_end, file.head.key, false});
    start_.previous = file.file.number;
    start_.previous_end = end;
    if (!file.is_valid) return Damage(i);
    if (!HasPrevious(i)) Damage(i - 1);
    if (end > file.file.bytes) Damage(i);
    largest_sequence_ = std::max(largest_sequence_, file.head.first_sequence);
    SegmentReader reader(log_.disk_, file.file.number, file.head.key, kSegmentHeadBytes, read_end);
    for (SegmentReader::Found found; (found = reader.Next()) != SegmentReader::Found::kEnd;) {
      if (found != SegmentReader::Found::kEntry) Damage(i);
      if (found != SegmentReader::Found::kGap) {
        Remember(reader, file.file.number, found == SegmentReader::Found::kDamaged);
      }
    }
  }

  // Where the synced part of a segment ends: the next one says so. Without a next one, it is before
  // the first octets that are no entry, unless a later entry says that they were synced: then they
  // are damaged.
  uint64_t EndOf(size_t i) {
    const File& file = files_[i];
    if (i + 1 < files_.size()) {
      const File& next = files_[i + 1];
      const bool is_next = next.is_valid && next.head.previous == file.file.number;
      return is_next ? next.head.previous_end : file.file.bytes;
    }
    SegmentReader reader(log_.disk_, file.file.number, file.head.key, kSegmentHeadBytes,
                         file.file.bytes);
    std::optional<uint64_t> torn_at;
    for (SegmentReader::Found found; (found = reader.Next()) != SegmentReader::Found::kEnd;) {
      const bool is_entry = found == SegmentReader::Found::kEntry;
      if (!is_entry && !torn_at.has_value()) torn_at = reader.offset();
      if (is_entry && torn_at.has_value() && reader.head().synced_end > *torn_at) {
        return file.file.bytes;
      }
    }
    const uint64_t end = torn_at.value_or(file.file.bytes);
    log_.report_.torn_bytes = file.file.bytes - end;
    return end;
  }

  // Entries of segment i are lost: all that is known of them is that later segments began with
  // larger sequences.
  void Damage(size_t i) {
    ++log_.report_.damaged_gaps;
    if (std::exchange(log_.segments_[i].is_damaged, true)) return;
    uint64_t before = UINT64_MAX;
    for (size_t k = files_.size(); k-- > i + 1;) {
      if (files_[k].is_valid) before = files_[k].head.first_sequence;
    }
    lost_before_ = std::max(lost_before_, before);
  }

  void Remember(const SegmentReader& found, uint32_t segment, bool damaged) {
    ++log_.report_.entries;
    const LogItem item = ItemOf(found, segment, damaged);
    largest_sequence_ = std::max(largest_sequence_, item.sequence);
    const LogIndex::Id id = log_.index_.FindOrAdd(found.zone(), log_.options_.keep_versions);
    LogZone& zone = log_.index_.Uncounted(id);
    if (item.kind != LogEntryKind::kRemoved) return zone.Put(item);
    // It comes after all entries that it ends: these are copied only while the zone exists.
    const auto is_later = [&item](const LogItem& known) { return known.sequence > item.sequence; };
    zone.items.erase(zone.items.begin(),
                     std::find_if(zone.items.begin(), zone.items.end(), is_later));
  }

  void Finish() {
    for (LogIndex::Id id = 0; id < log_.index_.id_end(); ++id) {
      log_.index_.Uncounted(id).Settle(lost_before_);
    }
    log_.index_.CountAll();
    start_.next_sequence = largest_sequence_ + 1;
    if (lost_before_ != 0) start_.next_sequence += kSequencesSkipped;
    log_.report_.segments = log_.segments_.size();
    log_.report_.may_be_old = log_.index_.old_count();
    log_.writer_.emplace(log_.disk_, log_.options_.segment_bytes, start_);
  }

  ZoneLog& log_;
  std::vector<File> files_;
  LogWriter::Start start_;
  uint64_t largest_sequence_ = 0;
  uint64_t lost_before_ = 0;
};

absl::StatusOr<std::unique_ptr<ZoneLog>> ZoneLog::Open(LogDisk& disk, ZoneLogOptions options) {
  constexpr uint64_t kSegmentBytesMax = uint64_t{1} << 30;
  options.segment_bytes = std::min(options.segment_bytes, kSegmentBytesMax);
  options.keep_versions = std::max<uint16_t>(options.keep_versions, 1);
  std::unique_ptr<ZoneLog> log(new ZoneLog(disk, options));
  const absl::Status read = Opener(*log).Run();
  if (!read.ok()) return read;
  return log;
}

}  // namespace hither
