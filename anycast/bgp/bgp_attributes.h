#ifndef HITHER_ANYCAST_BGP_BGP_ATTRIBUTES_H_
#define HITHER_ANYCAST_BGP_BGP_ATTRIBUTES_H_

#include <cstdint>

namespace hither {

// IANA, "BGP Path Attributes": those that we send or look at.
enum class BgpAttribute : uint8_t {
  kOrigin = 1,
  kAsPath = 2,
  kNextHop = 3,
  kMed = 4,
  kLocalPref = 5,
  kCommunities = 8,        // RFC 1997
  kMpReach = 14,           // RFC 4760 §3
  kMpUnreach = 15,         // RFC 4760 §4
  kAs4Path = 17,           // RFC 6793 §3
  kLargeCommunities = 32,  // RFC 8092 §3
  kOnlyToCustomer = 35,    // RFC 9234 §5
};

// RFC 4271 §4.3, Attribute Flags.
inline constexpr uint8_t kAttributeOptional = 0x80;
inline constexpr uint8_t kAttributeTransitive = 0x40;
inline constexpr uint8_t kAttributeExtended = 0x10;  // Its length has two octets.

inline constexpr uint8_t kOriginIgp = 0;
inline constexpr uint8_t kAsSequence = 2;

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_ATTRIBUTES_H_
