// Checks the addresses that beacons go to; see anycast/signals/outside_watch.h.

#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "daemon/config/anycast_config.h"

namespace hither {
namespace {

constexpr size_t kBeaconsPerSecondMax = 4'096;
constexpr size_t kSourcesMax = 64;  // The same as kOutsideSourcesMax.

absl::Status Refuse(absl::string_view whose, const SocketAddress& address, absl::string_view why) {
  return absl::InvalidArgumentError(
      Printable(absl::StrCat("anycast: ", whose, ": outside: ", address.AddressText(), " ", why,
                             "; write the node's own unicast address")));
}

absl::Status CheckAddress(const AnycastConfig& anycast, absl::string_view whose,
                          const SocketAddress& address) {
  if (address.IsWildcard() || address.IsMulticast() || address.port() == 0) {
    return Refuse(whose, address, "is not the address of one node");
  }
  for (const AnycastConfig::Service& service : anycast.services) {
    for (const Prefix& prefix : service.prefixes) {
      if (!prefix.Contains(address)) continue;
      return Refuse(whose, address,
                    absl::StrCat("is in ", prefix.ToText(), " of service ", service.name,
                                 ", so that beacons to it would reach another node"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOutside(const AnycastConfig& anycast) {
  for (const SocketAddress& address : anycast.peers.outside) {
    if (auto status = CheckAddress(anycast, "peers", address); !status.ok()) return status;
  }
  size_t targets = 0;
  for (const AnycastConfig::Peer& peer : anycast.peers.nodes) {
    targets += peer.outside.size();
    for (const SocketAddress& address : peer.outside) {
      if (auto status = CheckAddress(anycast, absl::StrCat("peers: node ", peer.name), address);
          !status.ok()) {
        return status;
      }
    }
  }
  size_t sources = 0;
  for (const AnycastConfig::Service& service : anycast.services) {
    sources += service.addresses.size();
  }
  const bool is_small = sources <= kSourcesMax && targets * sources <= kBeaconsPerSecondMax;
  if (is_small || targets == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "anycast: peers: ", sources, " service addresses and ", targets,
      " outside: addresses of nodes are too many for beacons; at most ", kSourcesMax, " and ",
      kBeaconsPerSecondMax,
      " pairs of them; remove outside: from some nodes (a few at other sites are enough)"));
}

}  // namespace hither
