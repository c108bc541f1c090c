#ifndef HITHER_ZONES_TEXT_RDATA_FIELDS_H_
#define HITHER_ZONES_TEXT_RDATA_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rdata_shape.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// What NameFromToken() may write to: a name, and the rest of sixteen characters copied at a time.
inline constexpr size_t kNameRoomBytes = kNameBytesMax + 16;

// The RDATA being written. One for each reader, reused for every record: no allocation.
class RdataBuffer {
 public:
  RdataBuffer() : octets_(new uint8_t[kRdataBytesMax + kNameRoomBytes]) {}

  void Clear() { size_ = 0, overflow_ = false; }
  void U8(uint8_t value) {
    if (Has(1)) octets_[size_++] = value;
  }
  void U16(uint16_t value) {
    if (!Has(2)) return;
    StoreU16(&octets_[size_], value);
    size_ += 2;
  }
  void U32(uint32_t value) {
    if (!Has(4)) return;
    StoreU32(&octets_[size_], value);
    size_ += 4;
  }
  void Append(ByteView bytes) {
    if (bytes.empty() || !Has(bytes.size())) return;
    std::memcpy(&octets_[size_], bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  // For what is written in place: room for a name; Commit() keeps `size` octets.
  uint8_t* RoomForName() { return &octets_[size_]; }
  // The same for `count` octets, if they fit; null if not, which is not an overflow yet.
  uint8_t* RoomFor(size_t count) {
    return kRdataBytesMax - size_ >= count ? &octets_[size_] : nullptr;
  }
  void Commit(size_t size) {
    if (Has(size)) size_ += size;
  }
  // Changes written octets; for lengths that are known only later.
  void SetU8(size_t at, uint8_t value) { octets_[at] = value; }
  void Truncate(size_t size) { size_ = size; }  // At most the current size.

  size_t size() const { return size_; }
  bool overflow() const { return overflow_; }  // It would have been over 65,535 octets.
  ByteView view() const { return {octets_.get(), size_}; }

 private:
  bool Has(size_t count) {
    if (kRdataBytesMax - size_ >= count) return true;
    overflow_ = true;
    return false;
  }
  std::unique_ptr<uint8_t[]> octets_;
  size_t size_ = 0;
  bool overflow_ = false;
};

// Each reads one token (or all that are left) and appends its wire form.
Complaint ReadName(const Token& token, NameView origin, RdataBuffer& out);
Complaint ReadIp4(absl::string_view text, RdataBuffer& out);
Complaint ReadIp6(absl::string_view text, RdataBuffer& out);
Complaint ReadString(const Token& token, RdataBuffer& out);      // Length octet, then the text.
Complaint ReadLongString(const Token& token, RdataBuffer& out);  // Without a length.
Complaint ReadHex(std::span<const Token> tokens, RdataBuffer& out);
Complaint ReadBase64(std::span<const Token> tokens, RdataBuffer& out);
Complaint ReadBase32Hash(absl::string_view text, RdataBuffer& out);         // RFC 5155 §3.3
Complaint ReadSalt(absl::string_view text, RdataBuffer& out);               // RFC 5155 §3.3
Complaint ReadTypeBitmap(std::span<const Token> tokens, RdataBuffer& out);  // RFC 4034 §4.1.2
Complaint ReadTime(absl::string_view text, RdataBuffer& out);               // RFC 4034 §3.2
Complaint ReadAlgorithm(absl::string_view text, RdataBuffer& out);          // RFC 4034 §A.1
Complaint ReadCertType(absl::string_view text, RdataBuffer& out);           // RFC 4398 §2.1
Complaint ReadDsyncScheme(absl::string_view text, RdataBuffer& out);        // RFC 9859 §2.1
// Pairs of hexadecimal digits with `separator` between groups of `group` digits: EUI48, NID.
Complaint ReadGroupedHex(absl::string_view text, char separator, size_t group, size_t octets,
                         RdataBuffer& out);
Complaint ReadKeyFlags(absl::string_view text, RdataBuffer& out);     // RFC 2535 §7.1
Complaint ReadKeyProtocol(absl::string_view text, RdataBuffer& out);  // RFC 2535 §7.1
// RFC 1035 §3.4.2
Complaint ReadWks(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed);

// The wire form of a scanner's token into `to` (kNameRoomBytes of room) and its size; 0 with
// `complaint` set. "@" is the origin.
size_t NameFromToken(const Token& token, NameView origin, uint8_t* to, Complaint& complaint);

// A name that NameFromToken() writes in place.
struct WrittenName {
  uint8_t octets[kNameRoomBytes];
  size_t size = 0;  // 0: none written.

  NameView view() const { return NameView(ByteView(octets, size)); }
};

// Digits only, at most `max`.
bool ParseNumber(absl::string_view text, uint64_t max, uint64_t& value);
// Seconds, or BIND's "1w2d3h4m5s"; at most 2^32-1.
bool ParseDuration(absl::string_view text, uint32_t& seconds);
// One character of a token at text[i], RFC 1035 §5.1's escapes undone; moves i past it. False for
// a bad escape.
bool NextOctet(absl::string_view text, size_t& i, uint8_t& octet);

// Foreign text for an error: quoted, truncated, without control characters.
std::string Shown(absl::string_view text, size_t bytes_max = 60);
std::string Shown(const Token& token);

namespace internal {
constexpr std::array<int8_t, 256> MakeHexValues() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  return values;
}
inline constexpr std::array<int8_t, 256> kHexValues = MakeHexValues();
}  // namespace internal

// -1 for others.
inline int HexDigit(char c) { return internal::kHexValues[static_cast<uint8_t>(c)]; }

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_RDATA_FIELDS_H_
