#include "base/growing_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/huge_pages.h"

namespace hither {
namespace {

constexpr size_t kBytesMin = 1024;
constexpr size_t kMappedBytesMin = kHugePageBytes;

}  // namespace

void GrowingBytes::Grow(size_t bytes_min) {
  const size_t doubled = std::max({kBytesMin, bytes_min, 2 * capacity_});
  if (doubled < kMappedBytesMin) return MoveTo(doubled);
  // If address space is scarce, less suffices.
  if (TryToMap(std::max(bytes_min, 4 * capacity_))) return;
  MoveTo(std::max(bytes_min, capacity_ + capacity_ / 2));
}

void GrowingBytes::MoveTo(size_t capacity) {
  if (capacity >= kMappedBytesMin) {
    if (!TryToMap(capacity)) throw std::bad_alloc();
    return;
  }
  void* const got = std::realloc(data_, capacity);
  if (got == nullptr) throw std::bad_alloc();
  data_ = static_cast<uint8_t*>(got);
  capacity_ = capacity;
}

bool GrowingBytes::TryToMap(size_t capacity) {
  capacity = RoundUpToHugePages(capacity);
  uint8_t* const next = MapHugePages(capacity);
  if (next == nullptr) return false;
  if (size_ > 0) std::memcpy(next, data_, size_);
  Free();
  data_ = next;
  capacity_ = capacity;
  mapped_ = true;
  return true;
}

uint8_t* GrowingBytes::TakeMapping() {
  HITHER_CHECK(mapped_);
  const size_t used = RoundUpToPages(size_);
  Unmap(data_ + used, capacity_ - used);
  mapped_ = false;
  size_ = capacity_ = 0;
  return std::exchange(data_, nullptr);
}

void GrowingBytes::Free() {
  if (mapped_) {
    Unmap(data_, capacity_);
  } else {
    std::free(data_);
  }
}

}  // namespace hither
