#include "zones/growing_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "zones/huge_pages.h"

namespace hither {
namespace {

constexpr size_t kBytesMin = 1024;
constexpr size_t kMappedBytesMin = kHugePageBytes;

}  // namespace

void GrowingBytes::Grow(size_t bytes_min) {
  const size_t doubled = std::max({kBytesMin, bytes_min, 2 * capacity_});
  if (doubled < kMappedBytesMin) {
    void* const got = std::realloc(data_, doubled);
    if (got == nullptr) throw std::bad_alloc();
    data_ = static_cast<uint8_t*>(got);
    capacity_ = doubled;
    return;
  }
  // Where address space is short, less will do.
  size_t next_bytes = RoundUpToHugePages(std::max(bytes_min, 4 * capacity_));
  uint8_t* next = MapHugePages(next_bytes);
  if (next == nullptr) {
    next_bytes = RoundUpToHugePages(std::max(bytes_min, capacity_ + capacity_ / 2));
    next = MapHugePages(next_bytes);
  }
  if (next == nullptr) throw std::bad_alloc();
  if (size_ > 0) std::memcpy(next, data_, size_);
  Free();
  data_ = next;
  capacity_ = next_bytes;
  mapped_ = true;
}

void GrowingBytes::Free() {
  if (mapped_) {
    Unmap(data_, capacity_);
  } else {
    std::free(data_);
  }
}

}  // namespace hither
