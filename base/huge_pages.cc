#include "base/huge_pages.h"

#include <sys/mman.h>

namespace hither {

uint8_t* MapHugePages(size_t bytes) {
  bytes = RoundUpToHugePages(bytes);
  const size_t all = bytes + kHugePageBytes;  // To cut an aligned part out of it.
  void* const got = ::mmap(nullptr, all, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<uint8_t*>(got);
  const size_t skip = kHugePageBytes - reinterpret_cast<uintptr_t>(begin) % kHugePageBytes;
  ::munmap(begin, skip);
  if (all - skip > bytes) ::munmap(begin + skip + bytes, all - skip - bytes);
  ::madvise(begin + skip, bytes, MADV_HUGEPAGE);  // Without huge pages it works, too.
  return begin + skip;
}

void Unmap(uint8_t* at, size_t bytes) {
  if (bytes > 0) ::munmap(at, bytes);
}

}  // namespace hither
