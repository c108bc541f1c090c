#include "zones/rdata_fields.h"

#include <algorithm>
#include <array>

#include "absl/container/inlined_vector.h"
#include "zones/rr_type.h"

namespace hither {
namespace {

constexpr char kBadEscape[] = "has a bad escape; use \\X or \\DDD with DDD up to 255";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A name with escapes, character by character.
size_t NameWithEscapes(absl::string_view text, NameView origin, uint8_t* to, Complaint& complaint) {
  size_t label_at = 0;
  size_t end = 1;
  size_t i = 0;
  while (i < text.size()) {
    const bool dot = text[i] == '.';
    uint8_t octet = 0;
    if (!NextOctet(text, i, octet)) {
      complaint = kBadEscape;
      return 0;
    }
    if (dot) {
      if (end == label_at + 1) {
        complaint = "has an empty label";
        return 0;
      }
      to[label_at] = static_cast<uint8_t>(end - label_at - 1);
      label_at = end;
    } else if (end - label_at > kLabelBytesMax) {
      complaint = "has a label of over 63 octets";
      return 0;
    } else {
      to[end] = octet;
    }
    if (++end > kNameBytesMax) {
      complaint = "is a name of over 255 octets";
      return 0;
    }
  }
  if (end == label_at + 1) {
    to[label_at] = 0;
    return end;
  }
  to[label_at] = static_cast<uint8_t>(end - label_at - 1);
  if (end + origin.size() > kNameBytesMax) {
    complaint = "is, with its origin, a name of over 255 octets";
    return 0;
  }
  std::memcpy(to + end, origin.data(), origin.size());
  return end + origin.size();
}

bool ParseIp4(absl::string_view text, uint8_t octets[4]) {
  size_t i = 0;
  for (size_t part = 0; part < 4; ++part) {
    if (part > 0 && (i >= text.size() || text[i++] != '.')) return false;
    const size_t start = i;
    uint32_t value = 0;
    while (i < text.size() && IsDigit(text[i]) && i - start < 3) {
      value = value * 10 + static_cast<uint32_t>(text[i++] - '0');
    }
    if (i == start || value > 255) return false;
    if (i - start > 1 && text[start] == '0') return false;  // Octal, to some.
    octets[part] = static_cast<uint8_t>(value);
  }
  return i == text.size();
}

}  // namespace

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool NextOctet(absl::string_view text, size_t& i, uint8_t& octet) {
  octet = static_cast<uint8_t>(text[i++]);
  if (octet != '\\') return true;
  if (i >= text.size()) return false;
  if (!IsDigit(text[i])) {
    octet = static_cast<uint8_t>(text[i++]);
    return true;
  }
  if (i + 3 > text.size() || !IsDigit(text[i + 1]) || !IsDigit(text[i + 2])) return false;
  const int value = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
  i += 3;
  octet = static_cast<uint8_t>(value);
  return value <= 255;
}

size_t NameFromToken(const Token& token, NameView origin, uint8_t* to, Complaint& complaint) {
  const absl::string_view text = token.text();
  if (token.quoted) {
    complaint = "is quoted; a name stands without quotes";
    return 0;
  }
  if (text == "@") {
    std::memcpy(to, origin.data(), origin.size());
    return origin.size();
  }
  if (text == ".") {
    to[0] = 0;
    return 1;
  }
  if (token.escaped || text.size() > kNameBytesMax - 1) {
    return NameWithEscapes(text, origin, to, complaint);
  }
  // Without escapes, the wire form is the text moved up by one, lengths instead of dots.
  std::memcpy(to + 1, text.data(), text.size());
  size_t label_at = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.') continue;
    const size_t length = i - label_at;
    if (length == 0 || length > kLabelBytesMax) {
      return NameWithEscapes(text, origin, to, complaint);  // For what it says of this.
    }
    to[label_at] = static_cast<uint8_t>(length);
    label_at = i + 1;
  }
  if (label_at == text.size()) {
    to[label_at] = 0;
    return text.size() + 1;
  }
  const size_t length = text.size() - label_at;
  const size_t end = text.size() + 1;
  if (length > kLabelBytesMax || end + origin.size() > kNameBytesMax) {
    return NameWithEscapes(text, origin, to, complaint);
  }
  to[label_at] = static_cast<uint8_t>(length);
  std::memcpy(to + end, origin.data(), origin.size());
  return end + origin.size();
}

bool ParseNumber(absl::string_view text, uint64_t max, uint64_t& value) {
  if (text.empty()) return false;
  uint64_t sum = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (sum > (max - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return sum <= max;
}

bool ParseDuration(absl::string_view text, uint32_t& seconds) {
  uint64_t sum = 0;
  uint64_t part = 0;
  bool digits = false;
  if (text.empty()) return false;
  for (const char c : text) {
    if (IsDigit(c)) {
      part = part * 10 + static_cast<uint64_t>(c - '0');
      digits = true;
    } else {
      uint64_t unit = 0;
      switch (c | 0x20) {
        case 's':
          unit = 1;
          break;
        case 'm':
          unit = 60;
          break;
        case 'h':
          unit = 3'600;
          break;
        case 'd':
          unit = 86'400;
          break;
        case 'w':
          unit = 604'800;
          break;
        default:
          return false;
      }
      if (!digits) return false;
      sum += part * unit;
      part = 0;
      digits = false;
    }
    if (part > UINT32_MAX || sum > UINT32_MAX) return false;
  }
  sum += part;
  seconds = static_cast<uint32_t>(sum);
  return sum <= UINT32_MAX;
}

Complaint ReadName(const Token& token, NameView origin, RdataBuffer& out) {
  Complaint complaint = nullptr;
  const size_t size = NameFromToken(token, origin, out.RoomForName(), complaint);
  if (size == 0) return complaint;
  out.Commit(size);
  return nullptr;
}

Complaint ReadIp4(absl::string_view text, RdataBuffer& out) {
  uint8_t octets[4];
  if (!ParseIp4(text, octets)) return "is no IPv4 address";
  out.Append(octets);
  return nullptr;
}

// RFC 4291 §2.2: eight groups, one run of zeros as "::", the last two groups perhaps as IPv4.
Complaint ReadIp6(absl::string_view text, RdataBuffer& out) {
  constexpr Complaint kComplaint = "is no IPv6 address";
  uint16_t groups[8] = {};
  size_t count = 0;
  size_t gap = 9;  // How many groups stand before "::"; 9: there is none.
  size_t i = 0;
  if (text.substr(0, 2) == "::") gap = 0, i = 2;
  while (i < text.size() && count < 8) {
    const size_t start = i;
    uint32_t value = 0;
    while (i < text.size() && i - start < 5 && HexDigit(text[i]) >= 0) {
      value = value << 4 | static_cast<uint32_t>(HexDigit(text[i++]));
    }
    if (i < text.size() && text[i] == '.') {
      uint8_t octets[4];
      if (count > 6 || !ParseIp4(text.substr(start), octets)) return kComplaint;
      groups[count++] = LoadU16(octets);
      groups[count++] = LoadU16(octets + 2);
      i = text.size();
      break;
    }
    if (i == start || i - start > 4) return kComplaint;
    groups[count++] = static_cast<uint16_t>(value);
    if (i == text.size()) break;
    if (text[i++] != ':') return kComplaint;
    if (i < text.size() && text[i] == ':') {
      if (gap != 9) return kComplaint;
      gap = count;
      ++i;
    } else if (i == text.size()) {
      return kComplaint;  // One colon at the end.
    }
  }
  if (i != text.size() || (gap == 9 ? count != 8 : count > 7)) return kComplaint;
  const size_t zeros = 8 - count;
  for (size_t group = 0; group < 8; ++group) {
    const bool in_gap = group >= gap && group < gap + zeros;
    const size_t from = gap == 9 || group < gap ? group : group - zeros;
    out.U16(in_gap ? 0 : groups[from]);
  }
  return nullptr;
}

Complaint ReadLongString(const Token& token, RdataBuffer& out) {
  if (!token.escaped) {
    out.Append(AsBytes(token.text()));
    return nullptr;
  }
  for (size_t i = 0; i < token.size;) {
    uint8_t octet = 0;
    if (!NextOctet(token.text(), i, octet)) return kBadEscape;
    out.U8(octet);
  }
  return nullptr;
}

Complaint ReadString(const Token& token, RdataBuffer& out) {
  const size_t at = out.size();
  out.U8(0);
  if (const Complaint wrong = ReadLongString(token, out)) return wrong;
  if (out.overflow()) return nullptr;  // The caller says so.
  const size_t length = out.size() - at - 1;
  if (length > 255) return "is a string of over 255 octets; split it into several";
  out.SetU8(at, static_cast<uint8_t>(length));
  return nullptr;
}

Complaint ReadHex(std::span<const Token> tokens, RdataBuffer& out) {
  int high = -1;
  for (const Token& token : tokens) {
    for (const char c : token.text()) {
      const int digit = HexDigit(c);
      if (digit < 0) return "is not hexadecimal";
      if (high < 0) {
        high = digit;
      } else {
        out.U8(static_cast<uint8_t>(high << 4 | digit));
        high = -1;
      }
    }
  }
  return high < 0 ? nullptr : "ends in half an octet of hexadecimal";
}

Complaint ReadGroupedHex(absl::string_view text, char separator, size_t group, size_t octets,
                         RdataBuffer& out) {
  constexpr Complaint kComplaint = "is not in its hexadecimal form";
  const size_t groups = octets * 2 / group;
  if (text.size() != octets * 2 + groups - 1) return kComplaint;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % (group + 1) == group) {
      if (text[i] != separator) return kComplaint;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return kComplaint;
    if (high < 0) {
      high = digit;
    } else {
      out.U8(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return nullptr;
}

namespace {

constexpr std::array<int8_t, 256> MakeBase64Values() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<int8_t>(i);
    values['a' + i] = static_cast<int8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(52 + i);
  values['+'] = 62;
  values['/'] = 63;
  return values;
}
constexpr std::array<int8_t, 256> kBase64Values = MakeBase64Values();

}  // namespace

// RFC 4648 §4. Spaces may stand anywhere, so a group of four may span tokens.
Complaint ReadBase64(std::span<const Token> tokens, RdataBuffer& out) {
  uint32_t bits = 0;
  int count = 0;  // Characters of the present group, padding too.
  int padding = 0;
  for (const Token& token : tokens) {
    for (const char c : token.text()) {
      if (c == '=') {
        if (count < 2 || padding == 2) return "has base64 padding in the wrong place";
        ++padding;
        bits <<= 6;
      } else {
        const int value = kBase64Values[static_cast<uint8_t>(c)];
        if (value < 0) return "is not base64";
        if (padding > 0) return "goes on after the base64 padding";
        bits = bits << 6 | static_cast<uint32_t>(value);
      }
      if (++count < 4) continue;
      out.U8(static_cast<uint8_t>(bits >> 16));
      if (padding < 2) out.U8(static_cast<uint8_t>(bits >> 8));
      if (padding < 1) out.U8(static_cast<uint8_t>(bits));
      bits = 0;
      count = 0;
    }
  }
  return count == 0 ? nullptr : "is base64 that ends early";
}

Complaint ReadBase32Hash(absl::string_view text, RdataBuffer& out) {
  const size_t at = out.size();
  out.U8(0);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(ToLowerOctet(static_cast<uint8_t>(c)));
    int value = -1;
    if (lower >= '0' && lower <= '9') value = lower - '0';
    if (lower >= 'a' && lower <= 'v') value = lower - 'a' + 10;
    if (value < 0) return "is not base32 with extended hex alphabet (RFC 4648 §7)";
    bits = bits << 5 | static_cast<uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.U8(static_cast<uint8_t>(bits >> count));
  }
  const size_t length = out.size() - at - 1;
  // Fewer than 5 bits may be left over, and RFC 4648 §6 wants them to be 0.
  const bool whole = count < 5 && (bits & ((1u << count) - 1)) == 0;
  if (length == 0 || length > 255 || !whole) return "is no base32 of 1 to 255 whole octets";
  out.SetU8(at, static_cast<uint8_t>(length));
  return nullptr;
}

Complaint ReadSalt(absl::string_view text, RdataBuffer& out) {
  if (text == "-") {
    out.U8(0);
    return nullptr;
  }
  if (text.size() % 2 != 0) return "ends in half an octet of hexadecimal";
  if (text.empty() || text.size() / 2 > 255) return "is no salt of 1 to 255 octets; none is \"-\"";
  out.U8(static_cast<uint8_t>(text.size() / 2));
  const Token token{text.data(), static_cast<uint32_t>(text.size())};
  return ReadHex({&token, 1}, out);
}

Complaint ReadTypeBitmap(std::span<const Token> tokens, RdataBuffer& out) {
  absl::InlinedVector<uint16_t, 64> types;
  for (const Token& token : tokens) {
    const auto type = TypeFromText(token.text());
    if (!type.has_value() || *type == RrType{0}) return "is a list with an unknown record type";
    types.push_back(static_cast<uint16_t>(*type));
  }
  std::sort(types.begin(), types.end());
  for (size_t i = 0; i < types.size();) {
    const uint8_t window = static_cast<uint8_t>(types[i] >> 8);
    uint8_t bits[32] = {};
    uint8_t length = 0;
    for (; i < types.size() && types[i] >> 8 == window; ++i) {
      const uint8_t low = static_cast<uint8_t>(types[i]);
      bits[low / 8] |= static_cast<uint8_t>(0x80 >> low % 8);
      length = static_cast<uint8_t>(low / 8 + 1);
    }
    out.U8(window);
    out.U8(length);
    out.Append({bits, length});
  }
  return nullptr;
}

}  // namespace hither
