#ifndef HITHER_ZONES_TEXT_TEXT_BLOCK_H_
#define HITHER_ZONES_TEXT_TEXT_BLOCK_H_

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace hither {

// The kinds of 64 characters of a zone file, a bit for each: 1 << i for the i-th. A character that
// is in neither mask is part of a field. Whole blocks cost less than checking each character,
// because most lines fit in one.
struct TextBlock {
  static constexpr size_t kBytes = 64;

  uint64_t blanks = 0;  // Space, tab.
  uint64_t stops = 0;   // LF, CR, ';', and characters not in plain lines: " ( ) \ NUL.
};

// Without SSE2; also the reference for tests of the other one.
inline TextBlock ClassifyOneByOne(const char* text) {
  TextBlock block;
  for (size_t i = 0; i < TextBlock::kBytes; ++i) {
    switch (text[i]) {
      case ' ':
      case '\t':
        block.blanks |= uint64_t{1} << i;
        break;
      case '\n':
      case '\r':
      case ';':
      case '"':
      case '(':
      case ')':
      case '\\':
      case '\0':
        block.stops |= uint64_t{1} << i;
        break;
      default:
        break;
    }
  }
  return block;
}

#if defined(__SSE2__)

inline TextBlock Classify(const char* text) {
  TextBlock block;
  for (int i = 0; i < 64; i += 16) {
    const __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(at, _mm_set1_epi8(c)); };
    const auto bits = [&](__m128i which) {
      return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(which))) << i;
    };
    // '(' and ')' differ in their last bit.
    const __m128i parentheses =
        _mm_cmpeq_epi8(_mm_or_si128(at, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
    const __m128i newlines = _mm_or_si128(is('\n'), is('\r'));
    const __m128i ends = _mm_or_si128(_mm_or_si128(newlines, is(';')), is('\0'));
    const __m128i odd = _mm_or_si128(_mm_or_si128(is('"'), is('\\')), parentheses);
    block.blanks |= bits(_mm_or_si128(is(' '), is('\t')));
    block.stops |= bits(_mm_or_si128(ends, odd));
  }
  return block;
}

// Copies 16 characters, and returns which of them are dots.
inline uint32_t CopyAndFindDots(const char* from, uint8_t* to) {
  const __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), at);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(at, _mm_set1_epi8('.'))));
}

#else

inline TextBlock Classify(const char* text) { return ClassifyOneByOne(text); }

inline uint32_t CopyAndFindDots(const char* from, uint8_t* to) {
  uint32_t dots = 0;
  for (uint32_t i = 0; i < 16; ++i) {
    to[i] = static_cast<uint8_t>(from[i]);
    dots |= static_cast<uint32_t>(from[i] == '.') << i;
  }
  return dots;
}

#endif

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_TEXT_BLOCK_H_
