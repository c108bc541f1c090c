#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dns/base32hex.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "zones/check/denial_record.h"
#include "zones/check/signature_key.h"
#include "zones/check/zone_check.h"
#include "zones/check/zone_check_report.h"

namespace hither {
namespace {

std::string Subject(const Zone& zone, NodeId node, absl::string_view type) {
  return absl::StrCat(zone.NameOf(node).ToText(), " ", type);
}

class SignedZoneChecker {
 public:
  SignedZoneChecker(const Zone& zone, CheckReport& report) : zone_(zone), report_(report) {}

  void Run() {
    for (const NodeId node : zone_.all_nodes()) {
      if (!zone_.node(node).occluded) CheckSignatures(node);
    }
    if (zone_.FindRRset(kApex, RrType::kDnskey) == nullptr) {
      AddAtApex(ZoneCheckId::kSignedWithoutDnskey);
    }
    if (zone_.uses_nsec()) {
      CheckNsecChain();
    } else if (zone_.uses_nsec3()) {
      CheckNsec3Chain();
      CheckNsec3Names();
    } else {
      AddAtApex(ZoneCheckId::kSignedWithoutDenial);
    }
  }

 private:
  void AddAtApex(ZoneCheckId check) {
    report_.Add(check, kApex, RrType::kSoa, zone_.apex().ToText());
  }

  void CheckSignatures(NodeId id);
  void CheckSigner(NodeId id, const RRset& signatures);
  void CheckNsecChain();
  void CheckNsec3Chain();
  void CheckNsec3Names();
  bool MayLackNsec3(NodeId id) const;
  void CheckTypes(NodeId id, NodeId denial, RrType type, ByteView bitmap);

  const Zone& zone_;
  CheckReport& report_;
  bool opt_out_ = false;  // Any NSEC3 of the chain has the flag.
  std::vector<RrType> have_;
  std::vector<RrType> listed_;
};

void SignedZoneChecker::CheckSignatures(NodeId id) {
  for (const RRset& rrset : zone_.RRsetsOf(id)) {
    if (rrset.signatures != 0 || !IsSignedType(zone_.node(id), rrset.type)) continue;
    report_.Add(ZoneCheckId::kUnsignedRrset, id, rrset.type,
                Subject(zone_, id, TypeToText(rrset.type)));
  }
  for (const RRset& signatures : zone_.SignaturesOf(id)) {
    CheckSigner(id, signatures);
    if (zone_.FindRRset(id, signatures.covered) != nullptr) continue;
    report_.Add(ZoneCheckId::kSignatureWithoutRrset, id, signatures.covered,
                Subject(zone_, id, absl::StrCat("RRSIG ", TypeToText(signatures.covered))));
  }
}

void SignedZoneChecker::CheckSigner(NodeId id, const RRset& signatures) {
  for (const ByteView rdata : signatures.Records()) {
    if (NameInRdata(RrType::kRrsig, rdata, 0).EqualsIgnoreCase(zone_.apex())) continue;
    report_.Add(ZoneCheckId::kForeignSigner, id, signatures.covered,
                Subject(zone_, id, absl::StrCat("RRSIG ", TypeToText(signatures.covered))));
  }
}

// RFC 4035 §2.3: each name with authoritative data and each delegation has an NSEC, and together
// they form a ring in canonical order.
void SignedZoneChecker::CheckNsecChain() {
  NodeId before = kNoNode;
  const auto check_link = [&](NodeId next) {
    const ByteView rdata = zone_.FindRRset(before, RrType::kNsec)->Records().front();
    if (NameInRdata(RrType::kNsec, rdata, 0).EqualsIgnoreCase(zone_.NameOf(next))) return;
    report_.Add(ZoneCheckId::kNsecChain, before, RrType::kNsec, Subject(zone_, before, "NSEC"));
  };
  for (const NodeId id : zone_.names()) {
    const Node& node = zone_.node(id);
    if (node.occluded || node.rrset_count == 0) continue;
    const RRset* nsec = zone_.FindRRset(id, RrType::kNsec);
    if (nsec == nullptr) {
      report_.Add(ZoneCheckId::kNsecMissing, id, RrType::kNsec, zone_.NameOf(id).ToText());
      continue;
    }
    const ByteView rdata = nsec->Records().front();
    CheckTypes(id, id, RrType::kNsec, rdata.subspan(NameInRdata(RrType::kNsec, rdata, 0).size()));
    if (before != kNoNode) check_link(id);
    before = id;
  }
  if (before != kNoNode) check_link(kApex);
}

// The chain's nodes are in the order of their hashes, so each must name the next one.
void SignedZoneChecker::CheckNsec3Chain() {
  const Nsec3Params params = zone_.nsec3_params();
  std::vector<NodeId> chain;
  for (const NodeId id : zone_.nsec3_owners()) {
    const RRset* rrset = zone_.FindRRset(id, RrType::kNsec3);
    if (rrset == nullptr) continue;
    const Nsec3View nsec3 = ReadNsec3(rrset->Records().front());
    if (!nsec3.IsOf(params)) continue;  // Of another chain.
    opt_out_ |= nsec3.has_opt_out();
    chain.push_back(id);
  }
  for (size_t i = 0; i < chain.size(); ++i) {
    const RRset* rrset = zone_.FindRRset(chain[i], RrType::kNsec3);
    const ByteView next_hash = ReadNsec3(rrset->Records().front()).next_hash;
    const NameView next = zone_.NameOf(chain[(i + 1) % chain.size()]);
    Nsec3Hash hash;
    if (DecodeBase32Hex(next.first_label(), hash.octets) &&
        std::ranges::equal(next_hash, hash.octets)) {
      continue;
    }
    report_.Add(ZoneCheckId::kNsec3Chain, chain[i], RrType::kNsec3,
                Subject(zone_, chain[i], "NSEC3"));
  }
}

// RFC 5155 §7.1: with Opt-Out, a delegation without DS needs none; nor does an empty non-terminal
// that exists only for such delegations (RFC 5155 errata 3441): these are not distinguished here.
bool SignedZoneChecker::MayLackNsec3(NodeId id) const {
  const Node& node = zone_.node(id);
  if (!opt_out_) return false;
  if (node.rrset_count == 0) return true;
  return node.is_cut && zone_.FindRRset(id, RrType::kDs) == nullptr;
}

void SignedZoneChecker::CheckNsec3Names() {
  for (const NodeId id : zone_.names()) {
    if (zone_.node(id).occluded) continue;
    const NodeId denial = zone_.DenialOf(id).match;
    if (denial == kNoNode) {
      if (MayLackNsec3(id)) continue;
      report_.Add(ZoneCheckId::kNsec3Missing, id, RrType::kSoa, zone_.NameOf(id).ToText());
      continue;
    }
    const RRset* nsec3 = zone_.FindRRset(denial, RrType::kNsec3);
    CheckTypes(id, denial, RrType::kNsec3, ReadNsec3(nsec3->Records().front()).bitmap);
  }
}

// `type`, at `denial`, denies every type that it does not list, so a missing one makes good
// answers bogus, and one too many makes NODATA so.
void SignedZoneChecker::CheckTypes(NodeId id, NodeId denial, RrType type, ByteView bitmap) {
  CollectTypes(zone_, id, have_);
  ReadTypes(bitmap, listed_);
  if (have_ == listed_) return;
  report_.Add(ZoneCheckId::kDenialTypes, denial, type,
              Subject(zone_, denial,
                      absl::StrCat(TypeToText(type), " (of ", zone_.NameOf(id).ToText(), ")")));
}

void CheckNsec3Owners(const Zone& zone, CheckReport& report) {
  for (const NodeId id : zone.nsec3_owners()) {
    Nsec3Hash hash;
    const bool is_hash = zone.node(id).label_count == zone.apex_labels() + 1 &&
                         DecodeBase32Hex(zone.NameOf(id).first_label(), hash.octets);
    if (is_hash || zone.FindRRset(id, RrType::kNsec3) == nullptr) continue;
    report.Add(ZoneCheckId::kNsec3Owner, id, RrType::kNsec3, Subject(zone, id, "NSEC3"));
  }
}

void CheckNsec3Params(const Zone& zone, const ZoneLimits& limits, CheckReport& report) {
  const RRset* params = zone.FindRRset(kApex, RrType::kNsec3Param);
  if (params == nullptr) return;
  const auto found = [&](ZoneCheckId check, absl::string_view what) {
    report.Add(check, kApex, RrType::kNsec3Param, Subject(zone, kApex, what));
  };
  if (params->count > 1) {
    report.Add(ZoneCheckId::kSeveralNsec3Params, kApex, RrType::kNsec3Param, zone.apex().ToText());
  }
  for (const ByteView record : params->Records()) {
    ByteReader rdata(record);
    const uint8_t algorithm = rdata.U8();
    rdata.U8();
    Nsec3Params read;
    read.iterations = rdata.U16();
    read.salt = rdata.Take(rdata.U8());
    if (algorithm != 1) {
      found(ZoneCheckId::kNsec3Algorithm, "NSEC3PARAM");
    } else if (!read.IsWithin(limits.nsec3_iterations_max)) {
      found(ZoneCheckId::kNsec3IterationsLimit, "NSEC3PARAM");
    } else if (read.iterations > 0) {
      found(ZoneCheckId::kNsec3Iterations, "NSEC3PARAM");
    }
  }
}

// RFC 4034 §8: a validator must try each key with the tag.
void CheckKeyTags(const Zone& zone, CheckReport& report) {
  const RRset* const keys = zone.FindRRset(kApex, RrType::kDnskey);
  if (keys == nullptr) return;
  std::vector<uint16_t> tags;
  for (const ByteView rdata : keys->Records()) tags.push_back(KeyTagOf(rdata));
  std::ranges::sort(tags);
  for (auto at = tags.begin(); (at = std::adjacent_find(at, tags.end())) != tags.end();) {
    report.Add(ZoneCheckId::kKeyTagShared, kApex, RrType::kDnskey,
               Subject(zone, kApex, absl::StrCat("DNSKEY ", *at)));
    at = std::upper_bound(at, tags.end(), *at);
  }
}

}  // namespace

void CheckSignedZone(const Zone& zone, const ZoneLimits& limits, CheckReport& report) {
  CheckNsec3Params(zone, limits, report);
  CheckNsec3Owners(zone, report);
  CheckKeyTags(zone, report);
  // A signed SOA makes a signed zone: single RRSIGs may come from a multi-signer setup.
  const RRset* soa = zone.FindRRset(kApex, RrType::kSoa);
  if (soa == nullptr || soa->signatures == 0) return;
  SignedZoneChecker(zone, report).Run();
}

}  // namespace hither
