#include "tests/support/packet_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace hither {
namespace {

void AppendText(absl::string_view text, std::string& octets) {
  std::string hex;
  bool quoted = false;
  for (const char c : text) {
    if (c == '\'') {
      octets += absl::HexStringToBytes(hex);
      hex.clear();
      quoted = !quoted;
    } else if (quoted) {
      octets += c;
    } else if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
      HITHER_CHECK(absl::ascii_isxdigit(static_cast<unsigned char>(c)));
      hex += c;
    }
  }
  HITHER_CHECK(!quoted && hex.size() % 2 == 0);
  octets += absl::HexStringToBytes(hex);
}

}  // namespace

Bytes PacketFromText(absl::string_view text) {
  std::string octets;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    AppendText(line.substr(0, line.find(';')), octets);
  }
  const ByteView view = AsBytes(octets);
  return Bytes(view.begin(), view.end());
}

std::string ToHex(ByteView octets) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()));
}

}  // namespace hither
