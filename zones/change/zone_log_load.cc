// How a zone log reads versions back.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

absl::Status Damaged(NameView zone, const LogItem& item, absl::string_view why) {
  return absl::DataLossError(absl::StrCat(
      "zone ", zone.ToText(), ": segment ", item.place.segment, " of the zone log is damaged at ",
      "octet ", item.place.offset, " (", why, "); check the disk; the zone is transferred again"));
}

}  // namespace

const ZoneLog::Segment* ZoneLog::FindSegment(uint32_t number) const {
  const auto found = std::lower_bound(
      segments_.begin(), segments_.end(), number,
      [](const Segment& segment, uint32_t wanted) { return segment.number < wanted; });
  return found != segments_.end() && found->number == number ? &*found : nullptr;
}

absl::StatusOr<Bytes> ZoneLog::ReadBody(NameView zone, const LogItem& item) const {
  const Segment* const segment = FindSegment(item.place.segment);
  if (segment == nullptr) return Damaged(zone, item, "it is missing");
  uint8_t octets[kEntryHeadBytes + kNameBytesMax];
  const std::span<uint8_t> head(octets, kEntryHeadBytes + zone.size());
  absl::Status read = disk_.Read(item.place.segment, item.place.offset, head);
  if (absl::IsOutOfRange(read)) return Damaged(zone, item, "it ends early");
  if (!read.ok()) return read;
  const std::optional<LoadedHead> loaded = LoadEntryHead(head, item.place.offset, segment->key);
  if (!loaded.has_value() || loaded->head.sequence != item.sequence ||
      loaded->head.kind != item.kind || !loaded->zone.view().EqualsIgnoreCase(zone) ||
      EntryBytes(loaded->head, zone) != item.place.bytes()) {
    return Damaged(zone, item, "another entry");
  }
  Bytes body(loaded->head.body_bytes);
  read = disk_.Read(item.place.segment, item.place.offset + head.size(), body);
  if (absl::IsOutOfRange(read)) return Damaged(zone, item, "it ends early");
  if (!read.ok()) return read;
  if (BodyChecksum(body, segment->key) != loaded->head.body_checksum) {
    return Damaged(zone, item, "its checksum differs");
  }
  return body;
}

absl::StatusOr<ZoneDiff> ZoneLog::ReadDiff(NameView zone, const LogItem& item) const {
  const absl::StatusOr<Bytes> body = ReadBody(zone, item);
  if (!body.ok()) return body.status();
  absl::StatusOr<ZoneDiff> diff = ParseDiff(*body, options_.limits);
  if (!diff.ok()) return Damaged(zone, item, diff.status().message());
  if (!diff->zone.view().EqualsIgnoreCase(zone) || diff->serial_to != item.serial) {
    return Damaged(zone, item, "a change of another zone or version");
  }
  return diff;
}

// `*read` is the entry that was read last: the one to blame for an error.
absl::StatusOr<RecordList> ZoneLog::LoadVersion(NameView zone, const LogZone& known,
                                                const LogItem& version,
                                                const LogItem** read) const {
  const std::vector<const LogItem*> chain = known.ChainOf(version);
  *read = chain[0];
  absl::StatusOr<RecordList> records = RecordList(zone);
  {
    const absl::StatusOr<Bytes> body = ReadBody(zone, *chain[0]);
    if (!body.ok()) return body.status();
    records = RecordList::Parse(*body, zone, options_.limits);
    if (!records.ok()) return Damaged(zone, *chain[0], records.status().message());
  }
  records->Sort();
  if (chain.size() > 1) {
    *read = chain[1];
    absl::StatusOr<ZoneDiff> all = ReadDiff(zone, *chain[1]);
    for (size_t i = 2; i < chain.size() && all.ok(); ++i) {
      *read = chain[i];
      const absl::StatusOr<ZoneDiff> next = ReadDiff(zone, *chain[i]);
      if (!next.ok()) return next.status();
      all = Concatenate(*all, *next);
      if (!all.ok()) return Damaged(zone, *chain[i], all.status().message());
    }
    if (!all.ok()) return all.status();
    records = Apply(*records, *all);
    if (!records.ok()) return Damaged(zone, version, records.status().message());
  }
  const absl::StatusOr<uint32_t> serial = records->Serial();
  if (!serial.ok() || *serial != version.serial) return Damaged(zone, version, "wrong SOA");
  return records;
}

absl::StatusOr<RecordList> ZoneLog::Load(NameView zone, uint32_t serial) {
  const LogZone* const known = index_.Find(zone);
  const LogItem* const version = known == nullptr ? nullptr : known->FindSerial(serial);
  if (version == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("zone ", zone.ToText(), ": serial ", serial, " is not kept"));
  }
  const LogItem* read = version;
  absl::StatusOr<RecordList> records = LoadVersion(zone, *known, *version, &read);
  if (absl::IsDataLoss(records.status())) Lose(zone, read->sequence);
  return records;
}

// Forgets a damaged version and those made from it. Only an older one may then be left.
void ZoneLog::Lose(NameView zone, uint64_t sequence) {
  const LogIndex::Id id = index_.FindOrAdd(zone, options_.keep_versions);
  const auto lose = [sequence](LogZone& known) {
    const LogItem* const before = known.Current();
    const uint64_t current = before == nullptr ? 0 : before->sequence;
    for (LogItem& item : known.items) {
      if (item.sequence == sequence) item.damaged = true;
    }
    known.RemoveUnusable();
    if (current != 0 && known.FindSequence(current) == nullptr) known.may_be_old = true;
  };
  index_.Apply(id, lose);
}

}  // namespace hither
