#ifndef HITHER_DNS_NAME_H_
#define HITHER_DNS_NAME_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

inline constexpr size_t kNameBytesMax = 255;  // RFC 1035 §2.3.4, the root's 0 included.
inline constexpr size_t kLabelBytesMax = 63;
inline constexpr size_t kNameLabelsMax = 127;  // 127 one-octet labels and the root: 255 octets.

// memcpy() for the short lengths of names: g++ 12 emits "rep movs" for a length of one octet, whose
// startup takes longer than copying a name.
inline void CopyNameOctets(uint8_t* to, const uint8_t* from, size_t size) {
  if (size >= 8) {
    for (size_t i = 0; i + 8 < size; i += 8) std::memcpy(to + i, from + i, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);  // Overlaps octets already copied.
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

// ASCII only, whatever the locale: RFC 4343 §3.
inline uint8_t ToLowerOctet(uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet | 0x20) : octet;
}

// The same for eight octets at once.
inline uint64_t ToLowerOctets(uint64_t octets) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low7 = octets & (0x7f * kOnes);
  const uint64_t from_a = low7 + ((0x80 - 'A') * kOnes);      // High bit: >= 'A'.
  const uint64_t past_z = low7 + ((0x80 - 'Z' - 1) * kOnes);  // High bit: > 'Z'.
  const uint64_t upper = from_a & ~past_z & ~octets & (0x80 * kOnes);
  return octets | (upper >> 2);  // 0x80 >> 2 is 0x20, the difference between 'A' and 'a'.
}

// An uncompressed, absolute domain name in wire form, ending in the root's 0 octet; case as given.
// A view: the owner of the octets must outlive it. Always valid once made (FromWire checks).
class NameView {
 public:
  NameView() : NameView(kRootOctet) {}
  // `wire` must be exactly one valid name. Use Name::FromWire for foreign octets.
  explicit NameView(ByteView wire) : data_(wire.data()), size_(static_cast<uint8_t>(wire.size())) {}

  ByteView wire() const { return {data_, size_}; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool IsRoot() const { return size_ == 1; }
  bool IsWildcard() const { return size_ >= 3 && data_[0] == 1 && data_[1] == '*'; }
  size_t label_count() const;  // The root's empty label is not counted: 0 for ".".
  ByteView first_label() const { return {data_ + 1, data_[0]}; }  // Empty for the root.

  NameView Parent() const;                      // Without the first label; the root of the root.
  NameView Suffix(size_t labels) const;         // The last `labels` labels.
  bool IsAtOrBelow(NameView ancestor) const;    // Case-insensitive.
  bool EqualsIgnoreCase(NameView other) const;  // RFC 4343
  bool EqualsExactly(NameView other) const {
    return size_ == other.size_ && std::memcmp(data_, other.data_, size_) == 0;
  }
  std::string ToText() const;  // Absolute, with \. and \DDD escapes where RFC 1035 §5.1 requires.

 private:
  static constexpr uint8_t kRootOctet[1] = {0};
  const uint8_t* data_;
  uint8_t size_;
};

// What foreign octets begin with: the only walk over a name in wire form (RFC 1035 §3.1).
enum class NameEnd : uint8_t {
  kRoot,      // A name; `bytes` includes the root's 0.
  kPointer,   // Compressed (§4.1.4): `bytes` are those before the pointer.
  kBadLabel,  // A label's length of 64 to 191.
  kTooLong,   // Over 255 octets.
  kEarly,     // The octets end within it.
};
struct NameScan {
  NameEnd end;
  uint8_t bytes = 0;
  uint8_t labels = 0;
};
inline NameScan ScanName(ByteView octets) {
  size_t at = 0;
  for (uint8_t labels = 0;; ++labels) {
    if (at >= kNameBytesMax) return {NameEnd::kTooLong};
    if (at >= octets.size()) return {NameEnd::kEarly};
    const uint8_t length = octets[at];
    if (length == 0) return {NameEnd::kRoot, static_cast<uint8_t>(at + 1), labels};
    if (length > kLabelBytesMax) {
      const NameEnd end = length >= 0xc0 ? NameEnd::kPointer : NameEnd::kBadLabel;
      return {end, static_cast<uint8_t>(at), labels};
    }
    at += 1u + length;
  }
}

// The size of the uncompressed name at the start of `octets`; 0 if there is none.
inline size_t NameBytesAtStart(ByteView octets) {
  const NameScan scan = ScanName(octets);
  return scan.end == NameEnd::kRoot ? scan.bytes : 0;
}

// RFC 4034 §6.1: labels from the last to the first, each as left-justified lower-cased octets.
int CompareCanonical(NameView a, NameView b);  // <0, 0, >0

// A name that owns its octets: a value.
class Name {
 public:
  Name() : size_(1) { octets_[0] = 0; }  // The root.
  explicit Name(NameView view) { Assign(view); }
  Name(const Name& other) { Assign(other.view()); }
  Name& operator=(const Name& other) {
    Assign(other.view());
    return *this;
  }

  // Text of a zone file (RFC 1035 §5.1): `origin` completes relative names; \X and \DDD are
  // understood.
  static absl::StatusOr<Name> FromText(absl::string_view text, NameView origin = NameView());
  // The first name in `wire`, uncompressed; the rest is ignored. An error for anything but a name:
  // a pointer, a label over 63 octets, over 255 octets in all, or an early end.
  static absl::StatusOr<Name> FromWire(ByteView wire);

  NameView view() const { return NameView(ByteView(octets_, size_)); }
  operator NameView() const { return view(); }  // NOLINT: a Name is a NameView that lives longer.
  std::string ToText() const { return view().ToText(); }

  // Adds labels at the front or joins two names. False, and no change, over 255 octets.
  bool Prepend(ByteView label);
  // `prefix` without its last `suffix_labels` labels, then `suffix`: DNAME's substitution.
  static bool ReplaceSuffix(NameView name, size_t suffix_labels, NameView suffix, Name& out);

  friend bool operator==(const Name& a, const Name& b) {
    return a.view().EqualsIgnoreCase(b.view());
  }

 private:
  void Assign(NameView view) {
    CopyNameOctets(octets_, view.data(), view.size());
    size_ = static_cast<uint8_t>(view.size());
  }
  uint8_t octets_[kNameBytesMax];
  uint8_t size_;
};

}  // namespace hither

#endif  // HITHER_DNS_NAME_H_
