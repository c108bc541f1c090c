#include "zones/record_log.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "zones/name_hash.h"

namespace hither {
namespace {

constexpr size_t kSlotsMin = 16;

uint32_t HashOwner(NameView name, bool nsec3) {
  return static_cast<uint32_t>(HashName(name) >> 32) + (nsec3 ? 1 : 0);
}

// A place of what is appended next.
uint32_t NextId(const GrowingBytes& bytes, size_t unit_bytes) {
  const size_t id = bytes.size() / unit_bytes;
  if (id > UINT32_MAX) throw std::length_error("a zone of over 32 GiB");
  return static_cast<uint32_t>(id);
}

}  // namespace

RecordLog::RecordLog(NameView apex) {
  static_assert(offsetof(Owner, nsec3) + 1 == kOwnerHeadBytes);
  static_assert(offsetof(Record, file) + 2 == kRecordHeadBytes);
  owners_.Extend(kFirst * kUnitBytes);
  records_.Extend(kFirst * kUnitBytes);
  Intern(apex, false);
}

// Each slot's place grows with its hash, so that the slots keep their order and a pass suffices.
void RecordLog::GrowSlots() {
  const std::vector<Slot> before =
      std::exchange(slots_, std::vector<Slot>(std::max<size_t>(kSlotsMin, 2 * slots_.size())));
  for (const Slot& slot : before) {
    if (slot.owner == 0) continue;
    size_t at = PlaceOf(slot.hash);
    while (slots_[at].owner != 0) at = at + 1 == slots_.size() ? 0 : at + 1;
    slots_[at] = slot;
  }
}

RecordLog::OwnerId RecordLog::Intern(NameView name, bool nsec3) {
  if (last_owner_ != 0) {
    const Owner& last = owner(last_owner_);
    if (last.nsec3 == nsec3 && last.name().EqualsExactly(name)) return last_owner_;
  }
  if (3 * (owner_count_ + 1) > 2 * slots_.size()) GrowSlots();
  const uint32_t hash = HashOwner(name, nsec3);
  size_t at = PlaceOf(hash);
  for (; slots_[at].owner != 0; at = at + 1 == slots_.size() ? 0 : at + 1) {  // A third is free.
    if (slots_[at].hash != hash) continue;
    const Owner& there = owner(slots_[at].owner);
    if (there.nsec3 == nsec3 && there.name().EqualsIgnoreCase(name)) {
      return last_owner_ = slots_[at].owner;
    }
  }
  const OwnerId id = NextId(owners_, kUnitBytes);
  const auto name_bytes = static_cast<uint8_t>(name.size());
  uint8_t* const to = owners_.Extend(UnitsOfOwner(name_bytes) * kUnitBytes);
  Owner head{.last = 0, .name_bytes = name_bytes, .nsec3 = nsec3};
  std::memcpy(to, &head, kOwnerHeadBytes);
  std::memcpy(to + kOwnerHeadBytes, name.data(), name.size());
  slots_[at] = {hash, id};
  ++owner_count_;
  name_bytes_ += name.size();
  return last_owner_ = id;
}

void RecordLog::Add(const RecordView& record) {
  RrType covered = record.type;
  if (record.type == RrType::kRrsig && record.rdata.size() >= 2) {
    covered = static_cast<RrType>(LoadU16(record.rdata.data()));
  }
  const OwnerId owner_id = Intern(record.owner, covered == RrType::kNsec3);
  RecordId& last = reinterpret_cast<Owner*>(owners_.data() + size_t{owner_id} * kUnitBytes)->last;
  const Record head{.before = last,
                    .ttl_seconds = record.ttl_seconds,
                    .line = record.location.line,
                    .type = record.type,
                    .rdata_bytes = static_cast<uint16_t>(record.rdata.size()),
                    .file = static_cast<uint16_t>(record.location.file)};
  const RecordId id = NextId(records_, kUnitBytes);
  const size_t bytes = kRecordHeadBytes + record.rdata.size();
  uint8_t* const to = records_.Extend((bytes + kUnitBytes - 1) / kUnitBytes * kUnitBytes);
  std::memcpy(to, &head, kRecordHeadBytes);
  std::memcpy(to + kRecordHeadBytes, record.rdata.data(), record.rdata.size());
  last = id;
  ++record_count_;
  rdata_bytes_ += record.rdata.size();
}

}  // namespace hither
