#include "anycast/policy/signal.h"

namespace hither {

absl::string_view ToText(Scope scope) {
  constexpr absl::string_view kTexts[] = {"local", "path", "shared"};
  return kTexts[static_cast<size_t>(scope)];
}

absl::string_view ToText(Level level) {
  constexpr absl::string_view kTexts[] = {"ok", "unknown", "soft", "hard"};
  return kTexts[static_cast<size_t>(level)];
}

absl::string_view ToText(Families families) {
  constexpr absl::string_view kTexts[] = {"both", "ipv4", "ipv6"};
  return kTexts[static_cast<size_t>(families)];
}

}  // namespace hither
