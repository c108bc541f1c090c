#ifndef HITHER_ZONES_ZONE_H_
#define HITHER_ZONES_ZONE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "zones/bytes.h"
#include "zones/name.h"
#include "zones/name_hash.h"
#include "zones/rr_type.h"

namespace hither {

// The names of the zone are numbered in canonical order (RFC 4034 §6.1); the apex is 0. The owners
// of NSEC3 records come after all names, in an order of their own: they are no names that a
// question can find (RFC 5155 §7.2.8).
using NodeId = uint32_t;
inline constexpr NodeId kApex = 0;
inline constexpr NodeId kNoNode = UINT32_MAX;
inline constexpr uint32_t kNone = UINT32_MAX;

// The records of one owner and type. An RRset of RRSIGs holds those that cover one type.
struct RRset {
  RrType type;
  RrType covered;  // For RRSIGs: the type they sign. Otherwise the type itself.
  uint16_t count;
  uint16_t reserved;
  uint32_t ttl_seconds;
  uint32_t rdata_bytes;  // Of all records, each with its 2-octet length before it.
  uint64_t rdata_at;     // See Zone::RecordsOf.
  uint32_t signatures;   // The RRset of the RRSIGs that cover this one, or kNone.
  uint32_t targets;      // First of `count` node numbers (Zone::TargetsOf), or kNone.
};

struct Node {
  uint64_t name_at;
  uint8_t name_bytes;
  uint8_t label_count;
  bool occluded : 1;  // Below a zone cut or a DNAME: glue at most, never an answer.
  bool is_cut : 1;    // Has NS, is not the apex, is not occluded.
  bool has_dname : 1;
  bool has_cname : 1;
  uint16_t rrset_count;      // Without the RRSIGs.
  uint16_t signature_count;  // RRsets of RRSIGs; they follow the others.
  uint32_t first_rrset;
  NodeId parent;       // kNoNode for the apex.
  NodeId subtree_end;  // One past the last descendant.
  NodeId wildcard;     // The child "*", or kNoNode.
  NodeId break_node;   // Topmost cut at or above, or DNAME above; kNoNode while authoritative.
  // Where a denial of this name starts. With NSEC: the last node at or before this one that has an
  // NSEC. With NSEC3: the node of the NSEC3 that matches this name. kNoNode if there is none.
  NodeId denial;
  NodeId wildcard_denial;  // With NSEC3: of the one that covers (or matches) the child "*".
};

// What a search found, before anything of it is written (RFC 1034 §4.3.2 step 3).
struct Lookup {
  enum State : uint8_t {
    kAnswer,    // `rrset` answers.
    kAlias,     // `rrset` is a CNAME; the search goes on at its target.
    kDname,     // `rrset` is a DNAME at `node`, above the name asked.
    kReferral,  // `node` is a zone cut and `rrset` its NS.
    kNoData,    // The name exists (or a wildcard stands for it), the type does not.
    kNxDomain,
  };
  State state;
  bool wildcard = false;    // `node` is a wildcard that stands for the name.
  NodeId node = kNoNode;    // Whose records these are; kNoNode with kNxDomain.
  NodeId encloser = kApex;  // The closest encloser: the longest existing ancestor or the name.
  const RRset* rrset = nullptr;
};

// RFC 5155 §10.3 allows 2500 iterations for the longest keys. Each name costs so many hashes at a
// load, and each negative answer some times as many: a zone with more is refused (zone_check.h).
inline constexpr uint16_t kNsec3IterationsMax = 2'500;

// An NSEC3 chain's parameters, from the NSEC3PARAM at the apex (RFC 5155 §4).
struct Nsec3Params {
  uint8_t algorithm = 0;
  uint16_t iterations = 0;
  Bytes salt;
};

struct Nsec3Hash {
  uint8_t octets[20];  // SHA-1, the only algorithm there is.
};

// One immutable zone. Made by ZoneBuilder, read by any number of threads.
class Zone {
 public:
  NameView apex() const { return NameOf(kApex); }
  size_t apex_labels() const { return nodes_[kApex].label_count; }
  uint32_t serial() const { return serial_; }
  uint64_t record_count() const { return record_count_; }
  // RFC 2308 §3: the TTL of a negative answer's SOA, min(SOA TTL, MINIMUM); also RFC 9077's.
  uint32_t negative_ttl_seconds() const { return negative_ttl_seconds_; }
  bool is_signed() const { return uses_nsec_ || uses_nsec3_; }
  bool uses_nsec() const { return uses_nsec_; }
  bool uses_nsec3() const { return uses_nsec3_; }
  const Nsec3Params& nsec3_params() const { return nsec3_params_; }

  // `qname` must be at or below the apex. For ANY the first RRset of the node answers (RFC 8482
  // §4.1), for RRSIG the first RRset of signatures.
  Lookup Find(const HashedName& qname, RrType type) const;

  std::span<const Node> nodes() const { return nodes_; }
  NodeId name_count() const { return name_count_; }  // nodes() from here on own NSEC3 records.
  std::span<const RRset> rrsets() const { return rrsets_; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  NameView NameOf(NodeId id) const {
    const Node& at = nodes_[id];
    return NameView(ByteView(names_.data() + at.name_at, at.name_bytes));
  }
  std::span<const RRset> RRsetsOf(NodeId id) const {  // Without RRSIGs, by rising type.
    return {rrsets_.data() + nodes_[id].first_rrset, nodes_[id].rrset_count};
  }
  std::span<const RRset> SignaturesOf(NodeId id) const {
    return {rrsets_.data() + nodes_[id].first_rrset + nodes_[id].rrset_count,
            nodes_[id].signature_count};
  }
  const RRset* FindRRset(NodeId id, RrType type) const;  // Null if there is none.
  const RRset* SignaturesFor(const RRset& rrset) const {
    return rrset.signatures == kNone ? nullptr : &rrsets_[rrset.signatures];
  }
  // `count` times: 2 octets of length (network order), then so many of RDATA.
  ByteView RecordsOf(const RRset& rrset) const {
    return {rdata_.data() + rrset.rdata_at, rrset.rdata_bytes};
  }
  // The nodes that the records' targets name, in the records' order; kNoNode for a target that is
  // not in this zone. Empty for types without targets.
  std::span<const NodeId> TargetsOf(const RRset& rrset) const {
    if (rrset.targets == kNone) return {};
    return {targets_.data() + rrset.targets, rrset.count};
  }

  // The node of exactly this name (occluded ones too), or kNoNode.
  NodeId FindNode(NameView name) const;

  // The node whose NSEC matches or covers `name` (RFC 4034 §4.1): the last one at or before it in
  // canonical order. kNoNode in a zone without NSEC.
  NodeId FindNsec(NameView name, NodeId encloser) const;

  // RFC 5155 §5; only with uses_nsec3().
  Nsec3Hash HashForNsec3(NameView name) const;
  // The node of the NSEC3 whose hash equals (`matches`) or else covers `hash`.
  NodeId FindNsec3(const Nsec3Hash& hash, bool& matches) const;

  size_t MemoryBytes() const;  // Of the whole zone, without the allocator's own.

 private:
  friend class ZoneBuilder;
  friend class ZoneIndexer;
  Zone() = default;

  NodeId Probe(uint64_t hash, NameView name) const;
  Lookup FindBelow(NodeId encloser, RrType type) const;
  Lookup FindAt(NodeId id, RrType type) const;

  std::vector<Node> nodes_;
  std::vector<RRset> rrsets_;
  Bytes names_;
  Bytes rdata_;
  std::vector<NodeId> targets_;
  struct Slot {
    uint32_t fingerprint;  // The hash's upper half.
    NodeId node;           // kNoNode: free.
  };
  std::vector<Slot> index_;              // Open addressing, a power of two, at most 2/3 full.
  std::vector<Nsec3Hash> nsec3_hashes_;  // Rising.
  std::vector<NodeId> nsec3_nodes_;      // The same order.
  Nsec3Params nsec3_params_;
  NodeId name_count_ = 0;
  uint64_t record_count_ = 0;
  uint32_t serial_ = 0;
  uint32_t negative_ttl_seconds_ = 0;
  bool uses_nsec_ = false;
  bool uses_nsec3_ = false;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_H_
