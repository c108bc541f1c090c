#include "base/json_text.h"

namespace hither {

bool IsModestJson(absl::string_view text, int depth_max) {
  int depth = 0;
  size_t values = 1;
  bool is_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      is_string = !is_string;
    } else if (is_string) {
      i += c == '\\';  // An escaped quote does not end a string.
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max || ++values > kJsonValuesMax) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && ++values > kJsonValuesMax) {
      return false;
    }
  }
  return true;
}

}  // namespace hither
