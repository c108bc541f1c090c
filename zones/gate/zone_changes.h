#ifndef HITHER_ZONES_GATE_ZONE_CHANGES_H_
#define HITHER_ZONES_GATE_ZONE_CHANGES_H_

#include "zones/gate/gate_watch.h"
#include "zones/image/zone.h"

namespace hither {

// One owner in two versions of a zone; kNoNode where it does not exist.
struct NodePair {
  NodeId before = kNoNode;
  NodeId after = kNoNode;
};

// Walks two versions of a zone side by side: all names in canonical order, then all owners of NSEC3
// records. Needs no memory, however large the zones are.
class NodePairs {
 public:
  // A null `before` is an empty zone. Both zones must outlive this, and have one apex.
  NodePairs(const Zone* before, const Zone& after);

  bool Next(NodePair& pair);  // False at the end.

 private:
  bool StepOver(NodePair& pair);

  const Zone* const before_;
  const Zone& after_;
  NodeId before_at_;
  NodeId after_at_;
  NodeId before_end_;
  NodeId after_end_;
  bool in_nsec3_ = false;
};

// The owners that differ. `before` and `after` as for NodePairs; the watch is asked for each owner.
class ChangedNodes {
 public:
  ChangedNodes(const Zone* before, const Zone& after, GateWatch& watch)
      : pairs_(before, after), before_(before), after_(after), watch_(watch) {}

  bool Next(NodePair& pair);  // False at the end, or when the watch is over.

 private:
  NodePairs pairs_;
  const Zone* const before_;
  const Zone& after_;
  GateWatch& watch_;
};

// Do two RRsets differ in their TTL or in the set of their RDATA? Each may be null. The order of
// records is no difference.
bool RRsetsDiffer(const RRset* before, const RRset* after);

// The RRSIGs that cover `type` at a node; null if there are none, or no node.
const RRset* FindSignatures(const Zone& zone, NodeId id, RrType type);

// Do the records of an owner differ, or its place in the zone: a cut, or below one?
bool NodesDiffer(const Zone* before, const Zone& after, const NodePair& pair);

}  // namespace hither

#endif  // HITHER_ZONES_GATE_ZONE_CHANGES_H_
