#ifndef HITHER_BASE_PREFIX_H_
#define HITHER_BASE_PREFIX_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ip_family.h"
#include "base/socket_address.h"

namespace hither {

// A routing prefix: "192.0.2.0/24". A value; no bit is set after its length.
struct Prefix {
  IpFamily family = IpFamily::kV4;
  int length = 0;                        // In bits: 0 to 32 or 128.
  std::array<uint8_t, 16> address = {};  // Network order; IPv4 in the first four.

  // "192.0.2.0/24" or "2001:db8::/48"; without a length, one host. Bits after the length are an
  // error that names the intended prefix.
  static absl::StatusOr<Prefix> FromText(absl::string_view text);
  std::string ToText() const;
  bool Contains(const SocketAddress& address) const;

  friend auto operator<=>(const Prefix&, const Prefix&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Prefix& p) {
    return H::combine(std::move(h), p.family, p.length, p.address);
  }
};

}  // namespace hither

#endif  // HITHER_BASE_PREFIX_H_
