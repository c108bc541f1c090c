#ifndef HITHER_ZONES_IMAGE_ZONE_VIEW_H_
#define HITHER_ZONES_IMAGE_ZONE_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "dns/name.h"
#include "dns/name_hash.h"
#include "dns/rr_type.h"
#include "zones/image/zone.h"

namespace hither {

// The result of a search, before any of it is written (RFC 1034 §4.3.2 step 3).
struct Lookup {
  enum State : uint8_t {
    kAnswer,    // `rrset` answers.
    kAlias,     // `rrset` is a CNAME; the search continues at its target.
    kDname,     // `rrset` is a DNAME at `node`, above the queried name.
    kReferral,  // `node` is a zone cut and `rrset` its NS.
    kNoData,    // The name exists (or a wildcard matches it), the type does not.
    kNxDomain,
  };
  State state;
  bool wildcard = false;      // `node` is a wildcard that matches the name.
  NodeId node = kNoNode;      // Whose records these are; kNoNode with kNxDomain.
  NodeId encloser = kNoNode;  // The closest encloser: the longest existing ancestor or the name.
  const RRset* rrset = nullptr;
};

// One version of a zone, as seen by the answering code. Every search and every step between nodes
// goes through this and never to the Zone itself, so that a version can consist of several images:
// only Current() and the searches would need to look elsewhere first.
//
// A value of one pointer, to pass by copy; the Zone outlives it. Any thread may use one. It adds
// nothing to the cost of the image (bench_parts: find/, answer/).
class ZoneView {
 public:
  ZoneView(const Zone& zone) : zone_(&zone) {}  // Implicit: a zone is a view of itself.

  NameView apex() const { return zone_->apex(); }
  size_t apex_labels() const { return zone_->apex_labels(); }
  uint32_t serial() const { return zone_->serial(); }
  uint32_t name_count() const { return zone_->name_count(); }
  uint32_t negative_ttl_seconds() const { return zone_->negative_ttl_seconds(); }
  bool is_signed() const { return zone_->is_signed(); }
  bool uses_nsec() const { return zone_->uses_nsec(); }
  bool uses_nsec3() const { return zone_->uses_nsec3(); }
  Nsec3Params nsec3_params() const { return zone_->nsec3_params(); }

  // `qname` must be at or below the apex. For ANY the first RRset of the node answers (RFC 8482
  // §4.1), for RRSIG the first RRset of signatures.
  Lookup Find(const HashedName& qname, RrType type) const;

  // The node's contents in this version.
  const Node& Current(NodeId id) const { return zone_->node(id); }
  NameView NameOf(NodeId id) const { return Current(id).name(); }
  size_t LabelsOf(NodeId id) const { return Current(id).label_count; }
  NodeId ParentOf(NodeId id) const { return Current(id).parent; }  // kNoNode for the apex.
  const RRset* FindRRset(NodeId id, RrType type) const {           // Null if there is none.
    return Current(id).FindRRset(type);
  }
  void PrefetchRecords(NodeId id) const { zone_->PrefetchRecords(id); }

  // Where the zone's authority ends on the way from the apex to the node: the topmost zone cut at
  // or above it, or the DNAME above it; kNoNode if the zone is authoritative.
  NodeId AuthorityEndOf(NodeId id) const {
    if (!Current(id).occluded) return Current(id).is_cut ? id : kNoNode;
    while (Current(id).occluded) id = ParentOf(id);  // At most kNameLabelsMax times.
    return id;
  }
  // Is the node the cut itself or below it?
  bool IsWithinCut(NodeId id, NodeId cut) const { return AuthorityEndOf(id) == cut; }

  // The node whose NSEC matches or covers `name`, or the node's name: see Zone::FindNsec().
  NodeId FindNsec(NameView name) const { return zone_->FindNsec(name); }
  NodeId NsecOf(NodeId id) const {
    if (FindRRset(id, RrType::kNsec) != nullptr && !Current(id).occluded) return id;
    return FindNsec(NameOf(id));
  }

  // RFC 5155 §5; only with uses_nsec3(). See the functions of Zone.
  Nsec3Hash HashForNsec3(NameView name) const { return zone_->HashForNsec3(name); }
  NodeId FindNsec3(const Nsec3Hash& hash, bool& matches) const {
    return zone_->FindNsec3(hash, matches);
  }
  NodeDenial DenialOf(NodeId id) const { return zone_->DenialOf(id); }

 private:
  NodeId FindEncloser(const HashedName& qname) const;
  Lookup FindBelow(NodeId encloser, uint64_t hash, RrType type) const;
  Lookup FindAt(NodeId id, RrType type) const;
  NodeId WildcardOf(NodeId encloser, uint64_t hash) const {
    return zone_->WildcardOf(encloser, hash);
  }

  const Zone* zone_;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_ZONE_VIEW_H_
