// $GENERATE start-stop[/step] owner [TTL] [class] type data, as in BIND's manual. (BIND 9.18 itself
// also applies an offset to later plain $ in the same field.)

#include <cinttypes>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "zones/text/zone_file_reader.h"

namespace hither {
namespace {

constexpr char kForm[] = "; write $GENERATE start-stop[/step] owner [TTL] [IN] type data";
constexpr int64_t kNumberMax = 0x7fffffff;
constexpr int64_t kWidthMax = 255;
constexpr size_t kLineBytesMax = 4 * kRdataBytesMax;

struct Range {
  int64_t start = 0;
  int64_t stop = 0;
  int64_t step = 1;
};

bool TakeNumber(absl::string_view& text, int64_t max, int64_t& value) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  uint64_t number = 0;
  if (!ParseNumber(text.substr(0, digits), static_cast<uint64_t>(max), number)) return false;
  text.remove_prefix(digits);
  value = static_cast<int64_t>(number);
  return true;
}

bool TakeChar(absl::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool ParseRange(absl::string_view text, Range& range) {
  if (!TakeNumber(text, kNumberMax, range.start) || !TakeChar(text, '-')) return false;
  if (!TakeNumber(text, kNumberMax, range.stop)) return false;
  if (TakeChar(text, '/') && !TakeNumber(text, kNumberMax, range.step)) return false;
  return text.empty() && range.start <= range.stop && range.step > 0;
}

// The hexadecimal digits from the last to the first with dots between, as names below ip6.arpa need
// them; padded with zeros to `width` characters.
std::string Nibbles(uint32_t value, int64_t width, bool upper) {
  const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  while (true) {
    text += digits[value & 15];
    value >>= 4;
    if (value == 0 && static_cast<int64_t>(text.size()) >= width) return text;
    text += '.';
    if (value == 0 && static_cast<int64_t>(text.size()) >= width) return text;
  }
}

// With `format`'s base and zeros in front. Not absl::StrAppendFormat(): it writes to its string in
// a destructor, where a std::bad_alloc terminates the program.
template <typename Number>
std::string Padded(const char* format, Number value, int64_t width) {
  char text[kWidthMax + 1];  // Wider than any number.
  std::snprintf(text, sizeof(text), format, static_cast<int>(width), value);
  return text;
}

// "{offset[,width[,base]]}" after a "$", and the number that it makes from `value`.
bool TakeModifier(absl::string_view& text, int64_t value, std::string& out) {
  int64_t offset = 0;
  int64_t width = 0;
  char base = 'd';
  if (TakeChar(text, '{')) {
    const bool negative = TakeChar(text, '-');
    if (!negative) TakeChar(text, '+');
    if (!TakeNumber(text, kNumberMax, offset)) return false;
    if (negative) offset = -offset;
    if (TakeChar(text, ',')) {
      if (!TakeNumber(text, kWidthMax, width)) return false;
      if (TakeChar(text, ',')) {
        if (text.empty()) return false;
        base = text[0];
        text.remove_prefix(1);
      }
    }
    if (!TakeChar(text, '}')) return false;
  }
  value += offset;
  if (value > kNumberMax) return false;
  // As BIND does: a negative number has a sign in decimal, and is modulo 2^32 in the other bases.
  const uint32_t bits = static_cast<uint32_t>(value);
  switch (base) {
    case 'd':
      out += Padded("%0*" PRId64, value, width);
      return true;
    case 'o':
      out += Padded("%0*" PRIo32, bits, width);
      return true;
    case 'x':
      out += Padded("%0*" PRIx32, bits, width);
      return true;
    case 'X':
      out += Padded("%0*" PRIX32, bits, width);
      return true;
    case 'n':
      out += Nibbles(bits, width, false);
      return true;
    case 'N':
      out += Nibbles(bits, width, true);
      return true;
    default:
      return false;
  }
}

// `text` with each $ replaced. "$$" and "\$" are a dollar sign.
bool Substitute(absl::string_view text, int64_t value, std::string& out) {
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == '\\') {
      out += c;
      if (text.empty()) return true;
      out += text[0];
      text.remove_prefix(1);
    } else if (c != '$') {
      out += c;
    } else if (TakeChar(text, '$')) {
      out += "\\$";
    } else if (!TakeModifier(text, value, out)) {
      return false;
    }
    if (out.size() > kLineBytesMax) return false;
  }
  return true;
}

// The quoted text, to be read again: \" is a quote, other escapes stay.
std::string WithoutQuotes(const Token& token) {
  std::string text;
  for (size_t i = 0; i < token.size; ++i) {
    const char c = token.data[i];
    if (c == '\\' && i + 1 < token.size) {
      if (token.data[i + 1] != '"') text += c;
      text += token.data[++i];
    } else {
      text += c;
    }
  }
  return text;
}

// The fields as one line for `value`: those before `data_at` (TTL, class, type) unchanged, except
// the first, the owner.
bool MakeLine(const std::vector<std::string>& fields, size_t data_at, int64_t value,
              std::string& line) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ' ';
    if (i > 0 && i < data_at) {
      line += fields[i];
    } else if (!Substitute(fields[i], value, line)) {
      return false;
    }
  }
  return true;
}

}  // namespace

// BIND takes the data as one field, in quotes if it has blanks; here it may also be several.
void ZoneFileReader::HandleGenerate(const ZoneEntry& entry) {
  const std::span<const Token> tokens = entry.tokens;
  Range range;
  if (tokens.size() < 5) {
    return AddError(entry.line, absl::StrCat("$GENERATE is incomplete", kForm));
  }
  if (!ParseRange(tokens[1].text(), range)) {
    return AddError(entry.line, absl::StrCat("$GENERATE range ", Shown(tokens[1]),
                                             " is not within 0 to 2147483647", kForm));
  }
  const int64_t count = (range.stop - range.start) / range.step + 1;
  if (count > limits_.generate_records_max) {
    return AddError(entry.line,
                    absl::StrCat("$GENERATE makes ", count, " records, more than ",
                                 limits_.generate_records_max, "; split it or make a file"));
  }
  if (generated_.records + count > limits_.generated_total_max) {
    return AddError(entry.line,
                    absl::StrCat("$GENERATE lines make ", generated_.records + count,
                                 " records of one zone, more than ", limits_.generated_total_max,
                                 "; write them to the file or split the zone"));
  }
  generated_.records += count;
  // The line as text, to be read once for each number.
  Heading heading;
  const uint32_t errors_before = errors_;
  if (!ReadHeading(entry, 3, heading)) return;
  const bool unquote = tokens.size() == heading.tokens + 1 && tokens[heading.tokens].quoted;
  std::vector<std::string> fields;
  for (size_t i = 2; i < tokens.size(); ++i) {
    const bool data = i >= heading.tokens;
    if (data && unquote) {
      fields.push_back(WithoutQuotes(tokens[i]));
    } else if (tokens[i].quoted) {
      fields.push_back(absl::StrCat("\"", tokens[i].text(), "\""));
    } else {
      fields.push_back(std::string(tokens[i].text()));
    }
  }
  // As in BIND, a blank owner after it is the one before it: no generated name is.
  const WrittenName owner = scope_.owner;
  const bool owner_is_bad = scope_.owner_is_bad;
  generated_.line = entry.line;
  for (int64_t i = 0; i < count && errors_ == errors_before && !stopped_; ++i) {
    Generate(fields, heading.tokens - 2, range.start + i * range.step);
  }
  generated_.line = 0;
  scope_.owner = owner;
  scope_.owner_is_bad = owner_is_bad;
  owner_text_.clear();
}

// The record for `value`, or an error.
void ZoneFileReader::Generate(const std::vector<std::string>& fields, size_t data_at,
                              int64_t value) {
  std::string line;
  if (!MakeLine(fields, data_at, value, line)) {
    return AddError(0, absl::StrCat("$GENERATE has a bad ${offset,width,base}, or its number "
                                    "is over 2147483647; base is one of d o x X n N",
                                    kForm));
  }
  if (!TakeGenerated(line.size())) return;
  MemorySource source(line);
  ZoneScanner scanner(source, line.size() + 1);
  ZoneEntry made;
  if (!scanner.Next(made)) return;
  if (made.error.empty()) {
    HandleRecord(made);
  } else {
    AddError(0, std::move(made.error));
  }
}

// Like TakePiece(), for generated text: a short line may generate much.
bool ZoneFileReader::TakeGenerated(size_t bytes) {
  const uint64_t before = generated_.bytes;
  generated_.bytes += bytes;
  if (generated_.bytes > limits_.generated_bytes_max) {
    AddError(0, absl::StrCat("$GENERATE lines make over ", limits_.generated_bytes_max,
                             " octets of text in one zone; write the records to the file or split "
                             "the zone"));
    stopped_ = true;
    return false;
  }
  if (before / ZoneScanner::kPieceBytes == generated_.bytes / ZoneScanner::kPieceBytes) return true;
  TellProgress();
  if (!IsRaised(limits_.stop)) return true;
  AddError(0, kStoppedText);
  stopped_ = true;
  return false;
}

}  // namespace hither
