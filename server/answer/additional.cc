#include "server/answer/additional.h"

#include <algorithm>

#include "server/answer/answer.h"

namespace hither {
namespace {

// False if an existing record did not fit.
bool AddType(ZoneView zone, NodeId target, RrType type, bool dnssec, ResponseWriter& reply) {
  const RRset* rrset = zone.FindRRset(target, type);
  if (rrset == nullptr) return true;
  const RRset* signatures = dnssec ? rrset->Signatures() : nullptr;
  const ResponseWriter::Rendering how{zone.NameOf(target)};
  if (reply.AddRRset(Section::kAdditional, how, *rrset, signatures)) return true;
  // RFC 4035 §3.1.1: here the RRset may be sent without its signatures.
  return signatures != nullptr && reply.AddRRset(Section::kAdditional, how, *rrset, nullptr);
}

bool AddAddresses(ZoneView zone, NodeId target, bool dnssec, ResponseWriter& reply) {
  const bool fits = AddType(zone, target, RrType::kA, dnssec, reply);
  return AddType(zone, target, RrType::kAaaa, dnssec, reply) && fits;
}

// The targets that are nodes of this zone, each once.
class Targets {
 public:
  explicit Targets(const RRset& rrset) {
    for (const NodeId target : rrset.Targets()) {
      if (target == kNoNode || count_ == kAdditionalTargetsMax) continue;
      if (std::find(begin(), end(), target) == end()) nodes_[count_++] = target;
    }
  }
  const NodeId* begin() const { return nodes_; }
  const NodeId* end() const { return nodes_ + count_; }

 private:
  NodeId nodes_[kAdditionalTargetsMax];
  int count_ = 0;
};

}  // namespace

void AddAdditional(ZoneView zone, const RRset& rrset, bool dnssec, ResponseWriter& reply) {
  if (!rrset.has_targets) return;
  const bool is_service = rrset.type == RrType::kSvcb || rrset.type == RrType::kHttps;
  for (const NodeId target : Targets(rrset)) {
    if (reply.HasWasted()) return;
    if (is_service && zone.FindRRset(target, rrset.type) != &rrset) {  // RFC 9460 §4.1
      AddType(zone, target, rrset.type, dnssec, reply);
    }
    AddAddresses(zone, target, dnssec, reply);
  }
}

bool AddGlue(ZoneView zone, NodeId cut, const RRset& ns, bool dnssec, ResponseWriter& reply) {
  // No target appears twice: NS records differ only in it. None may be omitted, so
  // records_per_rrset_max is the limit, and a message's size ends it earlier.
  NodeId siblings[kAdditionalTargetsMax];
  int sibling_count = 0;
  for (const NodeId target : ns.Targets()) {  // In-domain first: it must fit.
    if (target == kNoNode) continue;
    if (!zone.IsWithinCut(target, cut)) {
      if (sibling_count < kAdditionalTargetsMax) siblings[sibling_count++] = target;
    } else if (!AddAddresses(zone, target, dnssec, reply)) {
      return false;
    }
  }
  // Sibling and other glue gets the remaining room.
  for (int i = 0; i < sibling_count && !reply.HasWasted(); ++i) {
    AddAddresses(zone, siblings[i], dnssec, reply);
  }
  return true;
}

}  // namespace hither
