#ifndef HITHER_ZONES_IMAGE_ZONE_H_
#define HITHER_ZONES_IMAGE_ZONE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/name_hash.h"
#include "dns/rr_type.h"
#include "zones/image/image_layout.h"

namespace hither {

// A zone in memory is one block of octets, the image: a Zone, which is its header, and after it
//
//   nodes    the names, in canonical order (RFC 4034 §6.1); the apex is the first
//   nodes    the owners of NSEC3 records, in the order of their hashes: not names that a query
//            can find (RFC 5155 §7.2.8)
//   index    the node of a name, by the name's hash
//   NSEC     if the zone has any: the nodes that own one, and keys to search them by
//   NSEC3    the same: the hashes and their nodes, and the salt
//
// Nothing in it is a pointer, so the same octets work in memory and in a file (image_file.h).
// Integers are in the machine's order; a file from another kind of machine is refused.

// RFC 5155 §10.3 allows 2500 iterations for the longest keys; RFC 9276 §3.2 asks for fewer. Each
// name costs that many hashes in a load, and each negative answer several times as many: a zone
// with more than its ZoneLimits allow is refused (zone_check.h).
inline constexpr uint16_t kNsec3IterationsMax = 2'500;

// An NSEC3 chain's parameters, from the NSEC3PARAM at the apex (RFC 5155 §4). SHA-1 is the only
// algorithm.
struct Nsec3Params {
  uint16_t iterations = 0;
  ByteView salt;

  // Blocks of SHA-1 for one name, of 64 octets: each hash covers 20 octets and the salt, which
  // SHA-1 pads by at least 9. (The first covers a name, and is up to four blocks longer.)
  uint32_t Blocks() const {
    return (iterations + 1u) * ((20u + static_cast<uint32_t>(salt.size()) + 9u + 63u) / 64u);
  }
  // A long salt costs as much as iterations do: the limit is on the work of that many iterations
  // without one.
  bool IsWithin(uint16_t iterations_max) const {
    return iterations <= iterations_max && (iterations == 0 || Blocks() <= iterations_max + 1u);
  }
};

// One immutable zone: the header of its image, which extends for image_bytes() from here. Made by
// ZoneBuilder or ReadImageFile(), never copied, read by any number of threads.
//
// Data members: they are the fields of the image's header (image_layout.h).
class Zone {
 public:
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  NameView apex() const;
  size_t apex_labels() const;
  uint32_t serial() const { return serial_; }
  uint64_t record_count() const { return record_count_; }
  // RFC 2308 §3: the TTL of a negative answer's SOA, min(SOA TTL, MINIMUM); also RFC 9077's.
  uint32_t negative_ttl_seconds() const { return negative_ttl_seconds_; }
  // The earliest expiration of the RRSIGs that are not occluded, in RFC 4034's time
  // (dns/signature_time.h); none if there are none.
  std::optional<uint32_t> first_expiration() const {
    return has_expiration_ ? std::optional(first_expiration_) : std::nullopt;
  }
  bool is_signed() const { return uses_nsec() || uses_nsec3(); }
  bool uses_nsec() const { return nsec_count_ != 0; }
  bool uses_nsec3() const { return nsec3_count_ != 0; }
  Nsec3Params nsec3_params() const { return {nsec3_iterations_, {At(salt_at_), salt_bytes_}}; }

  // Steps that prefetch what ZoneView::Find() will read while the caller does other work.
  void PrefetchHead() const {  // Two lines.
    __builtin_prefetch(this);
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(this + 1) - 1);
  }
  void PrefetchIndex(uint64_t hash) const { __builtin_prefetch(&Line(hash)); }
  void PrefetchNode(uint64_t hash) const;

  // All of a node with an RRset or two and their signatures.
  void PrefetchRecords(NodeId id) const {
    for (size_t at = 0; at < 6 * 64; at += 64) __builtin_prefetch(At(id) + at);
  }

  // for (NodeId id : zone.names()): all names, or all owners of NSEC3 records, in order.
  class NodeRange {
   public:
    class Iterator {
     public:
      Iterator(const Zone& zone, NodeId at) : zone_(zone), at_(at) {}
      NodeId operator*() const { return at_; }
      Iterator& operator++() {
        at_ = zone_.Next(at_);
        return *this;
      }
      bool operator!=(const Iterator& other) const { return at_ != other.at_; }

     private:
      const Zone& zone_;
      NodeId at_;
    };
    NodeRange(const Zone& zone, NodeId first, NodeId end) : zone_(zone), first_(first), end_(end) {}
    Iterator begin() const { return {zone_, first_}; }
    Iterator end() const { return {zone_, end_}; }

   private:
    const Zone& zone_;
    NodeId first_;
    NodeId end_;
  };
  NodeRange names() const;
  NodeRange nsec3_owners() const { return {*this, names_end_, nodes_end_}; }
  NodeRange all_nodes() const;
  NodeId names_end() const { return names_end_; }
  NodeId nodes_end() const { return nodes_end_; }
  NodeId Next(NodeId id) const { return id + node(id).units; }
  uint32_t name_count() const { return name_count_; }  // Empty non-terminals are names, too.

  const Node& node(NodeId id) const { return *reinterpret_cast<const Node*>(At(id)); }
  NameView NameOf(NodeId id) const { return node(id).name(); }
  std::span<const RRset> RRsetsOf(NodeId id) const {  // Without RRSIGs, by ascending type.
    const Node& at = node(id);
    return {at.rrsets(), at.rrset_count};
  }
  std::span<const RRset> SignaturesOf(NodeId id) const {
    const Node& at = node(id);
    return {at.rrsets() + at.rrset_count, at.signature_count};
  }
  const RRset* FindRRset(NodeId id, RrType type) const { return node(id).FindRRset(type); }

  // The child "*" of `encloser`, or kNoNode. `hash` is the encloser's.
  NodeId WildcardOf(NodeId encloser, uint64_t hash) const;

  // The node of exactly this name (occluded ones too), or kNoNode. `hash` is the name's.
  NodeId FindNode(NameView name) const { return FindByHash(HashName(name), name); }
  NodeId FindByHash(uint64_t hash, NameView name) const;

  // The node whose NSEC matches or covers `name` (RFC 4034 §4.1): the last one at or before it in
  // canonical order. kNoNode in a zone without NSEC.
  NodeId FindNsec(NameView name) const;

  // RFC 5155 §5; only with uses_nsec3().
  Nsec3Hash HashForNsec3(NameView name) const;
  // The node of the NSEC3 whose hash equals (`matches`) or else covers `hash`.
  NodeId FindNsec3(const Nsec3Hash& hash, bool& matches) const;
  // A name's entry in NodeDenial; kNoNode if it has none.
  NodeDenial DenialOf(NodeId id) const {
    const Node& at = node(id);
    if (!at.has_denial) return {kNoNode, kNoNode};
    return *reinterpret_cast<const NodeDenial*>(&at + 1);
  }

  size_t image_bytes() const { return image_bytes_; }  // Of the whole zone.
  ByteView image() const { return {reinterpret_cast<const uint8_t*>(this), image_bytes_}; }

 private:
  friend class ImageWriter;
  friend class ImageChecker;
  friend class ZoneIndexer;
  Zone() = default;

  const uint8_t* At(uint64_t units) const {
    return reinterpret_cast<const uint8_t*>(this) + units * kImageUnitBytes;
  }
  const IndexLine* lines() const { return reinterpret_cast<const IndexLine*>(At(index_at_)); }
  const IndexLine& Line(uint64_t hash) const {
    return lines()[IndexPlace(hash, index_lines_).line];
  }
  const uint64_t* nsec_keys() const { return reinterpret_cast<const uint64_t*>(At(nsec_at_)); }
  const NodeId* nsec_nodes() const {
    return reinterpret_cast<const NodeId*>(nsec_keys() + nsec_count_);
  }
  std::span<const Nsec3Entry> nsec3_entries() const {
    return {reinterpret_cast<const Nsec3Entry*>(At(nsec3_at_)), nsec3_count_};
  }
  template <typename Matches>
  NodeId Probe(uint64_t hash, Matches matches) const;
  size_t GuessNsec3(const Nsec3Hash& hash) const;

  // The order of these is the file's. All offsets are in units from the start of the image.
  uint8_t magic_[8];
  uint32_t version_;
  uint32_t byte_order_;
  uint64_t image_bytes_;
  uint64_t checksum_;  // Of all octets after this field.
  uint64_t record_count_;
  NodeId names_end_;
  NodeId nodes_end_;
  uint32_t name_count_;
  uint32_t serial_;
  uint32_t negative_ttl_seconds_;
  uint32_t index_at_;
  uint32_t index_lines_;  // At least 1.
  uint32_t nsec_at_;
  uint32_t nsec_count_;  // 0: the zone does not use NSEC.
  uint32_t nsec3_at_;
  uint32_t nsec3_count_;  // 0: nor NSEC3.
  uint32_t salt_at_;
  uint16_t nsec3_iterations_;
  uint8_t salt_bytes_;
  uint8_t has_expiration_;
  uint32_t first_expiration_;
};
static_assert(sizeof(Zone) == 96);

inline constexpr NodeId kApex = sizeof(Zone) / kImageUnitBytes;

inline NameView Zone::apex() const { return NameOf(kApex); }
inline size_t Zone::apex_labels() const { return node(kApex).label_count; }
inline Zone::NodeRange Zone::names() const { return {*this, kApex, names_end_}; }
inline Zone::NodeRange Zone::all_nodes() const { return {*this, kApex, nodes_end_}; }

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_ZONE_H_
