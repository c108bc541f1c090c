#include "zones/image/record_buffer.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "dns/name_hash.h"

namespace hither {
namespace {

constexpr size_t kSlotsMin = 16;
// With two of three slots in use, a billion names not chosen for it need about 300.
constexpr size_t kProbesMax = 1'024;

uint32_t HashOwner(NameView name, bool nsec3) {
  return static_cast<uint32_t>(HashName(name) >> 32) + (nsec3 ? 1 : 0);
}

// The offset of the next appended item.
uint32_t NextId(const GrowingBytes& bytes, size_t unit_bytes) {
  const size_t id = bytes.size() / unit_bytes;
  if (id > UINT32_MAX) throw std::length_error("a zone of over 32 GiB");
  return static_cast<uint32_t>(id);
}

}  // namespace

RecordBuffer::RecordBuffer(NameView apex) {
  static_assert(offsetof(Owner, nsec3) + 1 == kOwnerHeadBytes);
  static_assert(offsetof(Record, file) + 2 == kRecordHeadBytes);
  owners_.Extend(kFirst * kUnitBytes);
  records_.Extend(kFirst * kUnitBytes);
  last_owner_ = Intern(apex, false);
}

template <typename IsSought>
RecordBuffer::Slot* RecordBuffer::FindSlot(uint32_t hash, IsSought is_sought) {
  size_t at = PlaceOf(hash);
  for (size_t probes = 0; probes < kProbesMax; ++probes) {  // A third is free.
    if (slots_[at].owner == 0 || is_sought(slots_[at])) return &slots_[at];
    at = at + 1 == slots_.size() ? 0 : at + 1;
  }
  too_many_collisions_ = true;
  return nullptr;
}

void RecordBuffer::Insert(uint32_t hash, OwnerId id) {
  Slot* const slot = FindSlot(hash, [](const Slot&) { return false; });
  if (slot != nullptr) *slot = {hash, id};
}

// Slots are in the order of their hashes, so they keep their order and one pass suffices.
void RecordBuffer::GrowSlots() {
  const std::vector<Slot> before =
      std::exchange(slots_, std::vector<Slot>(std::max<size_t>(kSlotsMin, 2 * slots_.size())));
  for (const Slot& slot : before) {
    if (slot.owner != 0) Insert(slot.hash, slot.owner);
  }
}

bool RecordBuffer::ComesLast(NameView name, bool nsec3) const {
  const OwnerId greatest = greatest_[nsec3];
  return greatest == 0 || CompareCanonical(owner(greatest).name(), name) < 0;
}

RecordBuffer::OwnerId RecordBuffer::Append(NameView name, bool nsec3) {
  const OwnerId id = NextId(owners_, kUnitBytes);
  const auto name_bytes = static_cast<uint8_t>(name.size());
  uint8_t* const to = owners_.Extend(UnitsOfOwner(name_bytes) * kUnitBytes);
  const Owner head{.last = 0, .name_bytes = name_bytes, .nsec3 = nsec3};
  std::memcpy(to, &head, kOwnerHeadBytes);
  std::memcpy(to + kOwnerHeadBytes, name.data(), name.size());
  ++owner_count_;
  name_bytes_ += name.size();
  return id;
}

void RecordBuffer::HashAll() {
  is_sorted_ = false;
  slots_ = std::vector<Slot>(std::max(kSlotsMin, 2 * owner_count_));
  for (OwnerId id = first_owner(); id < owners_end() && !too_many_collisions_; id = Next(id)) {
    Insert(HashOwner(owner(id).name(), owner(id).nsec3), id);
  }
}

RecordBuffer::OwnerId RecordBuffer::Intern(NameView name, bool nsec3) {
  const auto is_it = [&](OwnerId id) {
    return id != 0 && owner(id).nsec3 == nsec3 && owner(id).name().EqualsIgnoreCase(name);
  };
  if (is_it(last_owner_)) return last_owner_;
  if (is_sorted_) {
    if (ComesLast(name, nsec3)) return greatest_[nsec3] = Append(name, nsec3);
    if (is_it(greatest_[nsec3])) return greatest_[nsec3];
    HashAll();
  }
  if (3 * (owner_count_ + 1) > 2 * slots_.size()) GrowSlots();
  const uint32_t hash = HashOwner(name, nsec3);
  Slot* const slot =
      FindSlot(hash, [&](const Slot& other) { return other.hash == hash && is_it(other.owner); });
  if (slot == nullptr) return 0;
  if (slot->owner == 0) *slot = {hash, Append(name, nsec3)};
  return slot->owner;
}

void RecordBuffer::Add(const RecordView& record) {
  RrType covered = record.type;
  if (record.type == RrType::kRrsig && record.rdata.size() >= 2) {
    covered = static_cast<RrType>(LoadU16(record.rdata.data()));
  }
  if (too_many_collisions_) return;
  const OwnerId owner_id = Intern(record.owner, covered == RrType::kNsec3);
  if (too_many_collisions_) return;
  last_owner_ = owner_id;
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
