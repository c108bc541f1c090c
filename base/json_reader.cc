#include "base/json_reader.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

namespace hither {

struct JsonChildren {
  std::vector<JsonNode> values;
  std::vector<std::string> keys;  // Of an object; as many as values when it is complete.
  std::vector<uint32_t> by_key;   // Sorted, so that a large object costs no more than its text.

  const JsonNode* Find(absl::string_view key) const;
  void Index();
  void DropRepeated();
};

// Not a std::variant: g++ 12 believes that moving one reads what is not initialized.
struct JsonNode {
  // kNegative: an integer with a minus, as the parser reports it.
  enum class Kind : uint8_t { kNull, kBool, kNegative, kUnsigned, kReal, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  uint64_t bits = 0;  // Of a bool or number.
  std::string text;
  std::unique_ptr<JsonChildren> children;  // Of an array or object.
};

const JsonNode* JsonChildren::Find(absl::string_view key) const {
  const auto less = [&](uint32_t at, absl::string_view wanted) { return keys[at] < wanted; };
  const auto found = std::lower_bound(by_key.begin(), by_key.end(), key, less);
  return found == by_key.end() || keys[*found] != key ? nullptr : &values[*found];
}

void JsonChildren::Index() {
  by_key.resize(keys.size());
  std::iota(by_key.begin(), by_key.end(), 0);
  std::stable_sort(by_key.begin(), by_key.end(),
                   [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });
}

void JsonChildren::DropRepeated() {
  std::vector<bool> is_dropped(keys.size());
  uint32_t first = 0;
  bool is_any = false;
  for (size_t i = 0; i < by_key.size(); ++i) {
    const uint32_t at = by_key[i];
    if (i == 0 || keys[at] != keys[first]) {
      first = at;
      continue;
    }
    values[first] = std::move(values[at]);
    is_dropped[at] = is_any = true;
  }
  if (!is_any) return;
  size_t kept = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (is_dropped[i]) continue;
    if (kept != i) {
      keys[kept] = std::move(keys[i]);
      values[kept] = std::move(values[i]);
    }
    ++kept;
  }
  keys.resize(kept);
  values.resize(kept);
  Index();
}

namespace {

using Json = nlohmann::json;
using Kind = JsonNode::Kind;

// Builds our tree from the parser's events. nlohmann's own tree throws, and in the form that keeps
// the order of members (ordered_json) each new key is compared with all the others.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return AddNumber(Kind::kNull, 0); }
  bool boolean(bool value) override { return AddNumber(Kind::kBool, value); }
  bool number_integer(int64_t value) override {
    return AddNumber(Kind::kNegative, static_cast<uint64_t>(value));
  }
  bool number_unsigned(uint64_t value) override { return AddNumber(Kind::kUnsigned, value); }
  bool number_float(double value, const std::string&) override {
    return AddNumber(Kind::kReal, std::bit_cast<uint64_t>(value));
  }
  bool string(std::string& value) override {
    JsonNode node;
    node.kind = Kind::kText;
    node.text = std::move(value);
    return Add(std::move(node));
  }
  bool binary(Json::binary_t&) override { return false; }  // JSON texts have none.
  bool start_object(size_t) override { return Open(Kind::kObject); }
  bool start_array(size_t) override { return Open(Kind::kArray); }
  bool end_array() override { return Close(); }
  bool key(std::string& key) override {
    open_.back().children->keys.push_back(std::move(key));
    return true;
  }
  bool end_object() override {
    open_.back().children->Index();
    open_.back().children->DropRepeated();
    return Close();
  }
  bool parse_error(size_t octet, const std::string&, const Json::exception&) override {
    error_at_ = octet;
    return false;
  }

  size_t error_at() const { return error_at_; }
  JsonNode TakeRoot() { return std::move(root_); }

 private:
  bool Open(Kind kind) {
    JsonNode& node = open_.emplace_back();
    node.kind = kind;
    node.children = std::make_unique<JsonChildren>();
    return true;
  }
  bool Close() {
    JsonNode node = std::move(open_.back());
    open_.pop_back();
    return Add(std::move(node));
  }
  bool AddNumber(Kind kind, uint64_t bits) {
    JsonNode node;
    node.kind = kind;
    node.bits = bits;
    return Add(std::move(node));
  }
  bool Add(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().children->values.push_back(std::move(node));
    }
    return true;
  }

  std::vector<JsonNode> open_;  // The outermost first.
  JsonNode root_;
  size_t error_at_ = 0;
};

bool Is(const JsonNode* node, Kind kind) { return node != nullptr && node->kind == kind; }

}  // namespace

bool JsonView::IsNull() const { return Is(node_, Kind::kNull); }
bool JsonView::IsObject() const { return Is(node_, Kind::kObject); }
bool JsonView::IsArray() const { return Is(node_, Kind::kArray); }

std::optional<bool> JsonView::MaybeBool() const {
  return Is(node_, Kind::kBool) ? std::optional<bool>(node_->bits != 0) : std::nullopt;
}

std::optional<int64_t> JsonView::MaybeInt() const {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (Is(node_, Kind::kNegative) || (Is(node_, Kind::kUnsigned) && node_->bits <= kMax)) {
    return static_cast<int64_t>(node_->bits);
  }
  return std::nullopt;
}

std::optional<uint64_t> JsonView::MaybeUnsigned() const {
  return Is(node_, Kind::kUnsigned) ? std::optional<uint64_t>(node_->bits) : std::nullopt;
}

std::optional<uint32_t> JsonView::MaybeUnsigned32() const {
  const std::optional<uint64_t> wide = MaybeUnsigned();
  if (!wide.has_value() || *wide > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*wide);
}

std::optional<double> JsonView::MaybeNumber() const {
  if (Is(node_, Kind::kNegative)) return static_cast<double>(static_cast<int64_t>(node_->bits));
  if (Is(node_, Kind::kUnsigned)) return static_cast<double>(node_->bits);
  if (Is(node_, Kind::kReal)) return std::bit_cast<double>(node_->bits);
  return std::nullopt;
}

const std::string* JsonView::MaybeText() const {
  return Is(node_, Kind::kText) ? &node_->text : nullptr;
}

std::string JsonView::TextOr(absl::string_view otherwise) const {
  const std::string* text = MaybeText();
  return text == nullptr ? std::string(otherwise) : *text;
}

JsonView JsonView::MaybeAt(absl::string_view key) const {
  return IsObject() ? JsonView(node_->children->Find(key)) : JsonView();
}

size_t JsonView::size() const {
  return IsObject() || IsArray() ? node_->children->values.size() : 0;
}

std::vector<JsonView> JsonView::MaybeItems() const {
  std::vector<JsonView> items;
  if (!IsArray()) return items;
  items.reserve(size());
  for (const JsonNode& item : node_->children->values) items.emplace_back(&item);
  return items;
}

std::vector<std::pair<absl::string_view, JsonView>> JsonView::MaybeMembers() const {
  std::vector<std::pair<absl::string_view, JsonView>> members;
  if (!IsObject()) return members;
  members.reserve(size());
  for (size_t i = 0; i < size(); ++i) {
    members.emplace_back(node_->children->keys[i], JsonView(&node_->children->values[i]));
  }
  return members;
}

absl::StatusOr<JsonDocument> JsonDocument::Parse(absl::string_view text) {
  return Parse(text, Limits{});
}

absl::StatusOr<JsonDocument> JsonDocument::Parse(absl::string_view text, const Limits& limits) {
  if (text.size() > limits.octets_max) {
    return absl::InvalidArgumentError(absl::StrCat("longer than ", limits.octets_max, " octets"));
  }
  if (!IsModestJson(text, limits.depth_max)) {
    return absl::InvalidArgumentError("nested too deeply, or too many values");
  }
  TreeBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not JSON: error at octet ", builder.error_at()));
  }
  return JsonDocument(std::make_shared<const JsonNode>(builder.TakeRoot()));
}

JsonReader::JsonReader(JsonView object, std::string path, absl::Status& failure)
    : object_(object), path_(std::move(path)), failure_(&failure) {
  if (!object_.exists() || object_.IsObject()) return;
  Fail("", "is not an object");
  object_ = JsonView();
}

std::string JsonReader::PathOf(absl::string_view key) const {
  if (path_.empty() && key.empty()) return "the text";
  return absl::StrCat(path_, path_.empty() || key.empty() ? "" : ".", key);
}

void JsonReader::Fail(absl::string_view key, absl::string_view what) {
  if (!failure_->ok()) return;
  *failure_ = absl::InvalidArgumentError(absl::StrCat(PathOf(key), " ", what));
}

void JsonReader::Fail(const absl::Status& status) {
  if (failure_->ok()) *failure_ = status;
}

JsonView JsonReader::Find(absl::string_view key) {
  const JsonView found = object_.MaybeAt(key);
  // Without an object: the search for it has reported the failure.
  if (object_.exists() && !found.exists()) Fail(key, "is missing");
  return found;
}

void JsonReader::Read(absl::string_view key, bool& value) {
  const JsonView found = Find(key);
  const std::optional<bool> read = found.MaybeBool();
  if (read.has_value()) value = *read;
  if (found.exists() && !read.has_value()) Fail(key, "is neither true nor false");
}

void JsonReader::Read(absl::string_view key, int64_t& value) {
  const JsonView found = Find(key);
  const std::optional<int64_t> read = found.MaybeInt();
  if (read.has_value()) value = *read;
  if (found.exists() && !read.has_value()) Fail(key, "is not a whole number of 64 bits");
}

void JsonReader::Read(absl::string_view key, int& value) {
  int64_t wide = value;
  Read(key, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    return Fail(key, "is too large");
  }
  value = static_cast<int>(wide);
}

void JsonReader::Read(absl::string_view key, uint64_t& value) {
  const JsonView found = Find(key);
  const std::optional<uint64_t> read = found.MaybeUnsigned();
  if (read.has_value()) value = *read;
  if (found.exists() && !read.has_value()) Fail(key, "is not a whole number from 0 to 2^64 - 1");
}

void JsonReader::Read(absl::string_view key, uint32_t& value) {
  const JsonView found = Find(key);
  const std::optional<uint32_t> read = found.MaybeUnsigned32();
  if (read.has_value()) value = *read;
  if (found.exists() && !read.has_value()) Fail(key, "is not a whole number from 0 to 2^32 - 1");
}

void JsonReader::Read(absl::string_view key, double& value) {
  const JsonView found = Find(key);
  const std::optional<double> read = found.MaybeNumber();
  if (read.has_value()) value = *read;
  if (found.exists() && !read.has_value()) Fail(key, "is not a number");
}

void JsonReader::Read(absl::string_view key, std::string& value) {
  const JsonView found = Find(key);
  const std::string* read = found.MaybeText();
  if (read != nullptr) value = *read;
  if (found.exists() && read == nullptr) Fail(key, "is not a string");
}

void JsonReader::Read(absl::string_view key, std::vector<std::string>& value) {
  std::vector<std::string> texts;
  for (const JsonView item : Array(key, kJsonValuesMax)) {
    const std::string* text = item.MaybeText();
    if (text == nullptr) return Fail(key, "is not a list of strings");
    texts.push_back(*text);
  }
  if (Has(key)) value = std::move(texts);
}

JsonReader JsonReader::Object(absl::string_view key) {
  return JsonReader(Find(key), PathOf(key), *failure_);
}

std::vector<JsonView> JsonReader::Array(absl::string_view key, size_t items_max) {
  const JsonView found = Find(key);
  if (!found.exists()) return {};
  if (!found.IsArray()) return Fail(key, "is not a list"), std::vector<JsonView>();
  if (found.size() <= items_max) return found.MaybeItems();
  Fail(key, absl::StrCat("has more than ", items_max, " items"));
  return {};
}

std::vector<JsonReader> JsonReader::ArrayOfObjects(absl::string_view key, size_t items_max) {
  std::vector<JsonReader> readers;
  for (const JsonView item : Array(key, items_max)) {
    readers.emplace_back(item, absl::StrCat(PathOf(key), "[", readers.size(), "]"), *failure_);
  }
  return readers;
}

}  // namespace hither
