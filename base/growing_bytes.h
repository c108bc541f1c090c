#ifndef HITHER_BASE_GROWING_BYTES_H_
#define HITHER_BASE_GROWING_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <utility>

namespace hither {

// Octets that grow at their end and move when they do. New ones are of any value.
//
// What is large is mapped, with room for four times as much, which costs nothing until it is used:
// so old and new octets are there at once only while there are few. Throws std::bad_alloc.
class GrowingBytes {
 public:
  GrowingBytes() = default;
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;
  ~GrowingBytes() { Free(); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Room for so many in all. What is mapped of it is zeros, until it is written.
  void Reserve(size_t bytes) {
    if (bytes > capacity_) MoveTo(bytes);
  }

  // Returns where the new octets are.
  uint8_t* Extend(size_t bytes) {
    if (bytes > capacity_ - size_) Grow(size_ + bytes);
    return data_ + std::exchange(size_, size_ + bytes);
  }

  bool is_mapped() const { return mapped_; }
  // What is mapped, now the caller's to Unmap() (huge_pages.h), without the pages that were not
  // used. This has no octets any more.
  uint8_t* TakeMapping();

 private:
  void Grow(size_t bytes_min);
  void MoveTo(size_t capacity);
  bool TryToMap(size_t capacity);
  void Free();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool mapped_ = false;
};

}  // namespace hither

#endif  // HITHER_BASE_GROWING_BYTES_H_
