#ifndef HITHER_ZONES_IMAGE_IMAGE_MEMORY_H_
#define HITHER_ZONES_IMAGE_IMAGE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/growing_bytes.h"
#include "zones/image/zone.h"

namespace hither {

// The octets of an image being built: zeros until written. They move when they grow, so a writer
// keeps offsets, not addresses. One thread's.
//
// A large image has a mapping of its own, in huge pages where the kernel has them: otherwise a
// lookup in a zone of a million names would spend its time on the page table.
class ImageMemory {
 public:
  // Room for about this many octets; only used ones cost memory.
  explicit ImageMemory(size_t bytes_expected);

  uint8_t* data() { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  // Returns where the new octets are. Throws std::bad_alloc, or std::length_error beyond what a
  // NodeId can reach.
  uint8_t* Extend(size_t bytes);

  // The complete image; unused memory is released. The zone begins with data(); this object is then
  // empty.
  std::shared_ptr<const Zone> Release();

 private:
  GrowingBytes bytes_;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_MEMORY_H_
