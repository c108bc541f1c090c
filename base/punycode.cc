#include "base/punycode.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr size_t kLabelOctetsMax = 63;

// RFC 3492 §5.
constexpr uint32_t kBase = 36;
constexpr uint32_t kThresholdMin = 1;
constexpr uint32_t kThresholdMax = 26;
constexpr uint32_t kSkew = 38;
constexpr uint32_t kDamp = 700;
constexpr uint32_t kFirstBias = 72;
constexpr uint32_t kFirstCode = 0x80;

// Takes a character off the front. False if it is not UTF-8 (RFC 3629 §4).
bool TakeCharacter(absl::string_view& text, uint32_t& code) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < size) return false;
  code = size == 1 ? first : first & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return false;
    code = code << 6 | (next & 0x3f);
  }
  text.remove_prefix(size);
  const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  return !too_long && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

// RFC 3492 §6.1.
uint32_t Adapted(uint32_t delta, uint32_t count, bool is_first) {
  delta /= is_first ? kDamp : 2;
  delta += delta / count;
  uint32_t steps = 0;
  while (delta > (kBase - kThresholdMin) * kThresholdMax / 2) {
    delta /= kBase - kThresholdMin;
    steps += kBase;
  }
  return steps + (kBase - kThresholdMin + 1) * delta / (delta + kSkew);
}

char DigitOf(uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + value - 26);
}

void AppendNumber(uint32_t number, uint32_t bias, std::string& out) {
  for (uint32_t k = kBase;; k += kBase) {
    const uint32_t threshold = k <= bias                   ? kThresholdMin
                               : k >= bias + kThresholdMax ? kThresholdMax
                                                           : k - bias;
    if (number < threshold) break;
    out.push_back(DigitOf(threshold + (number - threshold) % (kBase - threshold)));
    number = (number - threshold) / (kBase - threshold);
  }
  out.push_back(DigitOf(number));
}

// RFC 3492 §6.3. 64 characters of 21 bits: the deltas are below 2^27.
std::string Encoded(const std::vector<uint32_t>& codes) {
  std::string out;
  for (const uint32_t code : codes) {
    if (code < kFirstCode) out.push_back(static_cast<char>(code));
  }
  const auto basic = static_cast<uint32_t>(out.size());
  if (basic > 0) out.push_back('-');
  uint32_t next = kFirstCode;
  uint32_t delta = 0;
  uint32_t bias = kFirstBias;
  for (uint32_t done = basic; done < codes.size();) {
    uint32_t least = UINT32_MAX;
    for (const uint32_t code : codes) {
      if (code >= next) least = std::min(least, code);
    }
    delta += (least - next) * (done + 1);
    next = least;
    for (const uint32_t code : codes) {
      if (code < next) ++delta;
      if (code != next) continue;
      AppendNumber(delta, bias, out);
      bias = Adapted(delta, done + 1, done == basic);
      delta = 0;
      ++done;
    }
    ++delta;
    ++next;
  }
  return out;
}

}  // namespace

std::optional<std::string> ToALabel(absl::string_view label) {
  std::vector<uint32_t> codes;
  bool is_ascii = true;
  while (!label.empty()) {
    uint32_t code = 0;
    if (codes.size() == kLabelOctetsMax || !TakeCharacter(label, code)) return std::nullopt;
    is_ascii &= code < kFirstCode;
    if (code < kFirstCode) code = static_cast<uint8_t>(absl::ascii_tolower(code));
    codes.push_back(code);
  }
  std::string text =
      is_ascii ? std::string(codes.begin(), codes.end()) : absl::StrCat("xn--", Encoded(codes));
  if (text.size() > kLabelOctetsMax) return std::nullopt;
  return text;
}

}  // namespace hither
