#ifndef HITHER_ZONES_IMAGE_IMAGE_LAYOUT_H_
#define HITHER_ZONES_IMAGE_IMAGE_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

// The parts of a zone's image, as zone.h lays them out. A change here increments kImageVersion
// (image_format.h).

// A node's place in the image, in units of 8 octets: 32 GiB can be reached.
using NodeId = uint32_t;
inline constexpr size_t kImageUnitBytes = 8;
inline constexpr uint64_t kImageBytesMax = kImageUnitBytes << 32;
inline constexpr NodeId kNoNode = 0;  // Offset 0 is the header, never a node.

class RecordRange;

// The records of one owner and type. It knows all its parts, so that its readers need no Zone. An
// RRset of RRSIGs holds those that cover one type.
struct RRset {
  RrType type;
  RrType covered;       // For RRSIGs: the type they sign. Otherwise the type itself.
  uint16_t count;       // At least 1.
  uint16_t signatures;  // How many RRsets further on the RRSIGs over this are; 0: none.
  uint32_t ttl_seconds;
  uint32_t has_targets : 1;      // See Targets().
  uint32_t fits_no_message : 1;  // Of RRSIGs: not together with what they sign (message_size.h).
  uint32_t rdata_offset : 30;    // From the start of this struct.

  // `count` times: 2 octets of length (network order), then the RDATA.
  const uint8_t* rdata() const { return reinterpret_cast<const uint8_t*>(this) + rdata_offset; }
  RecordRange Records() const;
  // The RRSIGs over this RRset; null if there are none.
  const RRset* Signatures() const { return signatures == 0 ? nullptr : this + signatures; }
  // The nodes that the records' targets name, in the records' order; kNoNode for a target that is
  // not in this zone. Empty if none is, and for types without targets. Stored before the RDATA.
  std::span<const NodeId> Targets() const {
    if (!has_targets) return {};
    return {reinterpret_cast<const NodeId*>(rdata()) - count, count};
  }
};
static_assert(sizeof(RRset) == 16 && alignof(RRset) == 4);

// The RDATA of an RRset's records, in the order of the zone file: for (ByteView rdata : ...).
class RecordRange {
 public:
  class Iterator {
   public:
    Iterator(const uint8_t* at, uint16_t left) : at_(at), left_(left) {}
    ByteView operator*() const { return {at_ + 2, LoadU16(at_)}; }
    Iterator& operator++() {
      at_ += 2 + LoadU16(at_);
      --left_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    const uint8_t* at_;
    uint16_t left_;
  };

  explicit RecordRange(const RRset& rrset) : rrset_(rrset) {}
  Iterator begin() const { return {rrset_.rdata(), rrset_.count}; }
  Iterator end() const { return {nullptr, 0}; }
  ByteView front() const { return *begin(); }

 private:
  const RRset& rrset_;
};

inline RecordRange RRset::Records() const { return RecordRange(*this); }

// A name. After this head: NodeDenial if it has one, its RRsets (those of RRSIGs last), its name,
// and the RRsets' records; padded to a whole unit.
struct Node {
  uint32_t units;            // The size of all that: the next node starts there.
  NodeId parent;             // kNoNode for the apex and for owners of NSEC3.
  uint16_t rrset_count;      // Without the RRSIGs.
  uint16_t signature_count;  // RRsets of RRSIGs.
  uint8_t name_bytes;
  uint8_t label_count;
  uint16_t occluded : 1;  // Below a zone cut or a DNAME: glue at most, never an answer.
  uint16_t is_cut : 1;    // Has NS, is not the apex, is not occluded.
  uint16_t has_dname : 1;
  uint16_t has_cname : 1;
  uint16_t has_wildcard : 1;  // There is a child "*".
  uint16_t has_denial : 1;
  uint16_t reserved : 10;

  const RRset* rrsets() const;
  const RRset* FindRRset(RrType type) const {  // Null if there is none.
    const RRset* const at = rrsets();
    for (size_t i = 0; i < rrset_count; ++i) {
      if (at[i].type == type) return at + i;
    }
    return nullptr;
  }
  size_t all_rrset_count() const { return size_t{rrset_count} + signature_count; }
  NameView name() const {
    return NameView(
        ByteView(reinterpret_cast<const uint8_t*>(rrsets() + all_rrset_count()), name_bytes));
  }
};
static_assert(sizeof(Node) == 16);

// In a zone with NSEC3: the precomputed NSEC3 nodes for a denial of the name or of its children.
struct NodeDenial {
  NodeId match;     // The NSEC3 that matches the name, or kNoNode.
  NodeId wildcard;  // The one that covers (or matches) the child "*", or kNoNode.
};
static_assert(sizeof(NodeDenial) == 8);

inline const RRset* Node::rrsets() const {
  const uint8_t* behind = reinterpret_cast<const uint8_t*>(this + 1);
  return reinterpret_cast<const RRset*>(behind + (has_denial ? sizeof(NodeDenial) : 0));
}

struct Nsec3Hash {
  uint8_t octets[20];
};

struct Nsec3Entry {
  Nsec3Hash hash;
  NodeId node;
};
static_assert(sizeof(Nsec3Entry) == 24);

// A cache line of the index. A name's line follows from its hash; if that is full, the name is in
// one of the following lines, and the full one is marked. It is at most kIndexProbesMax lines away:
// among names not chosen for their hashes, a few are the maximum.
inline constexpr uint32_t kIndexProbesMax = 64;
struct alignas(8) IndexLine {
  static constexpr size_t kSlots = 12;
  NodeId nodes[kSlots];
  uint8_t fingerprints[kSlots];  // Eight more bits of the hash: few other names are compared.
  uint8_t count;
  uint8_t overflowed;
  uint8_t reserved[2];
};
static_assert(sizeof(IndexLine) == 64);

// Where a hash belongs in an index of `lines` lines: 32 bits of it, times the lines, are the line
// and, as its fraction, the fingerprint.
struct IndexPlace {
  uint32_t line;
  uint8_t fingerprint;

  IndexPlace(uint64_t hash, uint32_t lines) {
    const uint64_t product = (hash >> 32) * lines;
    line = static_cast<uint32_t>(product >> 32);
    fingerprint = static_cast<uint8_t>(product >> 24);
  }
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_LAYOUT_H_
