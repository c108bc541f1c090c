#ifndef HITHER_BASE_COUNTED_H_
#define HITHER_BASE_COUNTED_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hither {

// "1 record", "2 records".
inline std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace hither

#endif  // HITHER_BASE_COUNTED_H_
