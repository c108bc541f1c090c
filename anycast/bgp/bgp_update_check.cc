// The form of a received UPDATE: RFC 4271 §6.3 as amended by RFC 7606.

#include <bitset>

#include "anycast/bgp/bgp_attributes.h"
#include "anycast/bgp/bgp_update.h"

namespace hither {
namespace {

bool PrefixesAreWell(ByteView bytes, int bits_max) {
  ByteReader in(bytes);
  while (!in.AtEnd()) {  // At most 4,073: a message has 4,096 octets.
    const uint8_t bits = in.U8();
    if (bits > bits_max) return false;
    in.Take((bits + 7) / 8);
  }
  return in.ok();
}

// Prefixes of a family that we do not know may have another form (labels, path identifiers).
bool MpPrefixesAreWell(uint16_t afi, uint8_t safi, ByteView bytes) {
  if (safi != kSafiUnicast || (afi != kAfiIpv4 && afi != kAfiIpv6)) return true;
  return PrefixesAreWell(bytes, afi == kAfiIpv6 ? 128 : 32);
}

bool MpReachIsWell(ByteView value) {
  ByteReader in(value);
  const uint16_t afi = in.U16();
  const uint8_t safi = in.U8();
  const uint8_t next_hop_bytes = in.U8();
  in.Take(next_hop_bytes);
  in.U8();  // Reserved.
  if (!in.ok()) return false;
  if (afi == kAfiIpv6 && safi == kSafiUnicast && next_hop_bytes != 16 && next_hop_bytes != 32) {
    return false;
  }
  return MpPrefixesAreWell(afi, safi, in.rest());
}

bool MpUnreachIsWell(ByteView value) {
  ByteReader in(value);
  const uint16_t afi = in.U16();
  const uint8_t safi = in.U8();
  return in.ok() && MpPrefixesAreWell(afi, safi, in.rest());
}

// Segments with two octets per AS or with four; which one depends on the session, but nothing here
// does.
bool AsPathIsWell(ByteView value, size_t as_bytes) {
  ByteReader in(value);
  while (!in.AtEnd()) {  // As above.
    const uint8_t type = in.U8();
    const size_t count = in.U8();
    in.Take(count * as_bytes);
    if (!in.ok() || type < 1 || type > 4 || count == 0) return false;
  }
  return true;
}

// RFC 7606 §7: the attributes one by one.
bool ValueIsWell(BgpAttribute type, ByteView value) {
  switch (type) {
    case BgpAttribute::kOrigin:
      return value.size() == 1 && value[0] <= 2;
    case BgpAttribute::kAsPath:
      return AsPathIsWell(value, 4) || AsPathIsWell(value, 2);
    case BgpAttribute::kAs4Path:
      return AsPathIsWell(value, 4);
    case BgpAttribute::kNextHop:
    case BgpAttribute::kMed:
    case BgpAttribute::kLocalPref:
    case BgpAttribute::kOnlyToCustomer:
      return value.size() == 4;
    case BgpAttribute::kCommunities:
      return value.size() % 4 == 0 && !value.empty();
    case BgpAttribute::kLargeCommunities:
      return value.size() % 12 == 0 && !value.empty();
    case BgpAttribute::kMpReach:
      return MpReachIsWell(value);
    case BgpAttribute::kMpUnreach:
      return MpUnreachIsWell(value);
  }
  return true;  // One that we do not know.
}

bool AttributesAreWell(ByteView bytes, std::bitset<256>& seen) {
  ByteReader in(bytes);
  while (!in.AtEnd()) {  // At most 1,358, for the same reason.
    const uint8_t flags = in.U8();
    const uint8_t type = in.U8();
    const size_t length = (flags & kAttributeExtended) != 0 ? in.U16() : in.U8();
    const ByteView value = in.Take(length);
    if (!in.ok() || seen[type]) return false;  // RFC 7606 §3 (g): each only once.
    seen[type] = true;
    if (!ValueIsWell(static_cast<BgpAttribute>(type), value)) return false;
  }
  return true;
}

bool Has(const std::bitset<256>& seen, BgpAttribute type) {
  return seen[static_cast<uint8_t>(type)];
}

}  // namespace

UpdateForm CheckUpdate(ByteView body) {
  ByteReader in(body);
  const ByteView withdrawn = in.Take(in.U16());
  const ByteView attributes = in.Take(in.U16());
  if (!in.ok()) return UpdateForm::kUnframed;
  std::bitset<256> seen;
  if (!AttributesAreWell(attributes, seen)) return UpdateForm::kMalformed;
  if (!PrefixesAreWell(withdrawn, 32) || !PrefixesAreWell(in.rest(), 32)) {
    return UpdateForm::kMalformed;
  }
  const bool announces = !in.AtEnd() || Has(seen, BgpAttribute::kMpReach);
  if (!announces) return UpdateForm::kGood;
  const bool whole = Has(seen, BgpAttribute::kOrigin) && Has(seen, BgpAttribute::kAsPath) &&
                     (in.AtEnd() || Has(seen, BgpAttribute::kNextHop));
  return whole ? UpdateForm::kGood : UpdateForm::kMalformed;
}

}  // namespace hither
