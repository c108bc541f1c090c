#include "daemon/config/primary_list.h"

#include <algorithm>

namespace hither {

const PrimaryConfig* FindPrimary(const std::vector<PrimaryConfig>& primaries,
                                 absl::string_view name) {
  const auto found =
      std::ranges::find_if(primaries, [name](const auto& one) { return one.name == name; });
  return found == primaries.end() ? nullptr : &*found;
}

}  // namespace hither
