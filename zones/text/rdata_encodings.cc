// The fields of RDATA that are written as encoded octets, and the type bitmap.

#include <algorithm>
#include <array>

#include "absl/container/inlined_vector.h"
#include "dns/rr_type.h"
#include "zones/text/rdata_fields.h"

namespace hither {

namespace {

constexpr char kNotHex[] = "is not hexadecimal";

// All pairs of `text`, which has an even number of characters, to `to`.
bool DecodeHex(absl::string_view text, uint8_t* to) {
  int wrong = 0;  // Negative once a character was.
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    wrong |= high | low;
    *to++ = static_cast<uint8_t>(high << 4 | low);
  }
  return wrong >= 0;
}

// An octet may be split between two tokens.
Complaint ReadSplitHex(std::span<const Token> tokens, RdataBuffer& out) {
  int high = -1;
  for (const Token& token : tokens) {
    for (const char c : token.text()) {
      const int digit = HexDigit(c);
      if (digit < 0) return kNotHex;
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

}  // namespace

Complaint ReadHex(std::span<const Token> tokens, RdataBuffer& out) {
  // Digests are in one token.
  if (tokens.size() != 1 || tokens[0].size % 2 != 0) return ReadSplitHex(tokens, out);
  const size_t octets = tokens[0].size / 2;
  uint8_t* const to = out.RoomFor(octets);
  if (to == nullptr) return ReadSplitHex(tokens, out);
  if (!DecodeHex(tokens[0].text(), to)) return kNotHex;
  out.Commit(octets);
  return nullptr;
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

// RFC 4648 §7, in either case.
constexpr std::array<int8_t, 256> MakeBase32Values() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 22; ++i) values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  return values;
}
constexpr std::array<int8_t, 256> kBase32Values = MakeBase32Values();

int Base64Value(char c) { return kBase64Values[static_cast<uint8_t>(c)]; }

// Decodes groups of four characters up to the first that is not of the alphabet, such as padding.
// Returns the number of characters decoded.
size_t TakeBase64Groups(absl::string_view text, RdataBuffer& out) {
  uint8_t* const to = out.RoomFor(text.size() / 4 * 3);
  if (to == nullptr) return 0;
  size_t size = 0;
  size_t i = 0;
  for (; i + 4 <= text.size(); i += 4, size += 3) {
    const int a = Base64Value(text[i]), b = Base64Value(text[i + 1]);
    const int c = Base64Value(text[i + 2]), d = Base64Value(text[i + 3]);
    if ((a | b | c | d) < 0) break;
    const auto bits = static_cast<uint32_t>(a << 18 | b << 12 | c << 6 | d);
    to[size] = static_cast<uint8_t>(bits >> 16);
    to[size + 1] = static_cast<uint8_t>(bits >> 8);
    to[size + 2] = static_cast<uint8_t>(bits);
  }
  out.Commit(size);
  return i;
}

}  // namespace

// RFC 4648 §4. Spaces may stand anywhere, so a group of four may span tokens.
Complaint ReadBase64(std::span<const Token> tokens, RdataBuffer& out) {
  uint32_t bits = 0;
  int count = 0;  // Characters of the current group, with padding.
  int padding = 0;
  for (const Token& token : tokens) {
    absl::string_view text = token.text();
    if (count == 0 && padding == 0) text.remove_prefix(TakeBase64Groups(text, out));
    for (const char c : text) {
      if (c == '=') {
        if (count < 2 || padding == 2) return "has base64 padding in the wrong place";
        ++padding;
        bits <<= 6;
      } else {
        const int value = Base64Value(c);
        if (value < 0) return "is not base64";
        if (padding > 0) return "continues after the base64 padding";
        bits = bits << 6 | static_cast<uint32_t>(value);
      }
      if (++count < 4) continue;
      // RFC 4648 §3.5: unused bits of the last character are 0, or it was altered.
      if ((padding == 1 && (bits & 0xff) != 0) || (padding == 2 && (bits & 0xffff) != 0)) {
        return "ends in base64 with bits left over";
      }
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
    const int value = kBase32Values[static_cast<uint8_t>(c)];
    if (value < 0) return "is not base32 with extended hex alphabet (RFC 4648 §7)";
    bits = bits << 5 | static_cast<uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.U8(static_cast<uint8_t>(bits >> count));
  }
  const size_t length = out.size() - at - 1;
  // Fewer than 5 bits may be unused, and RFC 4648 §6 requires them to be 0.
  const bool whole = count < 5 && (bits & ((1u << count) - 1)) == 0;
  if (length == 0 || length > 255 || !whole) return "is not base32 for 1 to 255 whole octets";
  out.SetU8(at, static_cast<uint8_t>(length));
  return nullptr;
}

Complaint ReadSalt(absl::string_view text, RdataBuffer& out) {
  if (text == "-") {
    out.U8(0);
    return nullptr;
  }
  if (text.size() % 2 != 0) return "ends in half an octet of hexadecimal";
  if (text.empty() || text.size() / 2 > 255)
    return "is not a salt of 1 to 255 octets; write \"-\" for none";
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
