#include "zones/change/zone_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither {
namespace {

// LogPlace counts in units of 8 octets.
constexpr uint64_t kBodyBytesMax = (uint64_t{32} << 30) - 4096;

absl::Status Unknown(NameView zone, uint32_t serial) {
  return absl::NotFoundError(
      absl::StrCat("zone ", zone.ToText(), ": serial ", serial, " is not kept"));
}

}  // namespace

absl::StatusOr<uint32_t> ZoneLog::CurrentOf(NameView zone) const {
  const LogZone* const known = index_.Find(zone);
  const LogItem* const current = known == nullptr ? nullptr : known->Current();
  if (current != nullptr) return current->serial;
  return absl::NotFoundError(absl::StrCat("zone ", zone.ToText(), ": no version is kept"));
}

std::vector<uint32_t> ZoneLog::VersionsOf(NameView zone) const {
  std::vector<uint32_t> serials;
  const LogZone* const known = index_.Find(zone);
  if (known == nullptr) return serials;
  for (const LogItem* version : known->Versions()) {
    // A zone may have been transferred again with the same serial: the last one counts.
    if (known->FindSerial(version->serial) == version) serials.push_back(version->serial);
  }
  return serials;
}

bool ZoneLog::MayBeOld(NameView zone) const {
  const LogZone* const known = index_.Find(zone);
  return known != nullptr && known->may_be_old;
}

void ZoneLog::Confirm(NameView zone) {
  if (!MayBeOld(zone)) return;
  index_.ApplyForGood(index_.FindOrAdd(zone, options_.keep_versions),
                      [](LogZone& known) { known.may_be_old = false; });
}

absl::StatusOr<ZoneTimers> ZoneLog::TimersOf(NameView zone) const {
  const LogZone* const known = index_.Find(zone);
  const LogItem* const timers = known == nullptr ? nullptr : known->Timers();
  if (timers == nullptr) {
    return absl::NotFoundError(absl::StrCat("zone ", zone.ToText(), ": no timers are kept"));
  }
  const absl::StatusOr<Bytes> body = ReadBody(zone, *timers);
  if (!body.ok()) return body.status();
  return ParseTimers(*body);
}

void ZoneLog::ForEachZone(const std::function<void(NameView zone)>& visit) const {
  for (LogIndex::Id id = 0; id < index_.id_end(); ++id) {
    if (index_.zone(id).Exists()) visit(index_.name(id));
  }
}

uint64_t ZoneLog::disk_bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.end;
  const bool writes = writer_->number() != 0 && !segments_.empty();
  return writes ? bytes - segments_.back().end + writer_->end() : bytes;
}

// Ends what has been appended so far: on the disk, or gone.
absl::Status ZoneLog::CommitPending() {
  const absl::Status synced = writer_->Sync();
  if (synced.ok()) {
    index_.Commit();
  } else {
    index_.RollBack();
    compacted_end_ = 0;  // Copies are gone, too.
    marked_end_ = 0;
  }
  if (writer_->number() != 0 && !segments_.empty()) segments_.back().end = writer_->end();
  return synced;
}

absl::Status ZoneLog::Sync() {
  if (!failed_.ok()) {  // The rest of a group that has failed fails with it.
    CommitPending().IgnoreError();
    return std::exchange(failed_, absl::OkStatus());
  }
  return CommitPending();
}

// Sees to it that the writer has a segment.
absl::Status ZoneLog::MakeRoom() {
  if (!failed_.ok()) return failed_;
  if (!writer_->NeedsSegment()) return absl::OkStatus();
  const absl::Status committed = CommitPending();
  if (!committed.ok()) return failed_ = committed;
  const absl::Status begun = writer_->BeginSegment();
  if (!begun.ok()) return begun;
  segments_.push_back({writer_->number(), writer_->end(), writer_->key(), false});
  return absl::OkStatus();
}

absl::Status ZoneLog::AppendEntry(LogEntryHead head, NameView zone, ByteView body) {
  if (body.size() > kBodyBytesMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "zone ", zone.ToText(), ": over 32 GiB of records; the zone log cannot hold it"));
  }
  const absl::Status room = MakeRoom();
  if (!room.ok()) return room;
  head.sequence = writer_->NextSequence();
  const absl::StatusOr<LogPlace> place = writer_->Append(head, zone, body);
  if (!place.ok()) return place.status();
  Remember(zone, head, *place);
  return absl::OkStatus();
}

void ZoneLog::Remember(NameView zone, const LogEntryHead& head, const LogPlace& place) {
  const LogItem item = {head.sequence, head.parent,     place, head.serial_to,
                        head.kind,     head.may_be_old, false};
  const LogIndex::Id id = index_.FindOrAdd(zone, options_.keep_versions);
  index_.Apply(id, [&item](LogZone& known) {
    if (item.kind == LogEntryKind::kRemoved) {
      known.items.clear();
      known.may_be_old = false;
      return;
    }
    if (item.IsVersion()) known.may_be_old = false;  // A primary has been asked.
    known.Put(item);
    known.Trim();
  });
}

absl::Status ZoneLog::AppendWhole(const RecordList& records) {
  HITHER_CHECK(records.is_sorted());
  const absl::StatusOr<uint32_t> serial = records.Serial();
  if (!serial.ok()) return serial.status();
  LogEntryHead head;
  head.kind = LogEntryKind::kWhole;
  head.serial_to = *serial;
  return AppendEntry(head, records.apex(), records.octets());
}

// Would one more diff make the way from the last whole version too long?
bool ZoneLog::WantsWhole(const LogZone& known, const LogItem& parent, uint64_t diff_bytes) const {
  const std::vector<const LogItem*> chain = known.ChainOf(parent);
  uint64_t bytes = diff_bytes;
  for (size_t i = 1; i < chain.size(); ++i) bytes += chain[i]->place.bytes();
  return bytes > chain[0]->place.bytes() || chain.size() > options_.diffs_max;
}

absl::Status ZoneLog::AppendDiff(const ZoneDiff& diff, const RecordList* after) {
  const absl::Status valid = CheckDiff(diff);
  if (!valid.ok()) return valid;
  if (!diff.serial_from.has_value()) return AppendWhole(after != nullptr ? *after : diff.added);
  const LogZone* const known = index_.Find(diff.zone);
  const LogItem* const parent = known == nullptr ? nullptr : known->FindSerial(*diff.serial_from);
  if (parent == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("zone ", diff.zone.ToText(), ": serial ",
                                                      *diff.serial_from,
                                                      " is not kept; append the whole zone"));
  }
  const Bytes body = EncodeDiff(diff);
  if (WantsWhole(*known, *parent, body.size())) {
    if (after != nullptr) return AppendWhole(*after);
    const absl::StatusOr<RecordList> before = Load(diff.zone, *diff.serial_from);
    if (!before.ok()) return before.status();
    const absl::StatusOr<RecordList> records = hither::Apply(*before, diff);
    return records.ok() ? AppendWhole(*records) : records.status();
  }
  LogEntryHead head;
  head.kind = LogEntryKind::kDiff;
  head.parent = parent->sequence;
  head.serial_from = *diff.serial_from;
  head.serial_to = diff.serial_to;
  return AppendEntry(head, diff.zone, body);
}

absl::Status ZoneLog::AppendTimers(NameView zone, const ZoneTimers& timers) {
  const LogZone* const known = index_.Find(zone);
  const LogItem* const current = known == nullptr ? nullptr : known->Current();
  LogEntryHead head;
  head.kind = LogEntryKind::kTimers;
  head.may_be_old = known != nullptr && known->may_be_old;
  if (current != nullptr) head.parent = current->sequence;
  return AppendEntry(head, zone, EncodeTimers(timers));
}

absl::Status ZoneLog::AppendRemoved(NameView zone) {
  if (!failed_.ok()) return failed_;
  if (index_.Find(zone) == nullptr) return absl::OkStatus();
  LogEntryHead head;
  head.kind = LogEntryKind::kRemoved;
  return AppendEntry(head, zone, {});
}

absl::Status ZoneLog::AppendRollback(NameView zone, uint32_t serial) {
  const LogZone* const known = index_.Find(zone);
  const LogItem* const version = known == nullptr ? nullptr : known->FindSerial(serial);
  if (version == nullptr) return Unknown(zone, serial);
  LogEntryHead head;
  head.kind = LogEntryKind::kMark;
  head.parent = version->sequence;
  head.may_be_old = known->may_be_old;
  return AppendEntry(head, zone, {});
}

void ZoneLog::KeepVersions(NameView zone, uint16_t versions) {
  const LogZone* const known = index_.Find(zone);
  versions = std::max<uint16_t>(versions, 1);
  if (known == nullptr || known->keep_versions == versions) return;
  index_.Apply(index_.FindOrAdd(zone, versions), [versions](LogZone& changed) {
    changed.keep_versions = versions;
    changed.Trim();
  });
}

}  // namespace hither
