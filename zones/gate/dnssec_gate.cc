// The gate for signatures: those that were added, and those whose keys were removed.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/signature_time.h"
#include "zones/check/denial_record.h"
#include "zones/check/signature_verifier.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

bool Contains(const RRset* rrset, ByteView rdata) {
  if (rrset == nullptr) return false;
  for (const ByteView other : rrset->Records()) {
    if (std::ranges::equal(other, rdata)) return true;
  }
  return false;
}

// The tags of the keys that only the old version has: what they signed must be signed by others
// now, even where nothing else has changed.
std::vector<uint16_t> TagsOfRemovedKeys(const Zone* old_zone, const Zone& new_zone) {
  std::vector<uint16_t> tags;
  const RRset* const before =
      old_zone == nullptr ? nullptr : old_zone->FindRRset(kApex, RrType::kDnskey);
  if (before == nullptr) return tags;
  const RRset* const after = new_zone.FindRRset(kApex, RrType::kDnskey);
  for (const ByteView key : before->Records()) {
    if (!Contains(after, key)) tags.push_back(KeyTagOf(key));
  }
  return tags;
}

class SignatureGate {
 public:
  explicit SignatureGate(GateRun& run)
      : run_(run),
        zone_(run.new_zone()),
        is_first_(run.old_zone() == nullptr || !IsSignedZone(*run.old_zone())),
        verifier_(zone_.FindRRset(kApex, RrType::kDnskey)),
        removed_tags_(TagsOfRemovedKeys(run.old_zone(), zone_)),
        seconds_left_min_(absl::ToInt64Seconds(run.settings().expires_in_min)) {}

  void Run() {
    NodePairs pairs(run_.old_zone(), zone_);
    NodePair pair;
    const bool all = is_first_ || !removed_tags_.empty();
    while (!run_.IsOver() && pairs.Next(pair)) {
      if (pair.after == kNoNode || zone_.node(pair.after).occluded) continue;
      if (all || NodesDiffer(run_.old_zone(), zone_, pair)) CheckNode(pair);
    }
    if (uses_unknown_algorithm_) {
      run_.Warn(absl::StrCat(zone_.apex().ToText(),
                             " has signatures of an algorithm that is not supported; they were "
                             "not verified"));
    }
  }

 private:
  // What of an owner's RRset was in the old version, where the zone had authority over it.
  struct Before {
    const RRset* rrset = nullptr;
    const RRset* signatures = nullptr;
  };

  Before FindBefore(NodeId id, RrType type) const;
  void CheckNode(const NodePair& pair);
  void CheckRRset(NodeId id, const RRset& rrset, const Before& before);
  bool IsOfRemovedKey(const RRset& signatures) const;
  // Is the signature good? False as well if it has no key; refuses if it is wrong.
  bool CheckSignature(NodeId id, const RRset& rrset, ByteView rdata, bool is_checked,
                      bool is_added);
  void CheckTimes(NodeId id, const RRset& rrset, const Rrsig& rrsig);
  void Refuse(NodeId id, const RRset& rrset, absl::string_view what) {
    run_.Refuse(absl::StrCat(RRsetText(zone_, id, rrset.type), ": ", what), zone_, id, &rrset);
  }

  GateRun& run_;
  const Zone& zone_;
  const bool is_first_;  // Of the signed versions.
  SignatureVerifier verifier_;
  const std::vector<uint16_t> removed_tags_;
  const int64_t seconds_left_min_;
  bool uses_unknown_algorithm_ = false;
  bool has_early_end_ = false;
};

SignatureGate::Before SignatureGate::FindBefore(NodeId id, RrType type) const {
  if (is_first_ || id == kNoNode) return {};
  const Zone& old_zone = *run_.old_zone();
  const Node& node = old_zone.node(id);
  if (node.occluded || !IsSignedType(node, type)) return {};
  return {old_zone.FindRRset(id, type), FindSignatures(old_zone, id, type)};
}

void SignatureGate::CheckNode(const NodePair& pair) {
  const Node& node = zone_.node(pair.after);
  for (const RRset& rrset : zone_.RRsetsOf(pair.after)) {
    if (run_.IsOver()) return;
    if (!IsSignedType(node, rrset.type)) continue;
    CheckRRset(pair.after, rrset, FindBefore(pair.before, rrset.type));
  }
}

bool SignatureGate::IsOfRemovedKey(const RRset& signatures) const {
  if (removed_tags_.empty()) return false;
  for (const ByteView rdata : signatures.Records()) {
    if (std::ranges::count(removed_tags_, Rrsig(rdata).key_tag) > 0) return true;
  }
  return false;
}

void SignatureGate::CheckRRset(NodeId id, const RRset& rrset, const Before& before) {
  const RRset* const signatures = rrset.Signatures();
  if (signatures == nullptr) {
    return Refuse(id, rrset, "the RRset is not signed; sign it (RFC 4035 §2.2)");
  }
  const bool is_changed = RRsetsDiffer(before.rrset, &rrset);
  const bool recheck = is_changed || IsOfRemovedKey(*signatures);
  if (!recheck && !RRsetsDiffer(before.signatures, signatures)) return;
  bool any_good = false;
  for (const ByteView rdata : signatures->Records()) {
    if (run_.IsOverNow()) return;
    const bool is_added = !Contains(before.signatures, rdata);
    any_good |= CheckSignature(id, rrset, rdata, recheck || is_added, is_added);
  }
  if (any_good || run_.IsOver()) return;
  Refuse(id, rrset, "no signature is by a key of the zone's DNSKEY RRset; sign it again");
}

// A signature without a key may precede its key, or outlive it, in a rollover (RFC 6781 §4.1.4).
bool SignatureGate::CheckSignature(NodeId id, const RRset& rrset, ByteView rdata, bool is_checked,
                                   bool is_added) {
  const Rrsig rrsig(rdata);
  if (!rrsig.signer.EqualsIgnoreCase(zone_.apex()) || !verifier_.HasKeyFor(rrsig)) return false;
  if (!is_checked) return true;
  if (!IsVerifiedAlgorithm(rrsig.algorithm)) {
    uses_unknown_algorithm_ = true;
  } else if (!verifier_.Verify(rrsig, zone_.NameOf(id), rrset)) {
    Refuse(id, rrset,
           absl::StrCat("the signature by key ", rrsig.key_tag,
                        " does not verify; sign the zone again (RFC 4035 §5.3.3)"));
    return false;
  }
  if (is_added) CheckTimes(id, rrset, rrsig);
  return true;
}

void SignatureGate::CheckTimes(NodeId id, const RRset& rrset, const Rrsig& rrsig) {
  const uint32_t now = run_.now();
  const int64_t left = SignatureSecondsBetween(now, rrsig.expiration);
  const auto by_key = absl::StrCat("the signature by key ", rrsig.key_tag);
  if (left < 0) {
    Refuse(id, rrset,
           absl::StrCat(by_key, " expired at ", SignatureTimeText(rrsig.expiration, now),
                        "; sign the zone again (RFC 4035 §5.3.1)"));
  } else if (SignatureSecondsBetween(rrsig.inception, now) < 0) {
    Refuse(id, rrset,
           absl::StrCat(by_key, " is not valid before ", SignatureTimeText(rrsig.inception, now),
                        "; check the clocks of the signer and of this host"));
  } else if (left < seconds_left_min_ && run_.old_zone() != nullptr) {
    Refuse(id, rrset,
           absl::StrCat(by_key, " expires at ", SignatureTimeText(rrsig.expiration, now),
                        ", in less than ", absl::FormatDuration(run_.settings().expires_in_min),
                        "; check the signer, or lower expires_in_min"));
  } else if (left < seconds_left_min_ && !has_early_end_) {
    // A first version has none to fall back on: no answers at all would be worse.
    has_early_end_ = true;
    run_.Warn(absl::StrCat(RRsetText(zone_, id, rrset.type), ": ", by_key, " expires at ",
                           SignatureTimeText(rrsig.expiration, now), "; check the signer"));
  }
}

}  // namespace

bool IsSignedZone(const Zone& zone) {
  const RRset* const soa = zone.FindRRset(kApex, RrType::kSoa);
  if (soa != nullptr && soa->signatures != 0) return true;
  return zone.is_signed() && zone.FindRRset(kApex, RrType::kDnskey) != nullptr;
}

void CheckChangedSignatures(GateRun& run) { SignatureGate(run).Run(); }

void CheckDnssec(GateRun& run) {
  const Zone& zone = run.new_zone();
  if (run.settings().dnssec == DnssecGate::kOff) return;
  if (!IsSignedZone(zone)) {
    const bool has_keys = zone.FindRRset(kApex, RrType::kDnskey) != nullptr;
    const bool was_signed = run.old_zone() != nullptr && IsSignedZone(*run.old_zone());
    if (!has_keys || !was_signed) return;  // Unsigned; or signatures will follow the keys.
    return run.RefuseAtApex("the zone has keys, but its SOA is no longer signed; sign the zone");
  }
  if (zone.FindRRset(kApex, RrType::kDnskey) == nullptr) {
    return run.RefuseAtApex("the zone has signatures, but no DNSKEY RRset; add its keys");
  }
  CheckChangedSignatures(run);
  if (run.IsOver()) return;
  if (zone.uses_nsec3()) {
    CheckNsec3(run);
  } else if (zone.uses_nsec()) {
    CheckNsec(run);
  } else {
    run.RefuseAtApex(
        "the zone has signatures, but no NSEC or NSEC3 chain; sign it (RFC 4035 §2.3)");
  }
}

}  // namespace hither
