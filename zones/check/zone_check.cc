#include "zones/check/zone_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "dns/name_hash.h"
#include "dns/rdata.h"
#include "zones/check/zone_check_report.h"
#include "zones/image/zone_view.h"

namespace hither {
namespace {

std::string Subject(const Zone& zone, NodeId node, RrType type) {
  return absl::StrCat(zone.NameOf(node).ToText(), " ", TypeToText(type));
}

bool HasAddress(const Zone& zone, NodeId node) {
  return zone.FindRRset(node, RrType::kA) != nullptr ||
         zone.FindRRset(node, RrType::kAaaa) != nullptr;
}

// What a resolver gets when it queries this zone for the target's address. `cut`: the node of the
// NS record, if that is a delegation, or kNoNode.
void CheckTarget(const Zone& zone, NodeId node, RrType type, NameView target, NodeId cut,
                 CheckReport& report) {
  const auto found = [&](ZoneCheckId check) {
    report.Add(check, node, type, absl::StrCat(Subject(zone, node, type), " ", target.ToText()),
               target);
  };
  const HashedName hashed(target);
  Lookup at = ZoneView(zone).Find(hashed, RrType::kA);
  if (at.state == Lookup::kNoData) at = ZoneView(zone).Find(hashed, RrType::kAaaa);
  switch (at.state) {
    case Lookup::kAnswer:
      return;
    case Lookup::kAlias:
    case Lookup::kDname:
      return found(ZoneCheckId::kTargetAlias);
    case Lookup::kNoData:
    case Lookup::kNxDomain:
      return found(ZoneCheckId::kTargetAddress);
    case Lookup::kReferral: {
      // Only hosts below the cut that they serve need glue; others can be queried.
      if (at.node != cut) return;
      const NodeId host = zone.FindNode(target);
      if (host == kNoNode || !HasAddress(zone, host)) found(ZoneCheckId::kGlueMissing);
    }
  }
}

// Is the target a name of this zone that needs no finding? That is true for most, and the node
// shows it without a search.
bool IsFine(const Zone& zone, NodeId target, NodeId cut) {
  if (target == kNoNode) return false;
  const NodeId stop = ZoneView(zone).AuthorityEndOf(target);
  if (stop == kNoNode || stop == cut) return HasAddress(zone, target);
  return zone.node(stop).is_cut;  // Another delegation's hosts can be queried.
}

void CheckTargets(const Zone& zone, NodeId node, const RRset& rrset, const NameChecker& names,
                  CheckReport& report) {
  if (!rrset.has_targets) return;  // None is a name of this zone.
  const Node& at = zone.node(node);
  const NodeId cut = rrset.type == RrType::kNs && at.is_cut ? node : kNoNode;
  const NodeId* known = rrset.Targets().data();
  for (const ByteView rdata : rrset.Records()) {
    if (IsFine(zone, *known++, cut)) continue;
    const NameView target = NameInRdata(rrset.type, rdata, 0);
    // "." as target means that there is no such service (RFC 7505 §3, RFC 2782).
    if (target.IsRoot() || !target.IsAtOrBelow(zone.apex())) continue;
    if (names.IsMistake(target)) continue;
    CheckTarget(zone, node, rrset.type, target, cut, report);
  }
}

// RFC 9460 §2.4.2: clients ignore them, and its zone files MAY have them.
void CheckAliasMode(const Zone& zone, NodeId node, const RRset& rrset, CheckReport& report) {
  for (const ByteView rdata : rrset.Records()) {
    const NameView target = NameInRdata(rrset.type, rdata, 0);
    if (LoadU16(rdata.data()) != 0 || rdata.size() == 2 + target.size()) continue;
    report.Add(ZoneCheckId::kAliasModeParameters, node, rrset.type,
               Subject(zone, node, rrset.type));
    return;
  }
}

// RFC 6672 §2.4: wherever the name is, like several CNAMEs, which the builder refuses.
void CheckDnames(const Zone& zone, NodeId node, CheckReport& report) {
  const RRset* const dname = zone.FindRRset(node, RrType::kDname);
  if (dname == nullptr || dname->count == 1) return;
  report.Add(ZoneCheckId::kSeveralDnames, node, RrType::kDname,
             Subject(zone, node, RrType::kDname));
}

void CheckAuthoritative(const Zone& zone, NodeId node, const NameChecker& names,
                        CheckReport& report) {
  const bool wildcard = zone.NameOf(node).IsWildcard();
  for (const RRset& rrset : zone.RRsetsOf(node)) {
    const auto found = [&](ZoneCheckId check) {
      report.Add(check, node, rrset.type, Subject(zone, node, rrset.type));
    };
    switch (rrset.type) {
      case RrType::kNs:
      case RrType::kMx:
      case RrType::kSrv:
        CheckTargets(zone, node, rrset, names, report);
        break;
      case RrType::kDname:
        if (wildcard) found(ZoneCheckId::kWildcardDname);
        break;
      case RrType::kSvcb:
      case RrType::kHttps:
        CheckAliasMode(zone, node, rrset, report);
        break;
      case RrType::kDs:
        found(ZoneCheckId::kDsWithoutNs);
        break;
      default:
        break;
    }
  }
}

bool MayStandAtCut(RrType type) {
  switch (type) {
    case RrType::kNs:
    case RrType::kDs:
    case RrType::kNsec:
    case RrType::kA:     // Glue, if the
    case RrType::kAaaa:  // host has the delegation's name.
      return true;
    default:
      return false;
  }
}

void CheckCut(const Zone& zone, NodeId node, const NameChecker& names, CheckReport& report) {
  if (zone.NameOf(node).IsWildcard()) {
    report.Add(ZoneCheckId::kWildcardNs, node, RrType::kNs, Subject(zone, node, RrType::kNs));
  }
  for (const RRset& rrset : zone.RRsetsOf(node)) {
    if (rrset.type == RrType::kNs) CheckTargets(zone, node, rrset, names, report);
    if (MayStandAtCut(rrset.type)) continue;
    report.Add(ZoneCheckId::kDataAtCut, node, rrset.type, Subject(zone, node, rrset.type));
  }
}

void CheckOccluded(const Zone& zone, NodeId node, CheckReport& report) {
  const bool below_cut = zone.node(ZoneView(zone).AuthorityEndOf(node)).is_cut;
  for (const RRset& rrset : zone.RRsetsOf(node)) {
    const bool glue = rrset.type == RrType::kA || rrset.type == RrType::kAaaa;
    if (below_cut && glue) continue;
    report.Add(below_cut ? ZoneCheckId::kDataBelowCut : ZoneCheckId::kDataBelowDname, node,
               rrset.type, Subject(zone, node, rrset.type));
  }
}

// RRsets are written complete or not at all, with their RRSIGs for DNSSEC clients.
void CheckSizes(const Zone& zone, NodeId node, CheckReport& report) {
  for (const RRset& rrset : zone.RRsetsOf(node)) {
    const RRset* const signatures = rrset.Signatures();
    const bool signed_too_large = signatures != nullptr && signatures->fits_no_message;
    if (!rrset.fits_no_message && !signed_too_large) continue;
    report.Add(ZoneCheckId::kRrsetTooLarge, node, rrset.type, Subject(zone, node, rrset.type));
  }
}

// RFC 4592 §3.3.1: it is the closest encloser of every name below it, so the wildcard is not. A
// wildcard is hardly meant for names with an underscore.
void CheckEmptyNonTerminal(const Zone& zone, NodeId node, CheckReport& report) {
  const Node& at = zone.node(node);
  if (at.all_rrset_count() > 0 || at.parent == kNoNode) return;
  if (!zone.node(at.parent).has_wildcard || zone.NameOf(node).first_label()[0] == '_') return;
  report.Add(ZoneCheckId::kHiddenFromWildcard, node, RrType::kA, zone.NameOf(node).ToText());
}

}  // namespace

std::vector<Finding> CheckZone(const Zone& zone, const RecordPlaces& places,
                               const std::vector<std::string>& files, const ZoneLimits& limits) {
  CheckReport report(zone, places, files);
  if (zone.FindRRset(kApex, RrType::kNs) == nullptr) {
    report.Add(ZoneCheckId::kApexNs, kApex, RrType::kSoa, zone.apex().ToText());
  }
  NameChecker names(zone, report);
  names.CheckOwners();
  for (const NodeId node : zone.names()) {
    const Node& at = zone.node(node);
    if (!at.occluded) {
      CheckSizes(zone, node, report);
      names.CheckRecordsAt(node);
      if (limits.audit != nullptr) CheckEmptyNonTerminal(zone, node, report);
    }
    CheckDnames(zone, node, report);
    if (at.occluded) {
      CheckOccluded(zone, node, report);
    } else if (at.is_cut) {
      CheckCut(zone, node, names, report);
    } else {
      CheckAuthoritative(zone, node, names, report);
    }
  }
  CheckSignedZone(zone, limits, report);
  CheckZonemd(zone, report);
  if (limits.audit != nullptr) CheckSignatures(zone, *limits.audit, report);
  return report.Take();
}

}  // namespace hither
