#ifndef HITHER_BASE_BYTES_H_
#define HITHER_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hither {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

inline ByteView AsBytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Integers are in host order everywhere; only ByteReader, ByteWriter and these know the network's.
inline uint16_t LoadU16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t LoadU32(const uint8_t* at) {
  return static_cast<uint32_t>(LoadU16(at)) << 16 | LoadU16(at + 2);
}
inline void StoreU16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline void StoreU32(uint8_t* at, uint32_t value) {
  StoreU16(at, static_cast<uint16_t>(value >> 16));
  StoreU16(at + 2, static_cast<uint16_t>(value));
}

// A cursor over foreign bytes that remembers its failure: read every field, then check ok() once.
// Past the end each read gives 0 (or an empty view), and ok() is false from then on.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes), whole_(bytes) {}

  uint8_t U8() {
    const ByteView at = Take(1);
    return at.empty() ? 0 : at[0];
  }
  uint16_t U16() {
    const ByteView at = Take(2);
    return at.empty() ? 0 : LoadU16(at.data());
  }
  uint32_t U32() {
    const ByteView at = Take(4);
    return at.empty() ? 0 : LoadU32(at.data());
  }
  ByteView Take(size_t count) {
    if (rest_.size() < count) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  size_t position() const { return whole_.size() - rest_.size(); }  // Octets read so far.

 private:
  ByteView rest_;
  ByteView whole_;
  bool ok_ = true;
};

// Appends to a growing vector; for building records and test packets, never on the packet path.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}
  void U8(uint8_t value) { out_.push_back(value); }
  void U16(uint16_t value) {
    U8(static_cast<uint8_t>(value >> 8));
    U8(static_cast<uint8_t>(value));
  }
  void U32(uint32_t value) {
    U16(static_cast<uint16_t>(value >> 16));
    U16(static_cast<uint16_t>(value));
  }
  void Append(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  Bytes& out_;
};

}  // namespace hither

#endif  // HITHER_BASE_BYTES_H_
