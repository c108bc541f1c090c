#ifndef HITHER_BASE_JSON_READER_H_
#define HITHER_BASE_JSON_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/json_text.h"

// The one way to read JSON. The text may come from another host, another program or another
// version: it is parsed within limits, nothing is thrown, and no type is converted in silence.
namespace hither {

struct JsonNode;  // Defined in the .cc: no other file pays for the parser's headers.

// One value of a document that outlives it, or none: what is looked for need not exist. Cheap to
// copy. The Maybe functions are for pages of other programs and versions: a value of another type
// counts as absent. JsonReader reports it instead.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const JsonNode* node) : node_(node) {}

  bool exists() const { return node_ != nullptr; }
  bool IsNull() const;
  bool IsObject() const;
  bool IsArray() const;

  std::optional<bool> MaybeBool() const;
  std::optional<int64_t> MaybeInt() const;        // Written without fraction and exponent.
  std::optional<uint64_t> MaybeUnsigned() const;  // Likewise, and without a minus.
  std::optional<uint32_t> MaybeUnsigned32() const;
  std::optional<double> MaybeNumber() const;  // Any number; always finite.
  const std::string* MaybeText() const;       // Null: not a string.
  std::string TextOr(absl::string_view otherwise) const;

  JsonView MaybeAt(absl::string_view key) const;  // A member of an object.
  size_t size() const;                            // Of an object or array; else 0.
  std::vector<JsonView> MaybeItems() const;       // Of an array.
  // Of an object, each key once, in the order of the text.
  std::vector<std::pair<absl::string_view, JsonView>> MaybeMembers() const;

 private:
  const JsonNode* node_ = nullptr;
};

// A parsed text. If an object repeats a key, the last value counts, at the first one's place.
class JsonDocument {
 public:
  struct Limits {
    size_t octets_max = SIZE_MAX;
    int depth_max = kJsonDepthMax;
  };
  // Errors: exceeds a limit (kJsonValuesMax is one); is not JSON.
  static absl::StatusOr<JsonDocument> Parse(absl::string_view text);
  static absl::StatusOr<JsonDocument> Parse(absl::string_view text, const Limits& limits);

  JsonView root() const { return JsonView(root_.get()); }

 private:
  explicit JsonDocument(std::shared_ptr<const JsonNode> root) : root_(std::move(root)) {}

  std::shared_ptr<const JsonNode> root_;
};

// Reads the members of one object strictly. The first failure of this reader and of all readers
// made by it is kept: read every member, then check `failure` once. A member that cannot be read
// keeps its value.
class JsonReader {
 public:
  // `path` is the object's place in the text: "facts.intent"; empty for the top.
  JsonReader(JsonView object, std::string path, absl::Status& failure);

  // The member must exist and have this type.
  void Read(absl::string_view key, bool& value);
  void Read(absl::string_view key, int& value);
  void Read(absl::string_view key, int64_t& value);
  void Read(absl::string_view key, uint32_t& value);
  void Read(absl::string_view key, uint64_t& value);
  void Read(absl::string_view key, double& value);  // Any number.
  void Read(absl::string_view key, std::string& value);
  void Read(absl::string_view key, std::vector<std::string>& value);
  // The member must exist; null is no value.
  template <typename T>
  void Read(absl::string_view key, std::optional<T>& value) {
    value.reset();
    const JsonView found = Find(key);
    if (found.exists() && !found.IsNull()) Read(key, value.emplace());
  }
  // As Read(), but an absent member is no failure: older versions do not write it.
  template <typename T>
  void ReadIfPresent(absl::string_view key, T& value) {
    if (Has(key)) Read(key, value);
  }
  // An enumeration with the values 0 to `values` - 1, by their ToText().
  template <typename Enum>
  void ReadEnum(absl::string_view key, int values, Enum& value) {
    std::string text;
    Read(key, text);
    for (int i = 0; i < values; ++i) {
      if (ToText(static_cast<Enum>(i)) == text) return void(value = static_cast<Enum>(i));
    }
    Fail(key, "is not a known word");
  }

  // If the member is not an object, the new reader has no members and reports nothing more.
  JsonReader Object(absl::string_view key);
  // The member must be an array of at most so many items; else empty. ArrayOfObjects() reports
  // items of another type, too.
  std::vector<JsonView> Array(absl::string_view key, size_t items_max);
  std::vector<JsonReader> ArrayOfObjects(absl::string_view key, size_t items_max);

  bool Has(absl::string_view key) const { return object_.MaybeAt(key).exists(); }
  // The member, which must exist; for types that this class does not know.
  JsonView Find(absl::string_view key);
  JsonView object() const { return object_; }

  // "facts.intent.drain is missing", with `what` = "is missing".
  void Fail(absl::string_view key, absl::string_view what);
  void Fail(const absl::Status& status);

 private:
  std::string PathOf(absl::string_view key) const;

  JsonView object_;
  std::string path_;
  absl::Status* failure_;
};

}  // namespace hither

#endif  // HITHER_BASE_JSON_READER_H_
