// The gate for RRsets that vanish although something depends on them.

#include <array>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

constexpr absl::string_view kRemedy = "; accept the version if that is intended";
constexpr std::array kAddressTypes = {RrType::kA, RrType::kAaaa};
constexpr std::array kApexTypes = {RrType::kNs, RrType::kMx, RrType::kA, RrType::kAaaa};

// Records that a signer removes as it likes.
bool IsSignersType(RrType type) {
  switch (type) {
    case RrType::kNsec:
    case RrType::kNsec3:
    case RrType::kNsec3Param:
    case RrType::kDnskey:
    case RrType::kCds:
    case RrType::kCdnskey:
    case RrType::kZonemd:
      return true;
    default:
      return false;
  }
}

bool HasAddress(const Zone& zone, NodeId id) {
  for (const RrType type : kAddressTypes) {
    if (zone.FindRRset(id, type) != nullptr) return true;
  }
  return false;
}

// A CNAME in the place of the RRsets, or RRsets in the place of a CNAME, is another way to answer.
bool IsReplaced(const Zone& zone, NodeId id, RrType vanished) {
  if (id == kNoNode) return false;
  return zone.node(id).has_cname || (vanished == RrType::kCname && HasAddress(zone, id));
}

class VanishedChecker {
 public:
  explicit VanishedChecker(GateRun& run)
      : run_(run), old_zone_(*run.old_zone()), new_zone_(run.new_zone()) {}

  void Run() {
    for (const Name& name : run_.settings().busy_names) CheckBusyName(name);
    if (run_.settings().empty_rrset == ChangeGate::kPass) return;
    for (const RrType type : kApexTypes) CheckRRset(kApex, kApex, type, "");
    CollectLost();
    if (!lost_.empty()) CheckTargets();
  }

 private:
  void CheckBusyName(const Name& name);
  // `before` and `after` are one name's nodes.
  void CheckRRset(NodeId before, NodeId after, RrType type, absl::string_view why);
  void CollectLost();
  void CheckTargets();
  void CheckTargetsOf(NodeId id, const RRset& rrset);
  bool StillPoints(NodeId id, const RRset& rrset, NameView target) const;

  GateRun& run_;
  const Zone& old_zone_;
  const Zone& new_zone_;
  absl::flat_hash_set<NodeId> lost_;  // Nodes of the old zone, whose names lost all addresses.
};

void VanishedChecker::CheckRRset(NodeId before, NodeId after, RrType type, absl::string_view why) {
  const RRset* const had = old_zone_.FindRRset(before, type);
  if (had == nullptr || IsReplaced(new_zone_, after, type)) return;
  if (after != kNoNode && new_zone_.FindRRset(after, type) != nullptr) return;
  run_.Refuse(absl::StrCat(RRsetText(old_zone_, before, type), " has been removed", why, kRemedy),
              old_zone_, before, had);
}

void VanishedChecker::CheckBusyName(const Name& name) {
  const NodeId before = old_zone_.FindNode(name);
  if (before == kNoNode || run_.IsOver()) return;
  const NodeId after = new_zone_.FindNode(name);
  for (const RRset& rrset : old_zone_.RRsetsOf(before)) {
    if (!IsSignersType(rrset.type)) {
      CheckRRset(before, after, rrset.type, ", and the name is one of busy_names");
    }
  }
}

void VanishedChecker::CollectLost() {
  ChangedNodes changes(&old_zone_, new_zone_, run_.watch());
  NodePair pair;
  while (changes.Next(pair)) {
    if (pair.before == kNoNode || !HasAddress(old_zone_, pair.before)) continue;
    const bool keeps = pair.after != kNoNode && HasAddress(new_zone_, pair.after);
    if (!keeps && !IsReplaced(new_zone_, pair.after, RrType::kA)) lost_.insert(pair.before);
  }
}

void VanishedChecker::CheckTargets() {
  for (const NodeId id : old_zone_.names()) {
    if (run_.IsOver()) return;
    for (const RRset& rrset : old_zone_.RRsetsOf(id)) CheckTargetsOf(id, rrset);
  }
}

void VanishedChecker::CheckTargetsOf(NodeId id, const RRset& rrset) {
  for (const NodeId target : rrset.Targets()) {
    if (target == kNoNode || !lost_.contains(target)) continue;
    if (!StillPoints(id, rrset, old_zone_.NameOf(target))) continue;
    const std::string why =
        absl::StrCat(", but ", RRsetText(old_zone_, id, rrset.type), " still points there");
    for (const RrType type : kAddressTypes) {
      CheckRRset(target, new_zone_.FindNode(old_zone_.NameOf(target)), type, why);
    }
  }
}

bool VanishedChecker::StillPoints(NodeId id, const RRset& rrset, NameView target) const {
  const NodeId now = new_zone_.FindNode(old_zone_.NameOf(id));
  const RRset* const points = now == kNoNode ? nullptr : new_zone_.FindRRset(now, rrset.type);
  if (points == nullptr) return false;
  for (const ByteView rdata : points->Records()) {
    if (NameInRdata(rrset.type, rdata, 0).EqualsIgnoreCase(target)) return true;
  }
  return false;
}

}  // namespace

void CheckEmptyRrset(GateRun& run) {
  const GateSettings& settings = run.settings();
  if (run.old_zone() == nullptr) return;
  if (settings.empty_rrset == ChangeGate::kPass && settings.busy_names.empty()) return;
  VanishedChecker(run).Run();
}

}  // namespace hither
