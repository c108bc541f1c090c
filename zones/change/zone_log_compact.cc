// How a zone log gets rid of what nobody needs.

#include <algorithm>
#include <utility>

#include "zones/change/zone_log.h"

namespace hither {
namespace {

constexpr size_t kCopiedPieceBytes = 1u << 20;
constexpr size_t kShortSegmentsMax = 16;

}  // namespace

// The oldest segment, if freeing it is worth while. Null for the one being written.
const ZoneLog::Segment* ZoneLog::CompactionTarget() const {
  if (segments_.empty()) return nullptr;
  const Segment& oldest = segments_.front();
  if (oldest.number == writer_->number() && writer_->is_open()) return nullptr;
  const uint64_t live = index_.live_bytes();
  const uint64_t dead = disk_bytes() - std::min(disk_bytes(), live);
  // Half of the log may be dead, so that each octet is copied about once for each new one.
  const bool is_wasteful = dead > std::max(live, options_.segment_bytes);
  const bool is_dead = index_.LiveBytesOf(oldest.number) == 0;
  // Each restart begins a segment, however short the last one is.
  const bool is_scattered =
      segments_.size() > kShortSegmentsMax + 2 * disk_bytes() / options_.segment_bytes;
  return is_wasteful || is_dead || is_scattered || compacted_end_ != 0 ? &oldest : nullptr;
}

bool ZoneLog::IsRead(const Segment& oldest) const {
  return compacted_end_ >= oldest.end || index_.LiveBytesOf(oldest.number) == 0;
}

absl::StatusOr<bool> ZoneLog::Compact(uint64_t budget_bytes) {
  const Segment* const target = CompactionTarget();
  if (target == nullptr) return false;
  const Segment oldest = *target;
  if (!IsRead(oldest)) {
    const absl::Status copied = CopySome(oldest, budget_bytes);
    if (!copied.ok()) return copied;
    return true;
  }
  if (oldest.is_damaged && marked_end_ < index_.id_end() && index_.old_count() > 0) {
    const absl::Status marked = MarkSome(budget_bytes);
    if (!marked.ok()) return marked;
    return true;
  }
  if (index_.HasChanges()) return true;  // Copies, or what they stand for, may not be synced.
  if (LoseUnread(oldest.number)) return true;
  return DeleteOldest();
}

absl::StatusOr<bool> ZoneLog::DeleteOldest() {
  const absl::Status deleted = disk_.Delete(segments_.front().number);
  if (!deleted.ok()) return deleted;
  segments_.erase(segments_.begin());
  compacted_end_ = 0;
  marked_end_ = 0;
  return CompactionTarget() != nullptr;
}

absl::Status ZoneLog::CopySome(const Segment& oldest, uint64_t budget_bytes) {
  const uint64_t start = std::max<uint64_t>(compacted_end_, kSegmentHeadBytes);
  SegmentReader reader(disk_, oldest.number, oldest.key, start, oldest.end);
  uint64_t read = 0;
  do {
    const SegmentReader::Found found = reader.Next();
    if (found == SegmentReader::Found::kEnd) {
      compacted_end_ = oldest.end;
      return absl::OkStatus();
    }
    if (found == SegmentReader::Found::kEntry) {
      const absl::Status copied = CopyIfLive(reader, oldest);
      if (!copied.ok()) return copied;
    }
    read += reader.bytes();
    compacted_end_ = reader.offset() + reader.bytes();
  } while (read < budget_bytes);
  return absl::OkStatus();
}

absl::Status ZoneLog::CopyIfLive(const SegmentReader& found, const Segment& oldest) {
  const LogZone* const zone = index_.Find(found.zone());
  const LogItem* const item = zone == nullptr ? nullptr : zone->FindSequence(found.head().sequence);
  if (item == nullptr || item->place.segment != oldest.number ||
      item->place.offset != found.offset()) {
    return absl::OkStatus();
  }
  const absl::Status room = MakeRoom();
  if (!room.ok()) return room;
  // The seed changes with the segment, so the body is read twice, in pieces.
  LogEntryHead head = found.head();
  Bytes piece;
  uint64_t at = found.body_offset();
  const auto next = [&]() -> absl::StatusOr<ByteView> {
    const uint64_t left = found.body_offset() + head.body_bytes - at;
    piece.resize(static_cast<size_t>(std::min<uint64_t>(kCopiedPieceBytes, left)));
    const absl::Status read = disk_.Read(oldest.number, at, piece);
    if (!read.ok()) return read;
    at += piece.size();
    return ByteView(piece);
  };
  const absl::StatusOr<uint64_t> checksum = PiecesChecksum(head.body_bytes, writer_->key(), next);
  if (!checksum.ok()) return checksum.status();
  head.body_checksum = *checksum;
  at = found.body_offset();
  const absl::StatusOr<LogPlace> place = writer_->Append(head, found.zone(), next);
  if (!place.ok()) return place.status();
  index_.Apply(index_.FindOrAdd(found.zone(), options_.keep_versions),
               [&head, &place](LogZone& changed) {
                 for (LogItem& known : changed.items) {
                   if (known.sequence == head.sequence) known.place = *place;
                 }
               });
  return absl::OkStatus();
}

// The damaged segment is what makes zones count as old at the next start: before it is deleted,
// marks say so.
absl::Status ZoneLog::MarkSome(uint64_t budget_bytes) {
  for (uint64_t written = 0; marked_end_ < index_.id_end() && written < budget_bytes;
       ++marked_end_) {
    const LogZone& zone = index_.zone(marked_end_);
    if (!zone.may_be_old) continue;
    const LogItem* const current = zone.Current();
    LogEntryHead head;
    head.kind = LogEntryKind::kMark;
    head.may_be_old = true;
    if (current != nullptr) head.parent = current->sequence;
    const Name name(index_.name(marked_end_));
    const absl::Status appended = AppendEntry(head, name, {});
    if (!appended.ok()) return appended;
    written += EntryBytes(head, name);
  }
  return absl::OkStatus();
}

// Entries that were good when the log was opened, and can no longer be read, are lost. Returns
// whether there are any; then the segment counts as damaged.
bool ZoneLog::LoseUnread(uint32_t segment) {
  if (index_.LiveBytesOf(segment) == 0) return false;
  for (LogIndex::Id id = 0; id < index_.id_end(); ++id) {
    const auto is_here = [segment](const LogItem& item) { return item.place.segment == segment; };
    const auto& items = index_.zone(id).items;
    if (std::none_of(items.begin(), items.end(), is_here)) continue;
    index_.ApplyForGood(id, [&is_here](LogZone& zone) {
      for (LogItem& item : zone.items) item.damaged = item.damaged || is_here(item);
      zone.RemoveUnusable();
      zone.may_be_old = true;
    });
  }
  segments_.front().is_damaged = true;
  marked_end_ = 0;
  return true;
}

}  // namespace hither
