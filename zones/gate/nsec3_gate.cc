// Is the NSEC3 chain closed around what changed (RFC 5155 §7.1)?

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/base32hex.h"
#include "zones/check/denial_record.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

bool HaveOneChain(const Zone* before, const Zone& after) {
  if (before == nullptr || !before->uses_nsec3()) return false;
  const Nsec3Params one = before->nsec3_params();
  const Nsec3Params other = after.nsec3_params();
  return one.iterations == other.iterations && std::ranges::equal(one.salt, other.salt);
}

// The hash before this one on the ring: a search for it finds the record before `hash`.
Nsec3Hash HashBefore(Nsec3Hash hash) {
  for (size_t i = sizeof(hash.octets); i > 0; --i) {
    if (hash.octets[i - 1]-- != 0) break;  // No borrow.
  }
  return hash;
}

class Nsec3Gate {
 public:
  explicit Nsec3Gate(GateRun& run)
      : run_(run), zone_(run.new_zone()), all_(!HaveOneChain(run.old_zone(), run.new_zone())) {}

  void Run() {
    NodePairs pairs(run_.old_zone(), zone_);
    NodePair pair;
    uint64_t matched = 0;
    while (!run_.IsOver() && pairs.Next(pair)) {
      const bool is_name = IsName(pair);
      if (is_name && IsOwn(pair.after)) matched += zone_.DenialOf(pair.after).match != kNoNode;
      if (!all_ && !NodesDiffer(run_.old_zone(), zone_, pair)) continue;
      if (is_name) {
        CheckName(pair);
      } else {
        CheckLinks(pair);
      }
    }
    if (!run_.IsOver() && matched != CountChain()) RefuseSurplus();
  }

 private:
  bool IsName(const NodePair& pair) const {
    if (pair.after != kNoNode) return pair.after < zone_.names_end();
    return pair.before < run_.old_zone()->names_end();
  }
  bool IsOwn(NodeId id) const { return id != kNoNode && !zone_.node(id).occluded; }
  // The NSEC3 of the chain at an owner of NSEC3 records; null if it has none.
  const RRset* InChain(NodeId id, Nsec3Hash* hash) const;
  void CheckName(const NodePair& pair);
  void CheckMissing(NodeId id);
  void CheckLinks(const NodePair& pair);
  void CheckLink(NodeId id);
  NodeId NextInChain(NodeId id);
  uint64_t CountChain();
  void RefuseSurplus();
  void Refuse(NodeId id, absl::string_view what) {
    run_.Refuse(absl::StrCat(RRsetText(zone_, id, RrType::kNsec3), ": ", what), zone_, id,
                zone_.FindRRset(id, RrType::kNsec3));
  }

  GateRun& run_;
  const Zone& zone_;
  const bool all_;                          // The chain is a new one.
  NodeId checked_[2] = {kNoNode, kNoNode};  // Neighbours share their links.
  std::vector<RrType> have_;
  std::vector<RrType> listed_;
};

const RRset* Nsec3Gate::InChain(NodeId id, Nsec3Hash* hash) const {
  if (zone_.node(id).label_count != zone_.apex_labels() + 1u) return nullptr;
  const RRset* const nsec3 = zone_.FindRRset(id, RrType::kNsec3);
  if (nsec3 == nullptr || !ReadNsec3(nsec3->Records().front()).IsOf(zone_.nsec3_params())) {
    return nullptr;
  }
  return DecodeBase32Hex(zone_.NameOf(id).first_label(), hash->octets) ? nsec3 : nullptr;
}

void Nsec3Gate::CheckName(const NodePair& pair) {
  if (!IsOwn(pair.after)) return;
  const NodeId match = zone_.DenialOf(pair.after).match;
  if (match == kNoNode) return CheckMissing(pair.after);
  CollectTypes(zone_, pair.after, have_);
  ReadTypes(ReadNsec3(zone_.FindRRset(match, RrType::kNsec3)->Records().front()).bitmap, listed_);
  if (have_ == listed_) return;
  Refuse(match, absl::StrCat("the types that it lists are not those of ",
                             zone_.NameOf(pair.after).ToText(), "; sign it again"));
}

// RFC 5155 §7.1: within an opt-out span, a delegation without DS needs no NSEC3; nor does an empty
// non-terminal that exists only for such delegations (errata 3441).
void Nsec3Gate::CheckMissing(NodeId id) {
  const Node& node = zone_.node(id);
  const bool may_lack =
      node.rrset_count == 0 || (node.is_cut && zone_.FindRRset(id, RrType::kDs) == nullptr);
  bool matches = false;
  const NodeId cover = zone_.FindNsec3(zone_.HashForNsec3(zone_.NameOf(id)), matches);
  const Nsec3View nsec3 = ReadNsec3(zone_.FindRRset(cover, RrType::kNsec3)->Records().front());
  if (may_lack && nsec3.has_opt_out()) return;
  const auto rrsets = zone_.RRsetsOf(id);
  run_.Refuse(absl::StrCat(zone_.NameOf(id).ToText(),
                           " has no NSEC3 record; sign the zone again (RFC 5155 §7.1)"),
              zone_, id, rrsets.empty() ? nullptr : &rrsets.front());
}

void Nsec3Gate::CheckLinks(const NodePair& pair) {
  Nsec3Hash hash = {};
  const NameView owner =
      pair.after != kNoNode ? zone_.NameOf(pair.after) : run_.old_zone()->NameOf(pair.before);
  if (!DecodeBase32Hex(owner.first_label(), hash.octets)) return;  // Of no chain.
  bool matches = false;
  CheckLink(zone_.FindNsec3(HashBefore(hash), matches));
  const NodeId found = zone_.FindNsec3(hash, matches);
  if (matches) CheckLink(found);
}

void Nsec3Gate::CheckLink(NodeId id) {
  if (checked_[0] == id || checked_[1] == id) return;
  checked_[0] = checked_[1];
  checked_[1] = id;
  const ByteView next_hash =
      ReadNsec3(zone_.FindRRset(id, RrType::kNsec3)->Records().front()).next_hash;
  const NodeId next = NextInChain(id);
  if (next == kNoNode) return;  // The run is over.
  Nsec3Hash want = {};
  if (InChain(next, &want) != nullptr && std::ranges::equal(next_hash, want.octets)) return;
  Refuse(id, absl::StrCat("the chain is broken: the next owner is ", zone_.NameOf(next).ToText(),
                          "; sign the zone again (RFC 5155 §7.1)"));
}

// Owners of other chains may lie between two of this one. The last one is followed by the first.
NodeId Nsec3Gate::NextInChain(NodeId id) {
  Nsec3Hash hash = {};
  NodeId next = id;
  do {
    next = zone_.Next(next);
    if (next == zone_.nodes_end()) next = zone_.names_end();
    if (InChain(next, &hash) != nullptr) return next;
  } while (next != id && !run_.IsOver());
  return kNoNode;
}

uint64_t Nsec3Gate::CountChain() {
  uint64_t count = 0;
  Nsec3Hash hash = {};
  for (const NodeId id : zone_.nsec3_owners()) {
    if (run_.IsOver()) break;
    count += InChain(id, &hash) != nullptr;
  }
  return count;
}

// An NSEC3 that matches no name denies nothing and covers too little: the proof for a name with its
// hash fails. Which one it is takes a hash of every name, so only the fact is reported.
void Nsec3Gate::RefuseSurplus() {
  run_.RefuseAtApex(
      "the NSEC3 chain has records that match no name of the zone, or several names; sign the zone "
      "again (RFC 5155 §7.1)",
      RrType::kNsec3Param);
}

}  // namespace

void CheckNsec3(GateRun& run) { Nsec3Gate(run).Run(); }

}  // namespace hither
