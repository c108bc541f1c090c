// Any octets as JSON: what JsonDocument accepts, holds and writes is what nlohmann does; and any
// octets as one string, and as one number, of what we write.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

namespace hither {
namespace {

using Judge = nlohmann::ordered_json;
constexpr auto kReplace = Judge::error_handler_t::replace;

JsonValue WrittenAgain(JsonView view) {
  if (view.IsObject()) {
    JsonObject object;
    for (const auto& [key, value] : view.MaybeMembers()) {
      HITHER_CHECK(view.MaybeAt(key).exists());
      object.Add(key, WrittenAgain(value));
    }
    return object;
  }
  if (view.IsArray()) {
    JsonArray array;
    for (const JsonView item : view.MaybeItems()) array.Add(WrittenAgain(item));
    return array;
  }
  if (const auto value = view.MaybeBool()) return *value;
  if (const auto value = view.MaybeUnsigned()) return *value;
  if (const auto value = view.MaybeInt()) return *value;
  if (const auto value = view.MaybeNumber()) return *value;
  if (view.MaybeText() != nullptr) return *view.MaybeText();
  HITHER_CHECK(view.IsNull());
  return nullptr;
}

void Compare(const JsonValue& ours, const Judge& judge) {
  HITHER_CHECK(ours.Compact() == judge.dump(-1, ' ', false, kReplace));
  HITHER_CHECK(ours.Ascii() == judge.dump(-1, ' ', true, kReplace));
  HITHER_CHECK(ours.Indented(1) == judge.dump(1, ' ', false, kReplace));
}

void ReadText(absl::string_view text) {
  const auto document = JsonDocument::Parse(text);
  if (!IsModestJson(text)) {
    HITHER_CHECK(!document.ok());
    return;
  }
  const Judge judge = Judge::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  HITHER_CHECK(document.ok() == !judge.is_discarded());
  if (!document.ok()) return;
  Compare(WrittenAgain(document->root()), judge);
  // The strict reader must survive each of the members, read as each of the types.
  absl::Status failure;
  JsonReader reader(document->root(), "", failure);
  for (const auto& [key, value] : document->root().MaybeMembers()) {
    std::optional<int> whole;
    std::vector<std::string> texts;
    reader.Read(key, whole);
    reader.Read(key, texts);
    reader.Object(key).Read(key, whole);
    HITHER_CHECK(!failure.ok());  // It cannot be all of these.
  }
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  hither::ReadText(text);
  hither::Compare(text, text);
  double number = 0;
  std::memcpy(&number, data, std::min(size, sizeof number));
  hither::Compare(number, number);
  return 0;
}
