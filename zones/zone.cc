#include "zones/zone.h"

// SHA-1 one block at a time through the deprecated calls: EVP would cost an allocation and a
// look-up of the algorithm for each hash, on the packet path.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace hither {

NodeId Zone::Probe(uint64_t hash, NameView name) const {
  const size_t mask = index_.size() - 1;
  const auto fingerprint = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & mask;; at = (at + 1) & mask) {  // At most 2/3 full: it ends.
    const Slot& slot = index_[at];
    if (slot.node == kNoNode) return kNoNode;
    if (slot.fingerprint == fingerprint && NameOf(slot.node).EqualsIgnoreCase(name)) {
      return slot.node;
    }
  }
}

NodeId Zone::FindNode(NameView name) const { return Probe(HashName(name), name); }

const RRset* Zone::FindRRset(NodeId id, RrType type) const {
  for (const RRset& rrset : RRsetsOf(id)) {
    if (rrset.type == type) return &rrset;
  }
  return nullptr;
}

Lookup Zone::Find(const HashedName& qname, RrType type) const {
  NodeId id = Probe(qname.hash(), qname.name());
  const bool exact = id != kNoNode;
  if (!exact) {
    // Ancestors of a name that exists exist too (empty non-terminals are nodes), so that the
    // closest encloser can be found by halving: 7 probes for the longest name there is.
    size_t exists = apex_labels();
    size_t missing = qname.label_count();
    id = kApex;
    while (missing - exists > 1) {
      const size_t middle = (exists + missing) / 2;
      const NodeId found = Probe(qname.SuffixHash(middle), qname.Suffix(middle));
      (found == kNoNode ? missing : exists) = middle;
      if (found != kNoNode) id = found;
    }
  }
  const Node& at = nodes_[id];
  NodeId stop = at.break_node;
  if (stop == kNoNode && !exact && at.has_dname) stop = id;
  if (stop != kNoNode) {
    // RFC 4035 §3.1.4.1: DS belongs to the parent's side of the cut.
    const bool ds_at_cut = exact && stop == id && type == RrType::kDs;
    if (!ds_at_cut) {
      Lookup found{nodes_[stop].is_cut ? Lookup::kReferral : Lookup::kDname};
      found.node = found.encloser = stop;
      found.rrset = FindRRset(stop, nodes_[stop].is_cut ? RrType::kNs : RrType::kDname);
      return found;
    }
  }
  if (exact) return FindAt(id, type);
  return FindBelow(id, type);
}

// RFC 4592 §3.3: no exact match; the wildcard at the closest encloser, if any, stands in.
Lookup Zone::FindBelow(NodeId encloser, RrType type) const {
  const NodeId star = nodes_[encloser].wildcard;
  Lookup found{Lookup::kNxDomain};
  if (star != kNoNode) {
    found = FindAt(star, type);
    found.wildcard = true;
  }
  found.encloser = encloser;
  return found;
}

Lookup Zone::FindAt(NodeId id, RrType type) const {
  Lookup found{Lookup::kAnswer};
  found.node = found.encloser = id;
  const Node& node = nodes_[id];
  if (type == RrType::kAny && node.rrset_count > 0) {
    found.rrset = &rrsets_[node.first_rrset];
  } else if (type == RrType::kRrsig && node.signature_count > 0) {
    found.rrset = &rrsets_[node.first_rrset + node.rrset_count];
  } else {
    found.rrset = FindRRset(id, type);
  }
  if (found.rrset == nullptr && node.has_cname) {
    found.rrset = FindRRset(id, RrType::kCname);
    found.state = Lookup::kAlias;
  }
  if (found.rrset == nullptr) found.state = Lookup::kNoData;
  return found;
}

NodeId Zone::FindNsec(NameView name, NodeId encloser) const {
  if (!uses_nsec_) return kNoNode;
  // The last node at or before `name`: it lies in the encloser's subtree.
  NodeId low = encloser;  // Always at or before.
  NodeId high = nodes_[encloser].subtree_end;
  while (high - low > 1) {
    const NodeId middle = low + (high - low) / 2;
    (CompareCanonical(NameOf(middle), name) <= 0 ? low : high) = middle;
  }
  return nodes_[low].denial;
}

Nsec3Hash Zone::HashForNsec3(NameView name) const {
  uint8_t lower[kNameBytesMax];
  for (size_t i = 0; i < name.size(); ++i) lower[i] = ToLowerOctet(name.data()[i]);
  Nsec3Hash hash;
  const uint8_t* input = lower;
  size_t input_bytes = name.size();
  for (uint32_t round = 0; round <= nsec3_params_.iterations; ++round) {  // RFC 5155 §5
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, input, input_bytes);
    SHA1_Update(&context, nsec3_params_.salt.data(), nsec3_params_.salt.size());
    SHA1_Final(hash.octets, &context);
    input = hash.octets;
    input_bytes = sizeof(hash.octets);
  }
  return hash;
}

NodeId Zone::FindNsec3(const Nsec3Hash& hash, bool& matches) const {
  const auto less = [](const Nsec3Hash& a, const Nsec3Hash& b) {
    return std::memcmp(a.octets, b.octets, sizeof(a.octets)) < 0;
  };
  const auto after = std::upper_bound(nsec3_hashes_.begin(), nsec3_hashes_.end(), hash, less);
  // Before the first hash the last one covers: the chain is a ring.
  const size_t at =
      (after == nsec3_hashes_.begin() ? nsec3_hashes_.size() : after - nsec3_hashes_.begin()) - 1;
  matches = std::memcmp(nsec3_hashes_[at].octets, hash.octets, sizeof(hash.octets)) == 0;
  return nsec3_nodes_[at];
}

size_t Zone::MemoryBytes() const {
  return sizeof(Zone) + nodes_.capacity() * sizeof(Node) + rrsets_.capacity() * sizeof(RRset) +
         names_.capacity() + rdata_.capacity() + targets_.capacity() * sizeof(NodeId) +
         index_.capacity() * sizeof(Slot) + nsec3_hashes_.capacity() * sizeof(Nsec3Hash) +
         nsec3_nodes_.capacity() * sizeof(NodeId);
}

}  // namespace hither
