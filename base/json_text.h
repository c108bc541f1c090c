#ifndef HITHER_BASE_JSON_TEXT_H_
#define HITHER_BASE_JSON_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace hither {

// Our own pages have five levels; a status of 10,000 zones has 90,000 values.
inline constexpr int kJsonDepthMax = 32;
inline constexpr size_t kJsonValuesMax = 400'000;

// May a text be parsed? The parser needs some hundred octets for each value and for each level: 4
// MB of "[" would take 300 MB. Only counts brackets and commas outside of strings; the parser finds
// other errors.
bool IsModestJson(absl::string_view text, int depth_max = kJsonDepthMax);

// The only way to read foreign JSON (tidy_test checks that): discarded if it is invalid or too
// large; throws nothing. `Json` is nlohmann::json or ordered_json.
template <typename Json>
Json ParseJson(absl::string_view text) {
  if (!IsModestJson(text)) return Json(Json::value_t::discarded);
  return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

}  // namespace hither

#endif  // HITHER_BASE_JSON_TEXT_H_
