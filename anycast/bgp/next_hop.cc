#include "anycast/bgp/next_hop.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

bool IsLinkLocal(const SocketAddress& address) {
  if (address.family() != AF_INET6) return false;
  const Bytes bytes = AddressBytes(address);
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;  // fe80::/10
}

bool IsGlobal(const SocketAddress& address) {
  if (address.IsLoopback() || address.IsWildcard() || IsLinkLocal(address)) return false;
  const Bytes bytes = AddressBytes(address);
  return address.family() == AF_INET6 || bytes[0] != 169 || bytes[1] != 254;  // RFC 3927
}

bool IsService(const SocketAddress& address, const std::vector<Prefix>& services) {
  return std::any_of(services.begin(), services.end(),
                     [&](const Prefix& prefix) { return prefix.Contains(address); });
}

const char* KeyOf(int family) { return family == AF_INET6 ? "next_hop_v6" : "next_hop_v4"; }

// RFC 2545 §3: where the session itself is on the link, its link-local address is told as well.
Bytes WithLinkLocal(Bytes global, const SocketAddress& local) {
  if (!IsLinkLocal(local)) return global;
  const Bytes link = AddressBytes(local);
  global.insert(global.end(), link.begin(), link.end());
  return global;
}

std::string InterfaceOf(const SocketAddress& local, const std::vector<InterfaceAddress>& host) {
  const Bytes wanted = AddressBytes(local);
  for (const InterfaceAddress& each : host) {
    if (AddressBytes(each.address) == wanted) return each.interface;
  }
  return {};
}

}  // namespace

Bytes AddressBytes(const SocketAddress& address) {
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.get());
    return Bytes(v6->sin6_addr.s6_addr, v6->sin6_addr.s6_addr + 16);
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.get());
  const auto* octets = reinterpret_cast<const uint8_t*>(&v4->sin_addr);
  return Bytes(octets, octets + 4);
}

std::vector<InterfaceAddress> HostAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::vector<InterfaceAddress> found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage storage = {};
    const auto* from = reinterpret_cast<const uint8_t*>(each->ifa_addr);
    std::copy_n(from, family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in),
                reinterpret_cast<uint8_t*>(&storage));
    found.push_back({each->ifa_name, SocketAddress::FromSystem(storage)});
  }
  return found;
}

std::optional<SocketAddress> GlobalBeside(int family, const SocketAddress& local,
                                          const std::vector<InterfaceAddress>& host,
                                          const std::vector<Prefix>& services) {
  const std::string interface = InterfaceOf(local, host);
  for (const InterfaceAddress& each : host) {
    if (each.interface != interface || each.address.family() != family) continue;
    if (IsGlobal(each.address) && !IsService(each.address, services)) return each.address;
  }
  return std::nullopt;
}

absl::StatusOr<Bytes> ChooseNextHop(int family, const SocketAddress& local,
                                    const std::optional<SocketAddress>& configured,
                                    const std::vector<InterfaceAddress>& host,
                                    const std::vector<Prefix>& services) {
  if (configured) {
    if (configured->family() != family) {
      return absl::InvalidArgumentError(
          absl::StrCat(KeyOf(family), ": ", configured->AddressText(), " is of the other family"));
    }
    return WithLinkLocal(AddressBytes(*configured), family == AF_INET6 ? local : SocketAddress());
  }
  if (local.family() == family && !IsLinkLocal(local)) return AddressBytes(local);
  const std::optional<SocketAddress> beside = GlobalBeside(family, local, host, services);
  if (beside) {
    return WithLinkLocal(AddressBytes(*beside), family == AF_INET6 ? local : SocketAddress());
  }
  return absl::FailedPreconditionError(
      absl::StrCat("no next hop: the interface of ", local.AddressText(),
                   " has no global address of this family; set ", KeyOf(family)));
}

}  // namespace hither
