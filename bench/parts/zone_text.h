#ifndef HITHER_BENCH_PARTS_ZONE_TEXT_H_
#define HITHER_BENCH_PARTS_ZONE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace hither {

enum class ZoneKind : uint8_t {
  kPlain,  // Of 8 names 4 hosts, 3 delegations (one with glue), 1 wildcard.
  kNsec3,  // Hosts alone, each with its signatures and its NSEC3 (RFC 9276: no salt, no
           // iterations).
};

struct ZoneKindText {
  ZoneKind kind;
  const char* name;
  std::span<const size_t> sizes;  // In names.
};
// A million signed names would be a gigabyte of text and show nothing new.
inline constexpr size_t kPlainSizes[] = {1'000, 1'000'000};
inline constexpr size_t kNsec3Sizes[] = {1'000, 100'000};
inline constexpr ZoneKindText kZoneKinds[] = {
    {ZoneKind::kPlain, "plain", kPlainSizes},
    {ZoneKind::kNsec3, "nsec3", kNsec3Sizes},
};
constexpr std::span<const size_t> SizesOf(ZoneKind kind) {
  return kZoneKinds[static_cast<size_t>(kind)].sizes;
}

// The zone `example.` with that many names: a master file.
std::string ZoneText(ZoneKind kind, size_t names);

// The kind of a zone's i-th name, and its first label. Names are not ordered by `i`.
enum class Owner : uint8_t { kHost, kDelegation, kWildcardParent };
Owner OwnerAt(ZoneKind kind, size_t i);
std::string LabelAt(ZoneKind kind, size_t i);

// A bijection of 64 bits that leaves no pattern.
uint64_t Mix(uint64_t value);

}  // namespace hither

#endif  // HITHER_BENCH_PARTS_ZONE_TEXT_H_
