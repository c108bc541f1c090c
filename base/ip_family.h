#ifndef HITHER_BASE_IP_FAMILY_H_
#define HITHER_BASE_IP_FAMILY_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace hither {

enum class IpFamily : uint8_t { kV4, kV6 };

inline constexpr IpFamily kIpFamilies[] = {IpFamily::kV4, IpFamily::kV6};

// There is no ToText(): a log line and a page say it differently.
constexpr absl::string_view NameOf(IpFamily family) {
  return family == IpFamily::kV6 ? "IPv6" : "IPv4";
}
constexpr absl::string_view WordOf(IpFamily family) {  // In configurations, pages and metrics.
  return family == IpFamily::kV6 ? "ipv6" : "ipv4";
}
constexpr int BitsOf(IpFamily family) { return family == IpFamily::kV6 ? 128 : 32; }

}  // namespace hither

#endif  // HITHER_BASE_IP_FAMILY_H_
