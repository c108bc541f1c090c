#ifndef HITHER_TESTS_SUPPORT_COUNT_ALLOCATIONS_H_
#define HITHER_TESTS_SUPPORT_COUNT_ALLOCATIONS_H_

#include <cstdint>

namespace hither {

// A program that is linked with this counts what it asks malloc() and its kin for, from any thread:
// this code, libuv, OpenSSL. Not under a sanitizer, whose malloc() is its own.
bool AllocationsAreCounted();

// So far, of the calling thread.
uint64_t Allocations();

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_COUNT_ALLOCATIONS_H_
