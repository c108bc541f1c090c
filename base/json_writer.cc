#include "base/json_writer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"

namespace hither {
namespace {

using Json = nlohmann::json;

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// The end of the string that starts at `start` with its quote.
size_t EndOfString(absl::string_view json, size_t start) {
  size_t at = start + 1;
  while (json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return at + 1;
}

// The character of valid UTF-8 that starts at `at`; moves `at` past it.
uint32_t NextCharacter(absl::string_view text, size_t& at) {
  const auto octet = [&] { return static_cast<unsigned char>(text[at++]); };
  const uint32_t first = octet();
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  uint32_t character = first & (0x3fu >> more);
  for (int i = 0; i < more; ++i) character = character << 6 | (octet() & 0x3fu);
  return character;
}

}  // namespace

// The shortest text that reads as the same number; as the parser's library has always written it.
JsonValue::JsonValue(double value) : text_(Json(value).dump()) {}

JsonValue::JsonValue(absl::string_view text) {
  for (const char c : text) {
    if (IsPlain(c)) continue;
    text_ = Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  absl::StrAppend(&text_, "\"", text, "\"");
}

JsonValue::JsonValue(JsonArray array) : text_(std::move(array.text_)) { text_ += ']'; }

JsonValue::JsonValue(JsonObject object) : text_(std::move(object.text_)) { text_ += '}'; }

// Only strings have characters that are not ASCII.
std::string JsonValue::Ascii() const {
  std::string out;
  out.reserve(text_.size());
  for (size_t at = 0; at < text_.size();) {
    const uint32_t character = NextCharacter(text_, at);
    if (character < 0x7f) {
      out.push_back(static_cast<char>(character));
    } else if (character < 0x10000) {
      absl::StrAppendFormat(&out, "\\u%04x", character);
    } else {  // RFC 8259 §7: a surrogate pair.
      absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
                            0xdc00 + (character & 0x3ff));
    }
  }
  return out;
}

std::string JsonValue::Indented(size_t indent) const {
  std::string out;
  size_t depth = 0;
  const auto start_line = [&] { out.append(1, '\n').append(depth * indent, ' '); };
  for (size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '"') {
      const size_t end = EndOfString(text_, at);
      out.append(text_, at, end - at);
      at = end - 1;
    } else if (c == '{' || c == '[') {
      out.push_back(c);
      const char next = text_[at + 1];
      if (next == '}' || next == ']') {
        out.push_back(next);
        ++at;
        continue;
      }
      ++depth;
      start_line();
    } else if (c == '}' || c == ']') {
      --depth;
      start_line();
      out.push_back(c);
    } else {
      out.push_back(c);
      if (c == ',') start_line();
      if (c == ':') out.push_back(' ');
    }
  }
  return out;
}

}  // namespace hither
