#ifndef HITHER_ZONES_IMAGE_OWNER_ORDER_H_
#define HITHER_ZONES_IMAGE_OWNER_ORDER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "zones/image/record_buffer.h"

namespace hither {

// The owners of a buffer in the order of an image: names in canonical order (RFC 4034 §6.1), the
// apex first; then owners of NSEC3 records in the same order.
class OwnerOrder {
 public:
  OwnerOrder(const RecordBuffer& buffer, size_t apex_labels);

  std::span<const RecordBuffer::OwnerId> names() const {
    return std::span(owners_).first(name_count_);
  }
  std::span<const RecordBuffer::OwnerId> nsec3_owners() const {
    return std::span(owners_).subspan(name_count_);
  }

  // 0 if there is none of this name.
  RecordBuffer::OwnerId Find(const RecordBuffer& buffer, NameView name, bool nsec3) const;

 private:
  static void Sort(const RecordBuffer& buffer, size_t apex_labels,
                   std::span<RecordBuffer::OwnerId> owners);

  std::vector<RecordBuffer::OwnerId> owners_;
  size_t name_count_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_OWNER_ORDER_H_
