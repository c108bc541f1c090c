#include "zones/image_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "zones/check.h"

namespace hither {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kHugePageBytes = 2 << 20;
constexpr size_t kMappedBytesMin = 4 << 20;  // Below it malloc() does as well.
constexpr size_t kImageBytesMax = kImageUnitBytes * (size_t{UINT32_MAX} + 1);

size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

// A mapping that begins at a huge page's border. Pages cost memory once they are written.
uint8_t* Map(size_t bytes) {
  const size_t all = bytes + kHugePageBytes;
  void* const got = ::mmap(nullptr, all, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<uint8_t*>(got);
  const size_t skip =
      RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePageBytes) - reinterpret_cast<uintptr_t>(begin);
  if (skip > 0) ::munmap(begin, skip);
  if (all - skip > bytes) ::munmap(begin + skip + bytes, all - skip - bytes);
  ::madvise(begin + skip, bytes, MADV_HUGEPAGE);  // Without huge pages it works, too.
  return begin + skip;
}

struct Freer {
  void operator()(const Zone* zone) const { std::free(const_cast<Zone*>(zone)); }
};

struct Unmapper {
  void operator()(const Zone* zone) const {
    ::munmap(const_cast<Zone*>(zone), RoundUp(zone->image_bytes(), kPageBytes));
  }
};

}  // namespace

ImageMemory::ImageMemory(size_t bytes_expected) { Reserve(std::max(bytes_expected, kPageBytes)); }

ImageMemory::~ImageMemory() {
  if (mapped_) {
    ::munmap(data_, capacity_);
  } else {
    std::free(data_);
  }
}

void ImageMemory::Reserve(size_t bytes) {
  if (bytes < kMappedBytesMin) {
    void* const got = std::realloc(data_, bytes);
    if (got == nullptr) throw std::bad_alloc();
    data_ = static_cast<uint8_t*>(got);
    capacity_ = bytes;
    return;
  }
  bytes = RoundUp(bytes, kHugePageBytes);
  uint8_t* const next = Map(bytes);
  if (size_ > 0) std::memcpy(next, data_, size_);
  if (mapped_) {
    ::munmap(data_, capacity_);
  } else {
    std::free(data_);
  }
  data_ = next;
  capacity_ = bytes;
  mapped_ = true;
}

void ImageMemory::Resize(size_t bytes) {
  if (bytes > kImageBytesMax) throw std::length_error("a zone image of over 32 GiB");
  if (bytes > capacity_) Reserve(std::max(bytes, capacity_ + capacity_ / 2));
  if (!mapped_ && bytes > size_) std::memset(data_ + size_, 0, bytes - size_);
  HITHER_CHECK(!mapped_ || bytes >= size_);  // What is mapped is zero only once.
  size_ = bytes;
}

std::shared_ptr<const Zone> ImageMemory::Release() {
  if (!mapped_) {
    // Exactly as much as it needs: small zones come by the million.
    void* const exact = std::malloc(size_);
    if (exact == nullptr) throw std::bad_alloc();
    std::memcpy(exact, data_, size_);
    return {static_cast<const Zone*>(exact), Freer()};
  }
  const size_t used = RoundUp(size_, kPageBytes);
  if (used < capacity_) ::munmap(data_ + used, capacity_ - used);
  ::mprotect(data_, used, PROT_READ);  // Nobody is to write there any more, not even by mistake.
  mapped_ = false;
  capacity_ = size_ = 0;
  return {reinterpret_cast<const Zone*>(std::exchange(data_, nullptr)), Unmapper()};
}

}  // namespace hither
