#include "anycast/bgp/next_hop.h"

#include <linux/if_addr.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

bool IsGlobal(const SocketAddress& address) {
  if (address.IsLoopback() || address.IsWildcard() || address.IsLinkLocal()) return false;
  const Bytes bytes = AddressBytes(address);
  return address.family() == IpFamily::kV6 || bytes[0] != 169 || bytes[1] != 254;  // RFC 3927
}

// An optimistic address is tentative as well: it may still turn out to be another host's.
bool IsUsable(const InterfaceAddress& each, const ServiceAddresses& services) {
  return IsGlobal(each.address) && (each.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0 &&
         !services.Is(each.address) && !services.Contain(each.address);
}

bool IsOnSubnet(const InterfaceAddress& each, const SocketAddress& other) {
  if (each.address.family() != other.family() || other.IsLinkLocal()) return false;
  const Bytes ours = AddressBytes(each.address);
  const Bytes theirs = AddressBytes(other);
  for (size_t i = 0; i < ours.size(); ++i) {
    const int bits = std::clamp(each.length - 8 * static_cast<int>(i), 0, 8);
    if (((ours[i] ^ theirs[i]) & (0xFF00 >> bits) & 0xFF) != 0) return false;
  }
  return true;
}

bool IsSame(const InterfaceAddress& each, const SocketAddress& address) {
  if (AddressBytes(each.address) != AddressBytes(address)) return false;
  const uint32_t number = address.interface_number();
  return !address.IsLinkLocal() || number == 0 || each.address.interface_number() == number;
}

std::string InterfaceOf(const SocketAddress& local, const std::vector<InterfaceAddress>& host) {
  for (const InterfaceAddress& each : host) {
    if (IsSame(each, local)) return each.interface;
  }
  return {};
}

std::string InterfaceFacing(const SocketAddress& neighbor,
                            const std::vector<InterfaceAddress>& host) {
  const InterfaceAddress* best = nullptr;
  for (const InterfaceAddress& each : host) {
    if (!IsOnSubnet(each, neighbor)) continue;
    if (best == nullptr || each.length > best->length) best = &each;
  }
  return best == nullptr ? std::string() : best->interface;
}

// The lowest is the best. The kernel lists IPv6 addresses newest first, IPv4 ones oldest first.
auto RankOf(const InterfaceAddress& each, const SessionEnds& ends, const std::string& of_local) {
  return std::tuple(!IsOnSubnet(each, ends.neighbor), (each.flags & IFA_F_DEPRECATED) != 0,
                    (each.flags & IFA_F_TEMPORARY) != 0, each.interface != of_local, each.created,
                    AddressBytes(each.address));
}

const InterfaceAddress* Best(IpFamily family, const SessionEnds& ends,
                             const std::vector<InterfaceAddress>& host,
                             const ServiceAddresses& services) {
  const std::string of_local = InterfaceOf(ends.local, host);
  const std::string facing = InterfaceFacing(ends.neighbor, host);
  const InterfaceAddress* best = nullptr;
  for (const InterfaceAddress& each : host) {
    if (each.address.family() != family || !IsUsable(each, services)) continue;
    if (each.interface != of_local && each.interface != facing) continue;
    const bool is_better =
        best == nullptr || RankOf(each, ends, of_local) < RankOf(*best, ends, of_local);
    if (is_better) best = &each;
  }
  return best;
}

const char* KeyOf(IpFamily family) {
  return family == IpFamily::kV6 ? "next_hop_v6" : "next_hop_v4";
}

// RFC 2545 §3: if the session itself is on the link, its link-local address is sent as well.
Bytes WithLinkLocal(Bytes global, const SocketAddress& local) {
  if (global.size() != 16 || !local.IsLinkLocal()) return global;
  const Bytes link = AddressBytes(local);
  global.insert(global.end(), link.begin(), link.end());
  return global;
}

}  // namespace

bool ServiceAddresses::Is(const SocketAddress& address) const {
  const Bytes bytes = AddressBytes(address);
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const SocketAddress& each) { return AddressBytes(each) == bytes; });
}

bool ServiceAddresses::Contain(const SocketAddress& address) const {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const Prefix& prefix) { return prefix.Contains(address); });
}

Bytes AddressBytes(const SocketAddress& address) {
  if (address.family() == IpFamily::kV6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.get());
    return Bytes(v6->sin6_addr.s6_addr, v6->sin6_addr.s6_addr + 16);
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.get());
  const auto* octets = reinterpret_cast<const uint8_t*>(&v4->sin_addr);
  return Bytes(octets, octets + 4);
}

bool IsOnHost(const SocketAddress& address, const std::vector<InterfaceAddress>& host) {
  return std::any_of(host.begin(), host.end(),
                     [&](const InterfaceAddress& each) { return IsSame(each, address); });
}

std::optional<SocketAddress> ChooseSource(const SessionEnds& ends,
                                          const std::vector<InterfaceAddress>& host,
                                          const ServiceAddresses& services) {
  const InterfaceAddress* best = Best(ends.neighbor.family(), ends, host, services);
  if (best == nullptr) return std::nullopt;
  return best->address;
}

absl::StatusOr<Bytes> ChooseNextHop(IpFamily family, const SessionEnds& ends,
                                    const std::optional<SocketAddress>& configured,
                                    const std::vector<InterfaceAddress>& host,
                                    const ServiceAddresses& services) {
  const SocketAddress& local = ends.local;
  if (configured) {
    if (configured->family() != family) {
      return absl::InvalidArgumentError(absl::StrCat(KeyOf(family), ": ", configured->AddressText(),
                                                     " is of the other address family"));
    }
    return WithLinkLocal(AddressBytes(*configured), local);
  }
  if (local.family() == family && !local.IsLinkLocal() && !services.Is(local)) {
    return AddressBytes(local);
  }
  if (const InterfaceAddress* best = Best(family, ends, host, services)) {
    return WithLinkLocal(AddressBytes(best->address), local);
  }
  return absl::FailedPreconditionError(
      absl::StrCat("no next hop: the interface of ", local.AddressText(),
                   " has no usable global address of this family; set ", KeyOf(family)));
}

}  // namespace hither
