#include "zones/set/name_table.h"

#include "base/check.h"

namespace hither {

void NameTable::Reserve(size_t count) {
  HITHER_CHECK(count < kNone);
  buckets_ = std::vector<Bucket>(count == 0 ? 0 : (count + kSlotsUsed - 1) / kSlotsUsed);
  used_ = 0;
  room_ = buckets_.size() * kSlotsUsed;
}

void NameTable::Insert(uint64_t hash, uint32_t number) {
  HITHER_CHECK(used_ < room_);
  for (size_t at = BucketOf(hash);; at = at + 1 == buckets_.size() ? 0 : at + 1) {
    for (Slot& slot : buckets_[at].slots) {
      if (slot.number != kNone) continue;
      slot = {static_cast<uint32_t>(hash), number};
      ++used_;
      return;
    }
  }
}

}  // namespace hither
