#include "anycast/signals/outside_beacon.h"

#include <algorithm>

#include "base/check.h"

namespace hither {
namespace {

constexpr std::array<uint8_t, 5> kMagicAndVersion = {'H', 'T', 'H', 'B', 1};
constexpr size_t kNameLengthAt = kMagicAndVersion.size();
constexpr size_t kTokenAt = kNameLengthAt + 1;
constexpr size_t kNameAt = kTokenAt + kOutsideTokenBytes;
static_assert(kNameAt + kBeaconNameBytesMax == kBeaconBytesMax);

}  // namespace

std::vector<uint8_t> EncodeBeacon(const Beacon& beacon) {
  HITHER_CHECK(beacon.name.size() <= kBeaconNameBytesMax);
  std::vector<uint8_t> out(kMagicAndVersion.begin(), kMagicAndVersion.end());
  out.push_back(static_cast<uint8_t>(beacon.name.size()));
  out.insert(out.end(), beacon.token.begin(), beacon.token.end());
  out.insert(out.end(), beacon.name.begin(), beacon.name.end());
  return out;
}

std::optional<Beacon> DecodeBeacon(std::span<const uint8_t> octets) {
  if (octets.size() <= kNameAt || octets.size() != kNameAt + octets[kNameLengthAt]) {
    return std::nullopt;
  }
  if (!std::equal(kMagicAndVersion.begin(), kMagicAndVersion.end(), octets.begin())) {
    return std::nullopt;
  }
  Beacon beacon;
  std::copy_n(octets.begin() + kTokenAt, kOutsideTokenBytes, beacon.token.begin());
  const auto name = octets.subspan(kNameAt);
  beacon.name = {reinterpret_cast<const char*>(name.data()), name.size()};
  return beacon;
}

}  // namespace hither
