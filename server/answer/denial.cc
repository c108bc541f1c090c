#include "server/answer/denial.h"

#include <algorithm>
#include <bit>

#include "server/answer/answer.h"
#include "server/answer/work.h"

namespace hither {

void Denial::Need(NodeId node) {
  static_assert(kNodesMax >= kAliasHopsMax + 3);
  if (node == kNoNode) return;  // A broken chain: nothing can be proven.
  NodeId* const end = nodes_ + count_;
  if (std::find(nodes_, end, node) != end || count_ == kNodesMax) return;
  zone_.PrefetchRecords(node);  // Arrives while the rest is found and the SOA is written.
  nodes_[count_++] = node;
}

bool Denial::Write(ResponseWriter& reply) const {
  const RrType type = zone_.uses_nsec3() ? RrType::kNsec3 : RrType::kNsec;
  for (size_t i = 0; i < count_; ++i) {
    const RRset& rrset = *zone_.FindRRset(nodes_[i], type);  // ZoneIndexer links no others.
    if (!reply.AddRRset(Section::kAuthority, {zone_.NameOf(nodes_[i])}, rrset,
                        rrset.Signatures())) {
      return false;
    }
  }
  return true;
}

void Denial::NeedNsecAt(NameView name) {
  // A binary search; names of up to 127 labels are compared if their first octets are equal.
  work_ += static_cast<uint32_t>(std::bit_width(zone_.name_count()) * name.size() / 4);
  Need(zone_.FindNsec(name));
}

// The "next closer" name is the one label longer than the closest encloser (RFC 5155 §1.3).
void Denial::NeedNextCloser(NameView next_closer) {
  constexpr uint32_t kBlocksOfName =
      (2 * kNameBytesMax) / 64;  // The first hash covers name and salt.
  work_ += kWorkOfSha1Block * (zone_.nsec3_params().Blocks() + kBlocksOfName);
  bool matches = false;
  Need(zone_.FindNsec3(zone_.HashForNsec3(next_closer), matches));
}

// RFC 5155 §7.2.3 and §7.2.4: the NSEC3 that matches, or, if the name is in an opt-out span, the
// proof of its closest provable encloser (§1.3, §7.2.1).
void Denial::NeedMatchOrEncloserProof(NodeId node) {
  if (const NodeId match = zone_.DenialOf(node).match; match != kNoNode) return Need(match);
  NodeId next_closer = node;
  NodeId encloser = zone_.ParentOf(node);
  while (encloser != kNoNode && zone_.DenialOf(encloser).match == kNoNode) {
    next_closer = encloser;
    encloser = zone_.ParentOf(encloser);
  }
  if (encloser == kNoNode) return;
  Need(zone_.DenialOf(encloser).match);
  NeedNextCloser(zone_.NameOf(next_closer));
}

// RFC 5155 §7.2.2 and §7.2.5: the closest encloser that can be proven, the absence of the next
// closer name, and the wildcard's proof. An empty non-terminal that leads only to delegations
// without DS may have no NSEC3 (§7.1): then the whole proof starts above it.
void Denial::NeedEncloserAndWildcard(const HashedName& qname, NodeId encloser) {
  while (zone_.DenialOf(encloser).match == kNoNode) {
    encloser = zone_.ParentOf(encloser);
    if (encloser == kNoNode) return;
  }
  Need(zone_.DenialOf(encloser).match);
  NeedNextCloser(qname.Suffix(zone_.LabelsOf(encloser) + 1u));
  Need(zone_.DenialOf(encloser).wildcard);
}

void Denial::NeedNxDomain(const HashedName& qname, const Lookup& at) {
  if (zone_.uses_nsec()) {
    NeedWildcard(qname, at);
    Name star(zone_.NameOf(at.encloser));
    star.Prepend(AsBytes("*"));  // Fits: the name asked is longer than the encloser by a label.
    NeedNsecAt(star);
  } else if (zone_.uses_nsec3()) {
    NeedEncloserAndWildcard(qname, at.encloser);
  }
}

void Denial::NeedNoData(const HashedName& qname, const Lookup& at) {
  if (zone_.uses_nsec()) {
    if (at.wildcard) NeedWildcard(qname, at);  // RFC 4035 §3.1.3.4
    Need(zone_.NsecOf(at.node));
  } else if (zone_.uses_nsec3() && at.wildcard) {
    NeedEncloserAndWildcard(qname, at.encloser);
  } else if (zone_.uses_nsec3()) {
    NeedMatchOrEncloserProof(at.node);
  }
}

// RFC 5155 §7.2.6: the RRSIG's label count identifies the closest encloser; only the next closer
// name's absence must be proven. The same for RFC 4035 §3.1.3.3.
void Denial::NeedWildcard(const HashedName& qname, const Lookup& at) {
  if (zone_.uses_nsec()) {
    NeedNsecAt(qname.name());
  } else if (zone_.uses_nsec3()) {
    NeedNextCloser(qname.Suffix(zone_.LabelsOf(at.encloser) + 1u));
  }
}

void Denial::NeedInsecure(NodeId cut) {
  if (zone_.uses_nsec()) {
    Need(zone_.NsecOf(cut));
  } else {
    NeedMatchOrEncloserProof(cut);
  }
}

}  // namespace hither
