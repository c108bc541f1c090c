#ifndef HITHER_BASE_NEAREST_H_
#define HITHER_BASE_NEAREST_H_

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// The word of `known` that somebody who typed `word` most likely meant, or an empty view if none
// is close: at most one slip (a letter wrong, missing, added, or two swapped) for each three
// letters begun, and never as many slips as letters. Words over 64 octets match nothing.
absl::string_view NearestWord(absl::string_view word, std::span<const absl::string_view> known);

// "; did you mean 'listen'?" if there is a near one, else "; choose from: a, b, c".
std::string SuggestWord(absl::string_view word, std::span<const absl::string_view> known);

}  // namespace hither

#endif  // HITHER_BASE_NEAREST_H_
