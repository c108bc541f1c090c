#ifndef HITHER_TESTS_SUPPORT_PACKET_TEXT_H_
#define HITHER_TESTS_SUPPORT_PACKET_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

// A packet as a test writes it, octet by octet: hexadecimal digits, 'letters as they are', and
// comments from ; to the end of the line.
//
//   1234                      ; ID
//   03 'www' 00               ; QNAME
Bytes PacketFromText(absl::string_view text);

std::string ToHex(ByteView octets);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_PACKET_TEXT_H_
