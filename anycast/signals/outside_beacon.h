#ifndef HITHER_ANYCAST_SIGNALS_OUTSIDE_BEACON_H_
#define HITHER_ANYCAST_SIGNALS_OUTSIDE_BEACON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"

namespace hither {

inline constexpr size_t kOutsideTokenBytes = 16;
inline constexpr size_t kBeaconNameBytesMax = 255;
inline constexpr size_t kBeaconBytesMax = 6 + kOutsideTokenBytes + kBeaconNameBytesMax;

// Named by a node's page and carried by its beacons for a few seconds. It proves that the sender
// has read the page recently; the page itself comes over the management network.
using OutsideToken = std::array<uint8_t, kOutsideTokenBytes>;

// A datagram that a node sends from its service address to a peer, so that the peer sees whether
// answers leave that node. It is never answered, so it amplifies nothing.
//
//   0  "HTHB"        4  version, 1       5  length of the name, N
//   6  token, 16     22 name, N octets of the sender's node name; nothing after it
struct Beacon {
  absl::string_view name;  // A view into the octets read.
  OutsideToken token = {};
};

// `name` has at most kBeaconNameBytesMax octets.
std::vector<uint8_t> EncodeBeacon(const Beacon& beacon);
// Source: anybody. No value: not a beacon. Allocates nothing.
std::optional<Beacon> DecodeBeacon(std::span<const uint8_t> octets);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_BEACON_H_
