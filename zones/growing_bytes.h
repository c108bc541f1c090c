#ifndef HITHER_ZONES_GROWING_BYTES_H_
#define HITHER_ZONES_GROWING_BYTES_H_

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

  // Returns where the new octets are.
  uint8_t* Extend(size_t bytes) {
    if (bytes > capacity_ - size_) Grow(size_ + bytes);
    return data_ + std::exchange(size_, size_ + bytes);
  }

 private:
  void Grow(size_t bytes_min);
  void Free();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool mapped_ = false;
};

}  // namespace hither

#endif  // HITHER_ZONES_GROWING_BYTES_H_
