#ifndef HITHER_ZONES_SET_NAME_TABLE_H_
#define HITHER_ZONES_SET_NAME_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hither {

// Finds a number by a name's hash (name_hash.h): the numbers are indexes into the caller's list of
// names; the caller also decides whether a name found is the one sought.
//
// A bucket is one cache line of 8 slots, at most 5 of them used on average: a search reads one
// line, rarely two. Eight octets per slot, so 12.8 octets per name if Reserve() was given the
// count. A slot has 32 bits of the hash; its bucket depends on the others.
//
// Threads: a const table may be read by any number.
class NameTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Clears it, and makes room for `count` names.
  void Reserve(size_t count);

  // Only within the room made by Reserve(). Does not check whether the name already exists.
  void Insert(uint64_t hash, uint32_t number);

  // The same for the next number, counting up from 0, making room if necessary: `hash_of(number)`
  // is then called for all earlier ones.
  template <typename HashOf>
  void Append(uint64_t hash, uint32_t number, const HashOf& hash_of) {
    if (used_ == room_) {
      Reserve(room_ == 0 ? kFirstRoom : room_ * 2);
      for (uint32_t before = 0; before < number; ++before) Insert(hash_of(before), before);
    }
    Insert(hash, number);
  }

  size_t size() const { return used_; }
  size_t MemoryBytes() const { return buckets_.capacity() * sizeof(Bucket); }

  // `is_it(number)` is called for each number with a matching hash: rarely for other names.
  template <typename IsIt>
  uint32_t Find(uint64_t hash, const IsIt& is_it) const {
    if (buckets_.empty()) return kNone;
    const auto fingerprint = static_cast<uint32_t>(hash);
    for (size_t at = BucketOf(hash);; at = at + 1 == buckets_.size() ? 0 : at + 1) {
      for (const Slot& slot : buckets_[at].slots) {
        if (slot.number == kNone) return kNone;  // Slots fill from the first; never all of them.
        if (slot.fingerprint == fingerprint && is_it(slot.number)) return slot.number;
      }
    }
  }

  // Prefetches what Find(hash) will read.
  void Prefetch(uint64_t hash) const {
    if (!buckets_.empty()) __builtin_prefetch(&buckets_[BucketOf(hash)]);
  }

 private:
  static constexpr size_t kFirstRoom = 10;
  static constexpr size_t kSlots = 8;
  static constexpr size_t kSlotsUsed = 5;  // On average, when full.

  struct Slot {
    uint32_t fingerprint = 0;
    uint32_t number = kNone;  // kNone: free, as are all after it in this bucket.
  };
  struct alignas(64) Bucket {
    Slot slots[kSlots];
  };

  // The upper half, spread evenly over any count of buckets.
  size_t BucketOf(uint64_t hash) const {
    return static_cast<size_t>(((hash >> 32) * buckets_.size()) >> 32);
  }

  std::vector<Bucket> buckets_;
  size_t used_ = 0;
  size_t room_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_SET_NAME_TABLE_H_
