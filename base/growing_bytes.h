#ifndef HITHER_BASE_GROWING_BYTES_H_
#define HITHER_BASE_GROWING_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <utility>

namespace hither {

// Octets that grow at their end and may move when they do. New ones have any value.
//
// Large buffers are mapped, with room for four times as much, which costs nothing until it is used:
// so old and new octets exist together only while they are few. Throws std::bad_alloc.
class GrowingBytes {
 public:
  GrowingBytes() = default;
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;
  ~GrowingBytes() { Free(); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Makes room for that many in all. Mapped octets are zeros until they are written.
  void Reserve(size_t bytes) {
    if (bytes > capacity_) MoveTo(bytes);
  }

  // Returns where the new octets are.
  uint8_t* Extend(size_t bytes) {
    if (bytes > capacity_ - size_) Grow(size_ + bytes);
    return data_ + std::exchange(size_, size_ + bytes);
  }

  bool is_mapped() const { return mapped_; }
  // The mapping without its unused pages; the caller must Unmap() it (huge_pages.h). This is then
  // empty.
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
