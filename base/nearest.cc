#include "base/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

constexpr size_t kWordBytesMax = 64;

// Insertions, deletions, substitutions and swaps of neighbours ("optimal string alignment"): three
// rows of the usual table are enough.
size_t Slips(absl::string_view a, absl::string_view b) {
  std::array<std::array<size_t, kWordBytesMax + 1>, 3> rows;
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    const auto& above = rows[(i - 1) % 3];
    auto& row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

absl::string_view NearestWord(absl::string_view word, std::span<const absl::string_view> known) {
  absl::string_view best;
  if (word.empty() || word.size() > kWordBytesMax) return best;
  size_t best_slips = std::min((word.size() + 2) / 3, word.size() - 1) + 1;
  for (const absl::string_view candidate : known) {
    if (candidate.size() > kWordBytesMax) continue;
    const size_t slips = Slips(word, candidate);
    if (slips < best_slips) {
      best = candidate;
      best_slips = slips;
    }
  }
  return best;
}

std::string SuggestWord(absl::string_view word, std::span<const absl::string_view> known) {
  const absl::string_view near = NearestWord(word, known);
  if (!near.empty()) return absl::StrCat("; did you mean '", near, "'?");
  return absl::StrCat("; choose from: ", absl::StrJoin(known, ", "));
}

}  // namespace hither
