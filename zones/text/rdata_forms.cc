// The text of NSAP, ATMA, APL and HIP records.

#include "zones/text/rdata_forms.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace hither {
namespace {

constexpr uint16_t kFamilyIp4 = 1;  // IANA "Address Family Numbers".
constexpr uint16_t kFamilyIp6 = 2;

// Hexadecimal digits with dots between them, which mean nothing.
Complaint ReadDottedHex(absl::string_view text, RdataBuffer& out) {
  int high = -1;
  size_t octets = 0;
  for (const char c : text) {
    if (c == '.') continue;
    const int digit = HexDigit(c);
    if (digit < 0) return "is not hexadecimal";
    if (high < 0) {
      high = digit;
      continue;
    }
    out.U8(static_cast<uint8_t>(high << 4 | digit));
    ++octets;
    high = -1;
  }
  if (high >= 0) return "ends in half an octet of hexadecimal";
  return octets > 0 ? nullptr : "is empty";
}

// Dots separate digits: none is first, last or next to another.
bool DotsPartDigits(absl::string_view text) {
  const bool at_edge = !text.empty() && (text.front() == '.' || text.back() == '.');
  return !at_edge && text.find("..") == absl::string_view::npos;
}

// Removes zeros from the end of the address, which starts at `at`: RFC 3123 §4.
void TrimAddress(size_t at, RdataBuffer& out) {
  const ByteView all = out.view();
  size_t end = all.size();
  while (end > at && all[end - 1] == 0) --end;
  out.Truncate(end);
}

// [!]family:address/prefix
Complaint ReadAplItem(absl::string_view text, RdataBuffer& out) {
  const bool negated = !text.empty() && text[0] == '!';
  if (negated) text.remove_prefix(1);
  const size_t colon = text.find(':');
  const size_t slash = text.rfind('/');
  if (colon == absl::string_view::npos || slash == absl::string_view::npos || slash < colon) {
    return "is not a family:address/prefix";
  }
  uint64_t family = 0;
  uint64_t prefix = 0;
  if (!ParseNumber(text.substr(0, colon), UINT16_MAX, family) ||
      (family != kFamilyIp4 && family != kFamilyIp6)) {
    return "is of a family other than 1 (IPv4) or 2 (IPv6)";
  }
  const bool ip4 = family == kFamilyIp4;
  if (!ParseNumber(text.substr(slash + 1), ip4 ? 32 : 128, prefix)) {
    return ip4 ? "has no prefix length from 0 to 32" : "has no prefix length from 0 to 128";
  }
  out.U16(static_cast<uint16_t>(family));
  out.U8(static_cast<uint8_t>(prefix));
  out.U8(0);
  const size_t at = out.size();
  const absl::string_view address = text.substr(colon + 1, slash - colon - 1);
  if (ip4 ? ReadIp4(address, out) : ReadIp6(address, out)) {
    return ip4 ? "has no IPv4 address" : "has no IPv6 address";
  }
  if (out.overflow()) return nullptr;  // The caller reports it.
  TrimAddress(at, out);
  out.SetU8(at - 1, static_cast<uint8_t>((negated ? 0x80 : 0) | (out.size() - at)));
  return nullptr;
}

}  // namespace

// RFC 1706 §6.
Complaint ReadNsap(absl::string_view text, RdataBuffer& out) {
  if (text.size() < 2 || text[0] != '0' || (text[1] | 0x20) != 'x') return "does not begin with 0x";
  return ReadDottedHex(text.substr(2), out);
}

// af-dans-0152 §6: "+" and the digits of an E.164 number, or an ATM end system address.
Complaint ReadAtma(absl::string_view text, RdataBuffer& out) {
  const bool number = !text.empty() && text[0] == '+';
  if (number) text.remove_prefix(1);
  if (!DotsPartDigits(text)) return "has a dot that is not between two digits";
  out.U8(number ? kAtmaE164 : kAtmaAesa);
  if (!number) return ReadDottedHex(text, out);
  if (text.empty()) return "has no digits after its +";
  for (const char c : text) {
    if (c == '.') continue;
    if (!absl::ascii_isdigit(c)) return "has something other than digits after its +";
    out.U8(static_cast<uint8_t>(c));
  }
  return nullptr;
}

Complaint ReadApl(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed) {
  for (const Token& token : tokens) {
    blamed = &token;
    if (const Complaint wrong = ReadAplItem(token.text(), out)) return wrong;
  }
  return nullptr;
}

// RFC 8005 §6: algorithm, HIT, key, servers. On the wire all lengths come first.
Complaint ReadHip(std::span<const Token> tokens, NameView origin, RdataBuffer& out,
                  const Token*& blamed) {
  uint64_t algorithm = 0;
  if (tokens.size() < 3) {
    blamed = &tokens.back();
    return "ends the record too early";
  }
  blamed = &tokens[0];
  if (!ParseNumber(tokens[0].text(), UINT8_MAX, algorithm)) {
    return "is not an algorithm, a number from 0 to 255";
  }
  const size_t start = out.size();
  out.U8(0);
  out.U8(static_cast<uint8_t>(algorithm));
  out.U16(0);
  blamed = &tokens[1];
  if (const Complaint wrong = ReadHex(tokens.subspan(1, 1), out)) return wrong;
  const size_t hit_bytes = out.size() - start - 4;
  if (hit_bytes == 0 || hit_bytes > 255) return "is not a HIT of 1 to 255 octets";
  blamed = &tokens[2];
  if (const Complaint wrong = ReadBase64(tokens.subspan(2, 1), out)) return wrong;
  const size_t key_bytes = out.size() - start - 4 - hit_bytes;
  if (key_bytes == 0) return "is empty";
  out.SetU8(start, static_cast<uint8_t>(hit_bytes));
  out.SetU8(start + 2, static_cast<uint8_t>(key_bytes >> 8));
  out.SetU8(start + 3, static_cast<uint8_t>(key_bytes));
  for (const Token& server : tokens.subspan(3)) {
    blamed = &server;
    if (const Complaint wrong = ReadName(server, origin, out)) return wrong;
  }
  return nullptr;
}

}  // namespace hither
