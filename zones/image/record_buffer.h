#ifndef HITHER_ZONES_IMAGE_RECORD_BUFFER_H_
#define HITHER_ZONES_IMAGE_RECORD_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/growing_bytes.h"
#include "dns/name.h"
#include "dns/record.h"

namespace hither {

// The records of a zone being built, in order of arrival, and their owners, each once. Compact: a
// load may use at most half as much memory again as its image.
//
// One thread's. Throws std::bad_alloc or std::length_error if memory or 32 GiB are not enough.
class RecordBuffer {
 public:
  // Offsets, in units of 8 octets; 0 is none.
  using OwnerId = uint32_t;
  using RecordId = uint32_t;

  struct Owner {
    RecordId last;  // Of its records; 0: it has none.
    uint8_t name_bytes;
    bool nsec3;  // Owns NSEC3 records (a second Owner of the same name may own others).
    NameView name() const {
      return NameView(ByteView(reinterpret_cast<const uint8_t*>(&nsec3) + 1, name_bytes));
    }
  };

  struct Record {
    RecordId before;  // The previous record of the same owner, or 0.
    uint32_t ttl_seconds;
    uint32_t line;
    RrType type;
    uint16_t rdata_bytes;
    uint16_t file;
    ByteView rdata() const {
      return {reinterpret_cast<const uint8_t*>(&file) + sizeof(file), rdata_bytes};
    }
    Location location() const { return {file, line}; }
    bool IsSignature() const { return type == RrType::kRrsig; }
    // RRSIGs: the type they sign. Otherwise the type itself.
    RrType covered() const {
      if (!IsSignature() || rdata_bytes < 2) return type;
      return static_cast<RrType>(LoadU16(rdata().data()));
    }
  };

  explicit RecordBuffer(NameView apex);

  void Add(const RecordView& record);
  // Is it, in the same case, the owner of the record added last?
  bool IsLastOwner(NameView name) const { return owner(last_owner_).name().EqualsExactly(name); }

  const Owner& owner(OwnerId id) const {
    return *reinterpret_cast<const Owner*>(owners_.data() + size_t{id} * kUnitBytes);
  }
  const Record& record(RecordId id) const {
    return *reinterpret_cast<const Record*>(records_.data() + size_t{id} * kUnitBytes);
  }

  // All owners, in order of arrival; the apex is the first.
  OwnerId first_owner() const { return kFirst; }
  OwnerId Next(OwnerId id) const { return id + UnitsOfOwner(owner(id).name_bytes); }
  OwnerId owners_end() const { return static_cast<OwnerId>(owners_.size() / kUnitBytes); }

  size_t owner_count() const { return owner_count_; }
  size_t record_count() const { return record_count_; }
  // Names were chosen for their hashes, to make the load take forever. From then on records are
  // dropped.
  bool has_too_many_collisions() const { return too_many_collisions_; }
  // Did the names and the owners of NSEC3 records arrive in canonical order (RFC 4034 §6.1)?
  bool is_sorted() const { return is_sorted_; }
  // Octets of all RDATA, and of all owners' names, to estimate the image's size.
  size_t rdata_bytes() const { return rdata_bytes_; }
  size_t name_bytes() const { return name_bytes_; }

  // Frees memory that only Add() needs.
  void CloseOwners() { slots_ = {}; }

 private:
  static constexpr size_t kUnitBytes = 8;
  static constexpr uint32_t kFirst = 1;
  // The octets after a struct start at its last member's end, which is before sizeof().
  static constexpr size_t kOwnerHeadBytes = 6;
  static constexpr size_t kRecordHeadBytes = 18;

  // Open addressing, in the order of the hashes, so that growing needs no rehashing.
  struct Slot {
    uint32_t hash = 0;  // The upper half.
    OwnerId owner = 0;  // 0: free.
  };

  static uint32_t UnitsOfOwner(uint8_t name_bytes) {
    return static_cast<uint32_t>((kOwnerHeadBytes + name_bytes + kUnitBytes - 1) / kUnitBytes);
  }
  bool ComesLast(NameView name, bool nsec3) const;
  OwnerId Append(NameView name, bool nsec3);
  void HashAll();
  size_t PlaceOf(uint32_t hash) const { return uint64_t{hash} * slots_.size() >> 32; }
  // The first slot, from the hash's position on, that is free or the one sought. Null if too many
  // are filled by others.
  template <typename IsSought>
  Slot* FindSlot(uint32_t hash, IsSought is_sought);
  void Insert(uint32_t hash, OwnerId id);
  OwnerId Intern(NameView name, bool nsec3);
  void GrowSlots();

  GrowingBytes owners_;
  GrowingBytes records_;
  // While the owners arrive in order, each is new, and no lookup is needed. Most large files are
  // sorted, by signers and registries.
  bool is_sorted_ = true;
  OwnerId greatest_[2] = {0, 0};  // Of names, of owners of NSEC3.
  std::vector<Slot> slots_;       // From the first owner out of order.
  OwnerId last_owner_ = 0;        // Of the previous record: most files name an owner once.
  bool too_many_collisions_ = false;
  size_t owner_count_ = 0;
  size_t record_count_ = 0;
  size_t rdata_bytes_ = 0;
  size_t name_bytes_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_RECORD_BUFFER_H_
