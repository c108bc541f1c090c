#ifndef HITHER_ZONES_CHECK_DENIAL_RECORD_H_
#define HITHER_ZONES_CHECK_DENIAL_RECORD_H_

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "dns/rr_type.h"
#include "zones/image/zone.h"

namespace hither {

// What an NSEC3 record says (RFC 5155 §3.2). Views of its RDATA, which must be valid.
struct Nsec3View {
  uint8_t algorithm = 0;
  uint8_t flags = 0;
  uint16_t iterations = 0;
  ByteView salt;
  ByteView next_hash;
  ByteView bitmap;

  bool has_opt_out() const { return (flags & 1) != 0; }
  // Is it of the chain with these parameters? SHA-1 is the only algorithm.
  bool IsOf(const Nsec3Params& params) const;
};
Nsec3View ReadNsec3(ByteView rdata);

// The types of a bitmap (RFC 4034 §4.1.2) replace `types`, ascending.
void ReadTypes(ByteView bitmap, std::vector<RrType>& types);

// Is an RRset of `type` at `node`, which is not occluded, signed in a signed zone? At a cut the
// zone has authority only over DS and NSEC (RFC 4035 §2.2).
inline bool IsSignedType(const Node& node, RrType type) {
  return !node.is_cut || type == RrType::kDs || type == RrType::kNsec;
}

// The types that the NSEC or NSEC3 record of this name must list replace `types`, ascending.
void CollectTypes(const Zone& zone, NodeId id, std::vector<RrType>& types);

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_DENIAL_RECORD_H_
