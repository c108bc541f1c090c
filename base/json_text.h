#ifndef HITHER_BASE_JSON_TEXT_H_
#define HITHER_BASE_JSON_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace hither {

// Our own pages have five levels; a status of 10,000 zones has 90,000 values.
inline constexpr int kJsonDepthMax = 32;
inline constexpr size_t kJsonValuesMax = 400'000;

// May a text be parsed? A tree needs some hundred octets for each value, and as much for each
// level: 4 MB of "[" would take 300 MB. Only counts brackets and commas outside of strings; the
// parser finds what is not JSON. JsonDocument asks first.
bool IsModestJson(absl::string_view text, int depth_max = kJsonDepthMax);

}  // namespace hither

#endif  // HITHER_BASE_JSON_TEXT_H_
