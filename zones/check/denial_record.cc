#include "zones/check/denial_record.h"

#include <algorithm>

namespace hither {

bool Nsec3View::IsOf(const Nsec3Params& params) const {
  return algorithm == 1 && iterations == params.iterations && std::ranges::equal(salt, params.salt);
}

Nsec3View ReadNsec3(ByteView rdata) {
  ByteReader reader(rdata);
  Nsec3View nsec3;
  nsec3.algorithm = reader.U8();
  nsec3.flags = reader.U8();
  nsec3.iterations = reader.U16();
  nsec3.salt = reader.Take(reader.U8());
  nsec3.next_hash = reader.Take(reader.U8());
  nsec3.bitmap = reader.rest();
  return nsec3;
}

void ReadTypes(ByteView bitmap, std::vector<RrType>& types) {
  types.clear();
  ByteReader reader(bitmap);
  while (!reader.AtEnd()) {
    const unsigned window = reader.U8();
    const ByteView bits = reader.Take(reader.U8());
    for (size_t i = 0; i < bits.size() * 8; ++i) {
      if (bits[i / 8] & (0x80 >> (i % 8))) types.push_back(static_cast<RrType>(window << 8 | i));
    }
  }
}

void CollectTypes(const Zone& zone, NodeId id, std::vector<RrType>& types) {
  const Node& node = zone.node(id);
  types.clear();
  for (const RRset& rrset : zone.RRsetsOf(id)) {
    const bool listed = IsSignedType(node, rrset.type) || rrset.type == RrType::kNs;
    if (listed) types.push_back(rrset.type);
  }
  if (node.signature_count > 0) types.push_back(RrType::kRrsig);
  std::ranges::sort(types);
}

}  // namespace hither
