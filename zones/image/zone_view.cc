#include "zones/image/zone_view.h"

namespace hither {

// Ancestors of a name that exists exist too (empty non-terminals are nodes), so the closest
// encloser can be found by a binary search: 7 probes for the longest possible name.
NodeId ZoneView::FindEncloser(const HashedName& qname) const {
  size_t exists = apex_labels();
  size_t missing = qname.label_count();
  NodeId id = kApex;
  while (missing - exists > 1) {
    const size_t middle = (exists + missing) / 2;
    const NodeId found = zone_->FindByHash(qname.SuffixHash(middle), qname.Suffix(middle));
    (found == kNoNode ? missing : exists) = middle;
    if (found != kNoNode) id = found;
  }
  return id;
}

Lookup ZoneView::Find(const HashedName& qname, RrType type) const {
  NodeId id = zone_->FindByHash(qname.hash(), qname.name());
  const bool exact = id != kNoNode;
  if (!exact) id = FindEncloser(qname);
  const Node& at = Current(id);
  NodeId stop = AuthorityEndOf(id);
  if (stop == kNoNode && !exact && at.has_dname) stop = id;
  if (stop != kNoNode) {
    // RFC 4035 §3.1.4.1: DS belongs to the parent's side of the cut.
    const bool ds_at_cut = exact && stop == id && type == RrType::kDs;
    if (!ds_at_cut) {
      const bool is_cut = Current(stop).is_cut;
      Lookup found{is_cut ? Lookup::kReferral : Lookup::kDname};
      found.node = found.encloser = stop;
      found.rrset = FindRRset(stop, is_cut ? RrType::kNs : RrType::kDname);
      return found;
    }
  }
  if (exact) return FindAt(id, type);
  return FindBelow(id, qname.SuffixHash(at.label_count), type);
}

// RFC 4592 §3.3: no exact match; the wildcard at the closest encloser, if any, replaces it.
Lookup ZoneView::FindBelow(NodeId encloser, uint64_t hash, RrType type) const {
  const NodeId star = WildcardOf(encloser, hash);
  Lookup found{Lookup::kNxDomain};
  if (star != kNoNode) {
    found = FindAt(star, type);
    found.wildcard = true;
  }
  found.encloser = encloser;
  return found;
}

Lookup ZoneView::FindAt(NodeId id, RrType type) const {
  Lookup found{Lookup::kAnswer};
  found.node = found.encloser = id;
  const Node& at = Current(id);
  if (type == RrType::kAny && at.rrset_count > 0) {
    found.rrset = at.rrsets();
  } else if (type == RrType::kRrsig && at.signature_count > 0) {
    found.rrset = at.rrsets() + at.rrset_count;
  } else {
    found.rrset = FindRRset(id, type);
  }
  if (found.rrset == nullptr && at.has_cname) {
    found.rrset = FindRRset(id, RrType::kCname);
    found.state = Lookup::kAlias;
  }
  if (found.rrset == nullptr) found.state = Lookup::kNoData;
  return found;
}

}  // namespace hither
