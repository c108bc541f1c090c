#include "anycast/route/lease_address.h"

#include <algorithm>

namespace hither {
namespace {

// `prefix` with `offset` added in its last octets. Offsets are small: no carry beyond two octets.
HostAddress At(const Prefix& prefix, size_t offset) {
  HostAddress host{.family = prefix.family, .octets = prefix.address};
  const size_t last = host.size() - 1;
  const size_t sum = host.octets[last - 1] * size_t{256} + host.octets[last] + offset;
  host.octets[last] = static_cast<uint8_t>(sum);
  host.octets[last - 1] = static_cast<uint8_t>(sum >> 8);
  return host;
}

}  // namespace

std::optional<HostAddress> LeaseAddress(const Prefix& prefix,
                                        std::span<const SocketAddress> service_addresses) {
  const int host_bits = BitsOf(prefix.family) - prefix.length;
  const size_t hosts = size_t{1} << std::min(host_bits, 15);
  // Offset 0 is the subnet's own (or the subnet-router's anycast, RFC 4291 §2.6.1) address, and
  // IPv4's last its broadcast, except where there are two of them only (RFC 3021, RFC 6164).
  const size_t first = host_bits > 1 ? 1 : 0;
  const size_t end = prefix.family == IpFamily::kV4 && host_bits > 1 ? hosts - 1 : hosts;
  for (size_t offset = first; offset < end; ++offset) {
    const HostAddress host = At(prefix, offset);
    const bool is_taken = std::any_of(
        service_addresses.begin(), service_addresses.end(),
        [&host](const SocketAddress& address) { return HostAddress::Of(address) == host; });
    if (!is_taken && host_bits > 0) return host;
  }
  return std::nullopt;
}

}  // namespace hither
