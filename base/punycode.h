#ifndef HITHER_BASE_PUNYCODE_H_
#define HITHER_BASE_PUNYCODE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// The A-label (RFC 5890 §2.3.2.1) of a label in UTF-8, "xn--" and its Punycode (RFC 3492); of a
// label in ASCII, that label in lower case. Absent if `label` is not UTF-8, or too long.
//
// For suggestions: of what IDNA wants mapped first (RFC 5895), only upper case in ASCII is.
std::optional<std::string> ToALabel(absl::string_view label);

}  // namespace hither

#endif  // HITHER_BASE_PUNYCODE_H_
