#include "zones/change/record_list.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "dns/rr_type.h"
#include "dns/sort_key.h"

namespace hither {
namespace {

constexpr size_t kFixedBytes = 10;      // Type, class, TTL and the length of the RDATA.
constexpr size_t kSoaNumberBytes = 20;  // Serial, refresh, retry, expire, minimum.
constexpr size_t kShownRdataBytesMax = 32;

int CompareOctets(ByteView a, ByteView b) {
  const size_t both = std::min(a.size(), b.size());
  const int order = both == 0 ? 0 : std::memcmp(a.data(), b.data(), both);
  if (order != 0) return order;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

int CompareRdata(RrType type, ByteView a, ByteView b) {
  if (!NamesOf(type).lowercase_in_canonical_form && type != RrType::kNaptr) {
    return CompareOctets(a, b);
  }
  Bytes canonical_a;
  Bytes canonical_b;
  AppendCanonicalRdata(type, a, canonical_a);
  AppendCanonicalRdata(type, b, canonical_b);
  return CompareOctets(canonical_a, canonical_b);
}

size_t WireBytes(const RecordView& record) {
  return record.owner.size() + kFixedBytes + record.rdata.size();
}

// Type and RDATA of a record, in any zone.
absl::Status CheckData(const RecordView& record) {
  if (IsMetaType(record.type) || record.type == RrType{0}) {
    return absl::InvalidArgumentError(absl::StrCat(
        RecordText(record), ": not a type of data (RFC 6895 §3.1); remove the record"));
  }
  if (record.rdata.size() > UINT16_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat(RecordText(record), ": over 65,535 octets of RDATA; remove the record"));
  }
  const absl::Status valid = ValidateRdata(record.type, record.rdata);
  if (valid.ok()) return valid;
  return absl::InvalidArgumentError(
      absl::StrCat(RecordText(record), ": malformed RDATA: ", valid.message()));
}

// Reads the record at the reader's position. False if the octets end early or begin with no name.
bool ReadRecord(ByteReader& reader, RecordView& record, uint16_t& rr_class) {
  const size_t owner_bytes = NameBytesAtStart(reader.rest());
  if (owner_bytes == 0) return false;
  record.owner = NameView(reader.Take(owner_bytes));
  record.type = static_cast<RrType>(reader.U16());
  rr_class = reader.U16();
  record.ttl_seconds = reader.U32();
  record.rdata = reader.Take(reader.U16());
  return reader.ok();
}

}  // namespace

int CompareRecords(const RecordView& a, const RecordView& b) {
  if (!a.owner.EqualsExactly(b.owner)) {
    const int order = CompareCanonical(a.owner, b.owner);
    if (order != 0) return order;
  }
  if (a.type != b.type) return a.type < b.type ? -1 : 1;
  if (CompareOctets(a.rdata, b.rdata) != 0) {
    const int order = CompareRdata(a.type, a.rdata, b.rdata);
    if (order != 0) return order;
  }
  if (a.ttl_seconds == b.ttl_seconds) return 0;
  return a.ttl_seconds < b.ttl_seconds ? -1 : 1;
}

bool EqualsExactly(const RecordView& a, const RecordView& b) {
  return a.type == b.type && a.ttl_seconds == b.ttl_seconds && a.owner.EqualsExactly(b.owner) &&
         CompareOctets(a.rdata, b.rdata) == 0;
}

std::string RecordText(const RecordView& record) {
  const ByteView shown = record.rdata.first(std::min(record.rdata.size(), kShownRdataBytesMax));
  return absl::StrCat(record.owner.ToText(), " ", record.ttl_seconds, " ", TypeToText(record.type),
                      " \\# ", record.rdata.size(), " ",
                      absl::BytesToHexString(absl::string_view(
                          reinterpret_cast<const char*>(shown.data()), shown.size())),
                      shown.size() < record.rdata.size() ? "..." : "");
}

uint32_t SoaSerial(ByteView rdata) {
  return LoadU32(rdata.data() + rdata.size() - kSoaNumberBytes);
}

void RecordList::Iterator::Read() {
  if (rest_.empty()) return;
  ByteReader reader(rest_);
  uint16_t rr_class = 0;
  ReadRecord(reader, record_, rr_class);
  bytes_ = reader.position();
}

absl::StatusOr<RecordList> RecordList::Parse(ByteView wire, NameView apex, RecordLimits limits) {
  RecordList list(apex, limits);
  if (wire.size() <= limits.bytes_max) list.Reserve(wire.size());
  ByteReader reader(wire);
  while (!reader.AtEnd()) {  // Each turn takes at least 11 octets.
    const size_t at = reader.position();
    RecordView record = {NameView(), RrType::kA, 0, {}, {}};
    uint16_t rr_class = 0;
    if (!ReadRecord(reader, record, rr_class)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the record at octet ", at, " ends early or has no valid owner"));
    }
    if (rr_class != static_cast<uint16_t>(RrClass::kIn)) {
      return absl::InvalidArgumentError(
          absl::StrCat(RecordText(record), ": of class ", rr_class, "; only IN is supported"));
    }
    const absl::Status added = list.Add(record);
    if (!added.ok()) return added;
  }
  return list;
}

absl::Status RecordList::Add(const RecordView& record) {
  if (!record.owner.IsAtOrBelow(apex_)) {
    return absl::InvalidArgumentError(absl::StrCat(RecordText(record), ": outside the zone ",
                                                   apex_.ToText(), "; remove the record"));
  }
  if (record.type == RrType::kSoa && !record.owner.EqualsIgnoreCase(apex_)) {
    return absl::InvalidArgumentError(absl::StrCat(RecordText(record), ": a SOA below the apex ",
                                                   apex_.ToText(), "; remove the record"));
  }
  const absl::Status data = CheckData(record);
  if (!data.ok()) return data;
  return AddChecked(record);
}

absl::Status RecordList::AddChecked(const RecordView& record) {
  if (count_ >= limits_.records_max ||
      WireBytes(record) > limits_.bytes_max - std::min(limits_.bytes_max, octets_.size())) {
    return absl::ResourceExhaustedError(
        absl::StrCat("zone ", apex_.ToText(), ": over ", limits_.records_max, " records or ",
                     limits_.bytes_max, " octets; raise the limits if the zone may be that large"));
  }
  if (is_sorted_ && count_ > 0) is_sorted_ = IsLastBefore(record);
  Append(record);
  return absl::OkStatus();
}

bool RecordList::IsLastBefore(const RecordView& record) const {
  return CompareRecords(*Iterator(ByteView(octets_).subspan(last_at_)), record) < 0;
}

void RecordList::Append(const RecordView& record) {
  last_at_ = octets_.size();
  const ByteView owner = record.owner.wire();
  uint8_t fixed[kFixedBytes];
  StoreU16(fixed, static_cast<uint16_t>(record.type));
  StoreU16(fixed + 2, static_cast<uint16_t>(RrClass::kIn));
  StoreU32(fixed + 4, record.ttl_seconds);
  StoreU16(fixed + 8, static_cast<uint16_t>(record.rdata.size()));
  octets_.insert(octets_.end(), owner.begin(), owner.end());
  octets_.insert(octets_.end(), fixed, fixed + sizeof(fixed));
  octets_.insert(octets_.end(), record.rdata.begin(), record.rdata.end());
  ++count_;
}

// By keys of eight octets; records are compared only where those are equal.
void RecordList::Sort() {
  if (is_sorted_) return;
  struct Keyed {
    uint64_t key;
    size_t at;
  };
  const size_t apex_labels = apex_.view().label_count();
  std::vector<Keyed> keyed;
  keyed.reserve(count_);
  const ByteView octets = octets_;
  for (Iterator record = begin(); record != end(); ++record) {
    const auto at = static_cast<size_t>(record->owner.data() - octets.data());
    keyed.push_back({SortKey(record->owner, apex_labels), at});
  }
  std::stable_sort(keyed.begin(), keyed.end(), [octets](const Keyed& a, const Keyed& b) {
    if (a.key != b.key) return a.key < b.key;
    return CompareRecords(*Iterator(octets.subspan(a.at)), *Iterator(octets.subspan(b.at))) < 0;
  });
  RecordList sorted(apex_, limits_);
  sorted.Reserve(octets_.size());
  for (const Keyed& one : keyed) {
    const Iterator record(octets.subspan(one.at));
    // RFC 2181 §5: a record that is given twice is one record.
    if (sorted.empty() || sorted.IsLastBefore(*record)) sorted.Append(*record);
  }
  *this = std::move(sorted);
}

absl::StatusOr<uint32_t> RecordList::Serial() const {
  const RecordView* soa = nullptr;
  RecordView found = {NameView(), RrType::kA, 0, {}, {}};
  for (const RecordView& record : *this) {
    if (is_sorted_ && !record.owner.EqualsIgnoreCase(apex_)) break;  // The apex comes first.
    if (record.type != RrType::kSoa) continue;
    if (soa != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("zone ", apex_.ToText(), ": a second SOA; keep one (RFC 1035 §5.2)"));
    }
    found = record;
    soa = &found;
  }
  if (soa != nullptr) return SoaSerial(soa->rdata);
  return absl::InvalidArgumentError(
      absl::StrCat("zone ", apex_.ToText(), ": no SOA; add one (RFC 1035 §5.2)"));
}

}  // namespace hither
