#include "anycast/bgp/bgp_update.h"

#include <algorithm>

#include "anycast/bgp/bgp_attributes.h"
#include "anycast/bgp/bgp_open.h"

namespace hither {
namespace {

constexpr size_t kBodyBytesMax = kBgpMessageBytesMax - kBgpHeaderBytes;
constexpr size_t kPathBytesMax = 17;  // Of one prefix: its length and 16 octets.
constexpr uint32_t kLocalPref = 100;  // What routers give to a route that has none.
constexpr size_t kSegmentAsMax = 255;

size_t PrefixBytes(const Prefix& prefix) { return 1 + (prefix.length + 7) / 8; }

// RFC 4271 §4.3: the length in bits, then as many octets as it fills.
void AppendPrefix(const Prefix& prefix, Bytes& out) {
  out.push_back(static_cast<uint8_t>(prefix.length));
  out.insert(out.end(), prefix.address.begin(), prefix.address.begin() + PrefixBytes(prefix) - 1);
}

// Takes prefixes from the front of `rest` until `room` octets are full.
Bytes TakePrefixes(std::span<const Prefix>& rest, size_t room) {
  Bytes out;
  while (!rest.empty() && out.size() + PrefixBytes(rest[0]) <= room) {
    AppendPrefix(rest[0], out);
    rest = rest.subspan(1);
  }
  return out;
}

void AppendAttribute(uint8_t flags, BgpAttribute type, ByteView value, Bytes& bytes) {
  ByteWriter out(bytes);
  const bool is_long = value.size() > 255;
  out.U8(is_long ? flags | kAttributeExtended : flags);
  out.U8(static_cast<uint8_t>(type));
  if (is_long) {
    out.U16(static_cast<uint16_t>(value.size()));
  } else {
    out.U8(static_cast<uint8_t>(value.size()));
  }
  out.Append(value);
}

void AppendU32Attribute(uint8_t flags, BgpAttribute type, uint32_t number, Bytes& bytes) {
  Bytes value;
  ByteWriter(value).U32(number);
  AppendAttribute(flags, type, value, bytes);
}

// AS_SEQUENCEs (RFC 4271 §4.3 b) of `count` times `as`, of at most 255 each.
Bytes AsPath(uint32_t as, size_t count, bool four_octets) {
  Bytes bytes;
  ByteWriter out(bytes);
  while (count > 0) {
    const size_t here = std::min(count, kSegmentAsMax);
    out.U8(kAsSequence);
    out.U8(static_cast<uint8_t>(here));
    for (size_t i = 0; i < here; ++i) {
      if (four_octets) {
        out.U32(as);
      } else {
        out.U16(as > 0xffff ? kAsTrans : static_cast<uint16_t>(as));
      }
    }
    count -= here;
  }
  return bytes;
}

size_t PathLength(const BgpDialect& dialect, const RouteAttributes& attributes) {
  if (dialect.internal) return 0;
  return 1 + static_cast<size_t>(std::max(0, attributes.prepend));
}

uint32_t LocalPref(const RouteAttributes& attributes) {
  const uint32_t highest = attributes.local_pref.value_or(kLocalPref);
  return highest - std::min(static_cast<uint32_t>(std::max(0, attributes.prepend)), highest);
}

// RFC 1997 and RFC 8092 §3 speak of sets: sorted, each once.
Bytes Communities(std::vector<uint32_t> communities) {
  std::sort(communities.begin(), communities.end());
  communities.erase(std::unique(communities.begin(), communities.end()), communities.end());
  Bytes value;
  for (const uint32_t community : communities) ByteWriter(value).U32(community);
  return value;
}

Bytes LargeCommunities(std::vector<LargeCommunity> communities) {
  std::sort(communities.begin(), communities.end());
  communities.erase(std::unique(communities.begin(), communities.end()), communities.end());
  Bytes value;
  ByteWriter out(value);
  for (const LargeCommunity& community : communities) {
    out.U32(community.global);
    out.U32(community.local1);
    out.U32(community.local2);
  }
  return value;
}

// All attributes but NEXT_HOP and MP_REACH_NLRI, in numeric order (RFC 4271 §5).
struct PathAttributes {
  Bytes before_next_hop;
  Bytes after_next_hop;
};

PathAttributes EncodePath(const BgpDialect& dialect, const RouteAttributes& attributes) {
  PathAttributes path;
  const size_t hops = PathLength(dialect, attributes);
  const Bytes origin = {kOriginIgp};
  AppendAttribute(kAttributeTransitive, BgpAttribute::kOrigin, origin, path.before_next_hop);
  AppendAttribute(kAttributeTransitive, BgpAttribute::kAsPath,
                  AsPath(dialect.local_as, hops, dialect.four_octet_as), path.before_next_hop);
  Bytes& out = path.after_next_hop;
  if (attributes.med) {
    AppendU32Attribute(kAttributeOptional, BgpAttribute::kMed, *attributes.med, out);
  }
  if (dialect.internal) {
    AppendU32Attribute(kAttributeTransitive, BgpAttribute::kLocalPref, LocalPref(attributes), out);
  }
  constexpr uint8_t kBoth = kAttributeOptional | kAttributeTransitive;
  if (!attributes.communities.empty()) {
    AppendAttribute(kBoth, BgpAttribute::kCommunities, Communities(attributes.communities), out);
  }
  // RFC 6793 §4.2.2: only for a path that two octets cannot express.
  if (!dialect.four_octet_as && hops > 0 && dialect.local_as > 0xffff) {
    AppendAttribute(kBoth, BgpAttribute::kAs4Path, AsPath(dialect.local_as, hops, true), out);
  }
  if (!attributes.large_communities.empty()) {
    AppendAttribute(kBoth, BgpAttribute::kLargeCommunities,
                    LargeCommunities(attributes.large_communities), out);
  }
  if (dialect.only_to_customer) {
    AppendU32Attribute(kBoth, BgpAttribute::kOnlyToCustomer, dialect.local_as, out);
  }
  return path;
}

Bytes EncodeUpdate(ByteView withdrawn, ByteView attributes, ByteView nlri) {
  Bytes body;
  ByteWriter out(body);
  out.U16(static_cast<uint16_t>(withdrawn.size()));
  out.Append(withdrawn);
  out.U16(static_cast<uint16_t>(attributes.size()));
  out.Append(attributes);
  out.Append(nlri);
  return EncodeBgpMessage(BgpType::kUpdate, body);
}

// RFC 4760 §3: family, next hop, a reserved octet, prefixes.
Bytes MpReach(IpFamily family, ByteView next_hop, ByteView nlri) {
  Bytes value;
  ByteWriter out(value);
  out.U16(AfiOf(family));
  out.U8(kSafiUnicast);
  out.U8(static_cast<uint8_t>(next_hop.size()));
  out.Append(next_hop);
  out.U8(0);
  out.Append(nlri);
  Bytes attribute;
  AppendAttribute(kAttributeOptional, BgpAttribute::kMpReach, value, attribute);
  return attribute;
}

Bytes MpUnreach(IpFamily family, ByteView nlri) {
  Bytes value;
  ByteWriter out(value);
  out.U16(AfiOf(family));
  out.U8(kSafiUnicast);
  out.Append(nlri);
  Bytes attribute;
  AppendAttribute(kAttributeOptional, BgpAttribute::kMpUnreach, value, attribute);
  return attribute;
}

Bytes Joined(Bytes first, ByteView second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

std::vector<Bytes> EncodeAnnouncements(const BgpDialect& dialect, const RouteAttributes& attributes,
                                       ByteView next_hop, IpFamily family,
                                       std::span<const Prefix> prefixes) {
  const PathAttributes path = EncodePath(dialect, attributes);
  Bytes common = path.before_next_hop;
  if (family == IpFamily::kV4) {
    AppendAttribute(kAttributeTransitive, BgpAttribute::kNextHop, next_hop, common);
  }
  common = Joined(std::move(common), path.after_next_hop);
  const size_t mp_bytes = 4 + 5 + next_hop.size();  // Head of MP_REACH_NLRI and its contents.
  const size_t used = 4 + common.size() + (family == IpFamily::kV4 ? 0 : mp_bytes);
  std::vector<Bytes> updates;
  if (used + kPathBytesMax > kBodyBytesMax) return updates;
  while (!prefixes.empty()) {
    const Bytes nlri = TakePrefixes(prefixes, kBodyBytesMax - used);
    if (family == IpFamily::kV4) {
      updates.push_back(EncodeUpdate({}, common, nlri));
    } else {
      // RFC 7606 §5.1: it SHOULD come first, so that a later error can be survived.
      updates.push_back(EncodeUpdate({}, Joined(MpReach(family, next_hop, nlri), common), {}));
    }
  }
  return updates;
}

std::vector<Bytes> EncodeWithdrawals(IpFamily family, std::span<const Prefix> prefixes) {
  std::vector<Bytes> updates;
  while (!prefixes.empty()) {
    // 4: the two lengths; 7: head of MP_UNREACH_NLRI and its family.
    const Bytes nlri = TakePrefixes(prefixes, kBodyBytesMax - 4 - 7);
    updates.push_back(family == IpFamily::kV4 ? EncodeUpdate(nlri, {}, {})
                                              : EncodeUpdate({}, MpUnreach(family, nlri), {}));
  }
  return updates;
}

Bytes EncodeEndOfRib(IpFamily family) {
  if (family == IpFamily::kV4) return EncodeUpdate({}, {}, {});
  return EncodeUpdate({}, MpUnreach(family, {}), {});
}

}  // namespace hither
