#include "zones/image/image_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "base/huge_pages.h"
#include "zones/image/image_layout.h"

namespace hither {
namespace {

constexpr size_t kBytesExpectedMin = 4096;

struct Freer {
  void operator()(const Zone* zone) const { std::free(const_cast<Zone*>(zone)); }
};

struct Unmapper {
  void operator()(const Zone* zone) const {
    const size_t bytes = RoundUpToPages(zone->image_bytes());
    Unmap(reinterpret_cast<uint8_t*>(const_cast<Zone*>(zone)), bytes);
  }
};

}  // namespace

ImageMemory::ImageMemory(size_t bytes_expected) {
  bytes_.Reserve(std::max(bytes_expected, kBytesExpectedMin));
}

uint8_t* ImageMemory::Extend(size_t bytes) {
  if (bytes > kImageBytesMax - size()) throw std::length_error("a zone image of over 32 GiB");
  uint8_t* const at = bytes_.Extend(bytes);
  if (!bytes_.is_mapped()) std::memset(at, 0, bytes);
  return at;
}

std::shared_ptr<const Zone> ImageMemory::Release() {
  const size_t size = bytes_.size();
  if (!bytes_.is_mapped()) {
    // Exactly as much as it needs: there may be millions of small zones.
    void* const exact = std::malloc(size);
    if (exact == nullptr) throw std::bad_alloc();
    std::memcpy(exact, bytes_.data(), size);
    return {static_cast<const Zone*>(exact), Freer()};
  }
  uint8_t* const image = bytes_.TakeMapping();
  // Nothing may write there any longer, not even by mistake.
  ::mprotect(image, RoundUpToPages(size), PROT_READ);
  return {reinterpret_cast<const Zone*>(image), Unmapper()};
}

}  // namespace hither
