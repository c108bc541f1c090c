#ifndef HITHER_TESTS_ANYCAST_BGP_BGP_BYTES_H_
#define HITHER_TESTS_ANYCAST_BGP_BGP_BYTES_H_

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "anycast/bgp/bgp_message.h"
#include "base/bytes.h"

namespace hither {

// Octets as a test writes them: hexadecimal, with blanks wherever they help.
inline Bytes FromHex(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits += c;
  }
  const std::string octets = absl::HexStringToBytes(digits);
  return Bytes(octets.begin(), octets.end());
}

inline std::string ToHex(ByteView bytes) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// `text` without its blanks.
inline std::string Packed(absl::string_view text) { return ToHex(FromHex(text)); }

inline constexpr char kMarkerHex[] = "ffffffff ffffffff ffffffff ffffffff";

// A whole message of `type` with the body that is written in `hex`.
inline Bytes MessageOf(BgpType type, absl::string_view hex) {
  return EncodeBgpMessage(type, FromHex(hex));
}

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_BGP_BGP_BYTES_H_
