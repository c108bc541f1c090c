#ifndef HITHER_ZONES_ZONE_INDEXER_H_
#define HITHER_ZONES_ZONE_INDEXER_H_

#include "zones/zone.h"

namespace hither {

// Completes a zone whose nodes and RRsets are in place: everything that a lookup wants to know at
// once and that can be known before the first question. ZoneBuilder's other half.
class ZoneIndexer {
 public:
  explicit ZoneIndexer(Zone& zone) : zone_(zone) {}
  void Run();

 private:
  void LinkParents();  // parent, subtree_end, wildcard.
  void FindBreaks();   // has_dname, has_cname, is_cut, break_node, occluded.
  void BuildIndex();
  void LinkSignatures();
  NodeId TargetOf(NodeId owner, RrType type, ByteView rdata) const;
  void ResolveTargets();
  void ChooseDenial();  // NSEC or NSEC3, and its parameters.
  void LinkNsec();
  void LinkNsec3();
  bool ReadNsec3Params(ByteView rdata);

  Zone& zone_;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_INDEXER_H_
