// The checks of signatures, which need a clock and time to compute: only `hither check` asks for
// them (ZoneAudit).

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "dns/signature_time.h"
#include "zones/check/signature_key.h"
#include "zones/check/signature_verifier.h"
#include "zones/check/zone_check.h"
#include "zones/check/zone_check_report.h"

namespace hither {
namespace {

class SignatureChecker {
 public:
  SignatureChecker(const Zone& zone, ZoneAudit& audit, CheckReport& report)
      : zone_(zone),
        audit_(audit),
        report_(report),
        verifier_(zone.FindRRset(kApex, RrType::kDnskey)) {}

  void Run() {
    Walk([this](NodeId, const RRset& rrset) { audit_.signatures += rrset.count; });
    step_ = audit_.verify_all ? 1 : audit_.signatures / ZoneAudit::kSampleMax + 1;
    Walk([this](NodeId node, const RRset& rrset) { CheckRRsigs(node, rrset); });
    ReportUnsupported();
  }

 private:
  // Calls `visit` for each RRset of RRSIGs that can be part of an answer.
  template <typename Visit>
  void Walk(const Visit& visit) const {
    for (const NodeId node : zone_.all_nodes()) {
      if (zone_.node(node).occluded) continue;
      for (const RRset& rrset : zone_.SignaturesOf(node)) visit(node, rrset);
    }
  }

  void CheckRRsigs(NodeId node, const RRset& rrsigs);
  void CheckTimes(NodeId node, RrType type, const Rrsig& rrsig);
  void ReportUnsupported();
  void Report(ZoneCheckId check, NodeId node, RrType type, const Rrsig& rrsig,
              absl::string_view more = "") {
    report_.Add(check, node, type,
                absl::StrCat(zone_.NameOf(node).ToText(), " RRSIG ", TypeToText(type), " by key ",
                             rrsig.key_tag, more));
  }

  const Zone& zone_;
  ZoneAudit& audit_;
  CheckReport& report_;
  SignatureVerifier verifier_;
  uint64_t step_ = 1;  // Every so many signatures are verified.
  uint64_t seen_ = 0;
  std::map<uint8_t, uint64_t> unsupported_;  // Signatures by algorithm.
};

void SignatureChecker::CheckRRsigs(NodeId node, const RRset& rrsigs) {
  const RrType type = rrsigs.covered;
  const RRset* const signed_rrset = zone_.FindRRset(node, type);
  bool any_key = false;
  for (const ByteView rdata : rrsigs.Records()) any_key |= verifier_.HasKeyFor(Rrsig(rdata));
  for (const ByteView rdata : rrsigs.Records()) {
    const Rrsig rrsig(rdata);
    const bool is_in_sample = seen_++ % step_ == 0 || node == kApex;
    CheckTimes(node, type, rrsig);
    // Other checks report these two.
    if (signed_rrset == nullptr || !rrsig.signer.EqualsIgnoreCase(zone_.apex())) continue;
    if (!verifier_.HasKeyFor(rrsig)) {
      // Beside a signature by a current key, one by an old key does no harm.
      if (!any_key) Report(ZoneCheckId::kSignatureKeyMissing, node, type, rrsig);
    } else if (!IsVerifiedAlgorithm(rrsig.algorithm)) {
      ++unsupported_[rrsig.algorithm];
    } else if (is_in_sample && verifier_.Verify(rrsig, zone_.NameOf(node), *signed_rrset)) {
      ++audit_.verified;
    } else if (is_in_sample) {
      Report(ZoneCheckId::kSignatureInvalid, node, type, rrsig);
    }
  }
}

void SignatureChecker::CheckTimes(NodeId node, RrType type, const Rrsig& rrsig) {
  const uint32_t now = audit_.now;
  const int32_t left = SignatureSecondsBetween(now, rrsig.expiration);
  if (!audit_.first_expiration.has_value() ||
      left < SignatureSecondsBetween(now, *audit_.first_expiration)) {
    audit_.first_expiration = rrsig.expiration;
  }
  // Only for a report: a zone may have millions of signatures.
  const auto until = [&] {
    return absl::StrCat(", valid until ", SignatureTimeText(rrsig.expiration, now), ",");
  };
  if (left < 0) {
    Report(ZoneCheckId::kSignatureExpired, node, type, rrsig, until());
  } else if (SignatureSecondsBetween(rrsig.inception, now) < 0) {
    Report(ZoneCheckId::kSignatureEarly, node, type, rrsig,
           absl::StrCat(", valid from ", SignatureTimeText(rrsig.inception, now), ","));
  } else if (static_cast<uint32_t>(left) < audit_.expires_in_seconds) {
    Report(ZoneCheckId::kSignatureExpiring, node, type, rrsig, until());
  }
}

void SignatureChecker::ReportUnsupported() {
  for (const auto& [algorithm, count] : unsupported_) {
    report_.Add(ZoneCheckId::kSignatureUnverified, kApex, RrType::kDnskey,
                absl::StrCat(zone_.apex().ToText(), " RRSIG: algorithm ", algorithm, ", used by ",
                             count, count == 1 ? " signature," : " signatures,"));
  }
}

}  // namespace

void CheckSignatures(const Zone& zone, ZoneAudit& audit, CheckReport& report) {
  SignatureChecker(zone, audit, report).Run();
}

}  // namespace hither
