#include "tests/support/count_allocations.h"

#include <cstddef>

namespace hither {
namespace {

thread_local uint64_t allocations = 0;

}  // namespace

uint64_t Allocations() { return allocations; }

}  // namespace hither

#ifdef HITHER_IS_SANITIZED

bool hither::AllocationsAreCounted() { return false; }

#else

bool hither::AllocationsAreCounted() { return true; }

// glibc's own, under the names that its malloc() may be replaced by (malloc(3), "Replacing
// malloc").
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* at, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);

void* malloc(size_t bytes) {
  ++hither::allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  ++hither::allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* at, size_t bytes) {
  ++hither::allocations;
  return __libc_realloc(at, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  ++hither::allocations;
  return __libc_memalign(alignment, bytes);
}
}

#endif
