// Is the NSEC chain closed around what changed (RFC 4035 §2.3)?

#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "zones/check/denial_record.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

class NsecGate {
 public:
  explicit NsecGate(GateRun& run) : run_(run), zone_(run.new_zone()) {}

  // A changed name is part of two links: its own, and that of the name before it.
  void Run() {
    const Zone* const before = run_.old_zone();
    const bool all = before == nullptr || !before->uses_nsec();
    NodePairs pairs(before, zone_);
    NodePair pair;
    NodeId last = kNoNode;  // The last name in the chain before this one.
    while (!run_.IsOver() && pairs.Next(pair)) {
      if (all || NodesDiffer(before, zone_, pair)) CheckAround(last, pair.after);
      if (pair.after != kNoNode && IsInChain(pair.after)) last = pair.after;
    }
  }

 private:
  bool IsInChain(NodeId id) const {
    const Node& node = zone_.node(id);
    return id < zone_.names_end() && !node.occluded && node.rrset_count > 0;
  }
  void CheckAround(NodeId last, NodeId id);
  void CheckNode(NodeId id);
  NodeId NextInChain(NodeId id);
  void Refuse(NodeId id, absl::string_view what) {
    run_.Refuse(absl::StrCat(RRsetText(zone_, id, RrType::kNsec), ": ", what), zone_, id,
                zone_.FindRRset(id, RrType::kNsec));
  }

  GateRun& run_;
  const Zone& zone_;
  NodeId checked_ = kNoNode;  // Many names removed behind one name cost one check of it.
  std::vector<RrType> have_;
  std::vector<RrType> listed_;
};

// The last name of the chain points to the apex, so a change after it needs no further check.
void NsecGate::CheckAround(NodeId last, NodeId id) {
  if (last != kNoNode) CheckNode(last);
  if (id != kNoNode && IsInChain(id)) CheckNode(id);
}

NodeId NsecGate::NextInChain(NodeId id) {
  for (NodeId next = zone_.Next(id); next < zone_.names_end(); next = zone_.Next(next)) {
    if (IsInChain(next)) return next;
    if (run_.IsOver()) break;
  }
  return kApex;
}

void NsecGate::CheckNode(NodeId id) {
  if (checked_ == id) return;
  checked_ = id;
  const RRset* const nsec = zone_.FindRRset(id, RrType::kNsec);
  if (nsec == nullptr) return Refuse(id, "the name has none; sign it (RFC 4035 §2.3)");
  const ByteView rdata = nsec->Records().front();
  const NameView next = NameInRdata(RrType::kNsec, rdata, 0);
  CollectTypes(zone_, id, have_);
  ReadTypes(rdata.subspan(next.size()), listed_);
  if (have_ != listed_) {
    return Refuse(id, "the types that it lists are not those of the name; sign it again");
  }
  const NameView want = zone_.NameOf(NextInChain(id));
  if (next.EqualsIgnoreCase(want) || run_.IsOver()) return;
  Refuse(id, absl::StrCat("the chain is broken: the next name is ", want.ToText(), ", not ",
                          next.ToText(), "; sign the zone again (RFC 4035 §2.3)"));
}

}  // namespace

void CheckNsec(GateRun& run) { NsecGate(run).Run(); }

}  // namespace hither
