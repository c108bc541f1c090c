#ifndef HITHER_BASE_JSON_WRITER_H_
#define HITHER_BASE_JSON_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// The one way to write JSON. A value is its own text, so there is no tree: what is added to an
// object or array is appended. Members keep their order. Texts may be foreign: octets that are not
// UTF-8 become U+FFFD.
namespace hither {

class JsonArray;
class JsonObject;

class JsonValue {
 public:
  JsonValue() : text_("null") {}
  // Implicit, all of them, so that a table of members reads like the object.
  JsonValue(std::nullptr_t) : JsonValue() {}
  template <typename T,
            std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, char>, int> = 0>
  JsonValue(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      text_ = value ? "true" : "false";
    } else {
      absl::StrAppend(&text_, value);
    }
  }
  JsonValue(double value);  // What is not finite becomes null.
  JsonValue(absl::string_view text);
  JsonValue(const std::string& text) : JsonValue(absl::string_view(text)) {}
  JsonValue(const char* text) : JsonValue(absl::string_view(text)) {}
  JsonValue(JsonArray array);
  JsonValue(JsonObject object);
  template <typename T>
  JsonValue(const std::optional<T>& value)
      : JsonValue(value.has_value() ? JsonValue(*value) : JsonValue()) {}
  // A container of values.
  template <typename Range,
            std::enable_if_t<!std::is_convertible_v<const Range&, absl::string_view>,
                             typename Range::const_iterator>* = nullptr>
  JsonValue(const Range& range);

  const std::string& Compact() const { return text_; }
  // Compact, and ASCII: every other character is escaped.
  std::string Ascii() const;
  // One member or item a line.
  std::string Indented(size_t indent) const;

 private:
  std::string text_;
};

class JsonArray {
 public:
  void Add(const JsonValue& value) {
    absl::StrAppend(&text_, size_++ == 0 ? "" : ",", value.Compact());
  }
  size_t size() const { return size_; }

 private:
  friend class JsonValue;
  std::string text_ = "[";  // Without its end.
  size_t size_ = 0;
};

struct JsonMember {
  absl::string_view key;
  JsonValue value;
};

class JsonObject {
 public:
  JsonObject() = default;
  JsonObject(std::initializer_list<JsonMember> members) {
    for (const JsonMember& member : members) Add(member.key, member.value);
  }

  // The caller sees to it that no key is added twice.
  void Add(absl::string_view key, const JsonValue& value) {
    absl::StrAppend(&text_, size_++ == 0 ? "" : ",", JsonValue(key).Compact(), ":",
                    value.Compact());
  }
  size_t size() const { return size_; }

 private:
  friend class JsonValue;
  std::string text_ = "{";  // Without its end.
  size_t size_ = 0;
};

template <typename Range, std::enable_if_t<!std::is_convertible_v<const Range&, absl::string_view>,
                                           typename Range::const_iterator>*>
JsonValue::JsonValue(const Range& range) {
  JsonArray array;
  for (const auto& value : range) array.Add(value);
  *this = JsonValue(std::move(array));
}

}  // namespace hither

#endif  // HITHER_BASE_JSON_WRITER_H_
