#include "zones/text/rdata_fields.h"

#include <bit>

#include "absl/strings/ascii.h"
#include "zones/text/text_block.h"

namespace hither {
namespace {

constexpr char kBadEscape[] = "has a bad escape; use \\X or \\DDD with DDD up to 255";

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
    complaint = "makes, with its origin, a name of over 255 octets";
    return 0;
  }
  CopyNameOctets(to + end, origin.data(), origin.size());
  return end + origin.size();
}

bool ParseIp4(absl::string_view text, uint8_t octets[4]) {
  size_t i = 0;
  for (size_t part = 0; part < 4; ++part) {
    if (part > 0 && (i >= text.size() || text[i++] != '.')) return false;
    const size_t start = i;
    uint32_t value = 0;
    while (i < text.size() && absl::ascii_isdigit(text[i]) && i - start < 3) {
      value = value * 10 + static_cast<uint32_t>(text[i++] - '0');
    }
    if (i == start || value > 255) return false;
    if (i - start > 1 && text[start] == '0') return false;  // Octal, to some.
    octets[part] = static_cast<uint8_t>(value);
  }
  return i == text.size();
}

}  // namespace

bool NextOctet(absl::string_view text, size_t& i, uint8_t& octet) {
  octet = static_cast<uint8_t>(text[i++]);
  if (octet != '\\') return true;
  if (i >= text.size()) return false;
  if (!absl::ascii_isdigit(text[i])) {
    octet = static_cast<uint8_t>(text[i++]);
    return true;
  }
  if (i + 3 > text.size() || !absl::ascii_isdigit(text[i + 1]) || !absl::ascii_isdigit(text[i + 2]))
    return false;
  const int value = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
  i += 3;
  octet = static_cast<uint8_t>(value);
  return value <= 255;
}

size_t NameFromToken(const Token& token, NameView origin, uint8_t* to, Complaint& complaint) {
  const absl::string_view text = token.text();
  if (token.quoted) {
    complaint = "is quoted; write names without quotes";
    return 0;
  }
  if (text == "@") {
    CopyNameOctets(to, origin.data(), origin.size());
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
  size_t label_at = 0;
  for (size_t i = 0; i < text.size(); i += 16) {
    uint32_t dots = CopyAndFindDots(text.data() + i, to + 1 + i);
    if (text.size() - i < 16) dots &= (1u << (text.size() - i)) - 1;  // The rest is slack.
    for (; dots != 0; dots &= dots - 1) {
      const size_t dot = i + static_cast<size_t>(std::countr_zero(dots));
      const size_t length = dot - label_at;
      if (length == 0 || length > kLabelBytesMax) {
        return NameWithEscapes(text, origin, to, complaint);  // For its complaint.
      }
      to[label_at] = static_cast<uint8_t>(length);
      label_at = dot + 1;
    }
  }
  const size_t end = text.size() + 1;
  if (label_at == text.size()) {
    to[label_at] = 0;
    return end;
  }
  const size_t length = text.size() - label_at;
  if (length > kLabelBytesMax || end + origin.size() > kNameBytesMax) {
    return NameWithEscapes(text, origin, to, complaint);
  }
  to[label_at] = static_cast<uint8_t>(length);
  CopyNameOctets(to + end, origin.data(), origin.size());
  return end + origin.size();
}

bool ParseNumber(absl::string_view text, uint64_t max, uint64_t& value) {
  if (text.empty()) return false;
  uint64_t sum = 0;
  // 18 digits cannot overflow; after that each is checked first.
  for (size_t i = 0; i < text.size(); ++i) {
    const auto digit = static_cast<uint64_t>(static_cast<uint8_t>(text[i] - '0'));
    if (digit > 9) return false;
    if (i >= 18 && sum > (UINT64_MAX - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  if (sum > max) return false;
  value = sum;
  return true;
}

bool ParseDuration(absl::string_view text, uint32_t& seconds) {
  uint64_t sum = 0;
  uint64_t part = 0;
  bool digits = false;  // Since the last unit.
  bool sum_has_units = false;
  if (text.empty()) return false;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) {
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
      sum_has_units = true;
    }
    if (part > UINT32_MAX || sum > UINT32_MAX) return false;
  }
  // "1h30" does not say whether 30 is minutes or seconds.
  if (digits && sum_has_units) return false;
  seconds = static_cast<uint32_t>(sum + part);
  return sum + part <= UINT32_MAX;
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
  if (!ParseIp4(text, octets)) return "is not an IPv4 address";
  out.Append(octets);
  return nullptr;
}

// RFC 4291 §2.2: eight groups, one run of zeros as "::", the last two groups perhaps as IPv4.
Complaint ReadIp6(absl::string_view text, RdataBuffer& out) {
  constexpr Complaint kComplaint = "is not an IPv6 address";
  uint16_t groups[8] = {};
  size_t count = 0;
  size_t gap = 9;  // The number of groups before "::"; 9: there is none.
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
  if (out.overflow()) return nullptr;  // The caller reports it.
  const size_t length = out.size() - at - 1;
  if (length > 255) return "is a string of over 255 octets; split it into several";
  out.SetU8(at, static_cast<uint8_t>(length));
  return nullptr;
}

}  // namespace hither
