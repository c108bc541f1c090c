#ifndef HITHER_ZONES_GROWING_BYTES_H_
#define HITHER_ZONES_GROWING_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace hither {

// Octets that grow by realloc(), which moves a large block's pages rather than its octets: unlike a
// vector, it never needs the old and the new block at once. New octets are of any value.
class GrowingBytes {
 public:
  GrowingBytes() = default;
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;
  ~GrowingBytes() { std::free(data_); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Returns where the new octets are.
  uint8_t* Extend(size_t bytes) {
    if (bytes > capacity_ - size_) Grow(bytes);
    return data_ + std::exchange(size_, size_ + bytes);
  }

 private:
  static constexpr size_t kBytesMin = 1024;

  void Grow(size_t bytes) {
    size_t next = capacity_ == 0 ? kBytesMin : capacity_ + capacity_ / 2;
    while (next - size_ < bytes) next *= 2;
    void* const got = std::realloc(data_, next);
    if (got == nullptr) throw std::bad_alloc();
    data_ = static_cast<uint8_t*>(got);
    capacity_ = next;
  }

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_GROWING_BYTES_H_
