#ifndef HITHER_BASE_HUGE_PAGES_H_
#define HITHER_BASE_HUGE_PAGES_H_

#include <cstddef>
#include <cstdint>

namespace hither {

// Memory for large data: zeros, in huge pages if the kernel has them. It costs nothing until it is
// written, and then a five-hundredth of the page faults and of the page table.
inline constexpr size_t kHugePageBytes = 2 << 20;

// At least `bytes`, a multiple of kHugePageBytes. Null if there is none.
uint8_t* MapHugePages(size_t bytes);
inline constexpr size_t RoundUpToHugePages(size_t bytes) {
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}
inline constexpr size_t kPageBytes = 4096;
inline constexpr size_t RoundUpToPages(size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}
// Part of a mapping, in whole pages.
void Unmap(uint8_t* at, size_t bytes);

}  // namespace hither

#endif  // HITHER_BASE_HUGE_PAGES_H_
