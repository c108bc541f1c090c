#include "base/prefix.h"

#include <arpa/inet.h>

#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

std::array<uint8_t, 16> OctetsOf(const SocketAddress& address) {
  std::array<uint8_t, 16> octets = {};
  if (address.family() == IpFamily::kV6) {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr,
                16);
  } else {
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr, 4);
  }
  return octets;
}

// Clears the bits after the first `length`.
std::array<uint8_t, 16> Masked(std::array<uint8_t, 16> octets, int length) {
  for (int i = 0; i < 16; ++i) {
    const int kept = length - 8 * i;
    if (kept >= 8) continue;
    octets[i] = kept <= 0 ? 0 : static_cast<uint8_t>(octets[i] & (0xFF << (8 - kept)));
  }
  return octets;
}

}  // namespace

absl::StatusOr<Prefix> Prefix::FromText(absl::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  Prefix prefix;
  prefix.family = host.find(':') == std::string::npos ? IpFamily::kV4 : IpFamily::kV6;
  const int length_max = BitsOf(prefix.family);
  prefix.length = length_max;
  const absl::string_view length =
      slash == absl::string_view::npos ? absl::string_view() : text.substr(slash + 1);
  const bool length_fits =
      slash == absl::string_view::npos ||
      (length.find_first_not_of("0123456789") == absl::string_view::npos &&
       absl::SimpleAtoi(length, &prefix.length) && prefix.length <= length_max);
  if (!length_fits ||
      inet_pton(SystemFamilyOf(prefix.family), host.c_str(), prefix.address.data()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a prefix; write it as 192.0.2.0/24 or 2001:db8::/48"));
  }
  const auto masked = Masked(prefix.address, prefix.length);
  if (masked == prefix.address) return prefix;
  prefix.address = masked;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' has bits set after its prefix length; write ", prefix.ToText()));
}

std::string Prefix::ToText() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(SystemFamilyOf(family), address.data(), text, sizeof text);
  return absl::StrCat(text, "/", length);
}

bool Prefix::Contains(const SocketAddress& of) const {
  return of.family() == family && Masked(OctetsOf(of), length) == address;
}

}  // namespace hither
