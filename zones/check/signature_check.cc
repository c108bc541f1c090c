// The checks of signatures, which need a clock and time to compute: only `hither check` asks for
// them (ZoneAudit).

#include <algorithm>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "dns/rdata.h"
#include "dns/signature_time.h"
#include "zones/check/signature_key.h"
#include "zones/check/zone_check.h"
#include "zones/check/zone_check_report.h"

namespace hither {
namespace {

// Keys with one tag and algorithm that are tried for a signature: a thousand of them would cost a
// million verifications (CVE-2023-50387).
constexpr size_t kKeysTriedMax = 8;

// As zone files have it (RFC 4034 §3.2).
std::string TimeText(uint32_t time, uint32_t now) {
  const std::time_t seconds = SignatureUnixSeconds(time, now);
  std::tm parts = {};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) {
    std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &parts);
  }
  return text;
}

// RFC 4034 §3.1.
struct Rrsig {
  explicit Rrsig(ByteView rdata) : signer(NameInRdata(RrType::kRrsig, rdata, 0)) {
    ByteReader reader(rdata);
    reader.U16();
    algorithm = reader.U8();
    labels = reader.U8();
    original_ttl = reader.U32();
    expiration = reader.U32();
    inception = reader.U32();
    key_tag = reader.U16();
    fixed = rdata.first(reader.position());
    signature = reader.rest().subspan(signer.size());
  }

  uint8_t algorithm = 0;
  uint8_t labels = 0;
  uint32_t original_ttl = 0;
  uint32_t expiration = 0;
  uint32_t inception = 0;
  uint16_t key_tag = 0;
  NameView signer;
  ByteView fixed;  // Everything before the signer.
  ByteView signature;
};

void AppendLowered(NameView name, Bytes& out) {
  for (const uint8_t octet : name.wire()) out.push_back(ToLowerOctet(octet));
}

class SignatureChecker {
 public:
  SignatureChecker(const Zone& zone, ZoneAudit& audit, CheckReport& report)
      : zone_(zone), audit_(audit), report_(report) {}

  void Run() {
    const RRset* const keys = zone_.FindRRset(kApex, RrType::kDnskey);
    if (keys != nullptr) {
      for (const ByteView rdata : keys->Records()) keys_.emplace_back(rdata);
    }
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
  bool HasKeyFor(const Rrsig& rrsig) const;
  bool Verify(NodeId node, const RRset& signed_rrset, const Rrsig& rrsig);
  bool CollectSignedData(NodeId node, const RRset& signed_rrset, const Rrsig& rrsig);
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
  std::vector<SignatureKey> keys_;
  uint64_t step_ = 1;  // Every so many signatures are verified.
  uint64_t seen_ = 0;
  std::map<uint8_t, uint64_t> unsupported_;  // Signatures by algorithm.
  std::vector<Bytes> forms_;
  Bytes data_;
};

void SignatureChecker::CheckRRsigs(NodeId node, const RRset& rrsigs) {
  const RrType type = rrsigs.covered;
  const RRset* const signed_rrset = zone_.FindRRset(node, type);
  bool any_key = false;
  for (const ByteView rdata : rrsigs.Records()) any_key |= HasKeyFor(Rrsig(rdata));
  for (const ByteView rdata : rrsigs.Records()) {
    const Rrsig rrsig(rdata);
    const bool is_in_sample = seen_++ % step_ == 0 || node == kApex;
    CheckTimes(node, type, rrsig);
    // Other checks report these two.
    if (signed_rrset == nullptr || !rrsig.signer.EqualsIgnoreCase(zone_.apex())) continue;
    if (!HasKeyFor(rrsig)) {
      // Beside a signature by a current key, one by an old key does no harm.
      if (!any_key) Report(ZoneCheckId::kSignatureKeyMissing, node, type, rrsig);
    } else if (!IsVerifiedAlgorithm(rrsig.algorithm)) {
      ++unsupported_[rrsig.algorithm];
    } else if (is_in_sample && Verify(node, *signed_rrset, rrsig)) {
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
    return absl::StrCat(", valid until ", TimeText(rrsig.expiration, now), ",");
  };
  if (left < 0) {
    Report(ZoneCheckId::kSignatureExpired, node, type, rrsig, until());
  } else if (SignatureSecondsBetween(rrsig.inception, now) < 0) {
    Report(ZoneCheckId::kSignatureEarly, node, type, rrsig,
           absl::StrCat(", valid from ", TimeText(rrsig.inception, now), ","));
  } else if (static_cast<uint32_t>(left) < audit_.expires_in_seconds) {
    Report(ZoneCheckId::kSignatureExpiring, node, type, rrsig, until());
  }
}

bool SignatureChecker::HasKeyFor(const Rrsig& rrsig) const {
  return std::ranges::any_of(keys_, [&](const SignatureKey& key) {
    return key.is_zone_key() && key.tag() == rrsig.key_tag && key.algorithm() == rrsig.algorithm;
  });
}

bool SignatureChecker::Verify(NodeId node, const RRset& signed_rrset, const Rrsig& rrsig) {
  if (!CollectSignedData(node, signed_rrset, rrsig)) return false;
  size_t tried = 0;
  for (const SignatureKey& key : keys_) {
    if (!key.is_zone_key() || key.tag() != rrsig.key_tag || key.algorithm() != rrsig.algorithm) {
      continue;
    }
    if (key.Verifies(data_, rrsig.signature)) return true;
    if (++tried == kKeysTriedMax) break;
  }
  return false;
}

// RFC 4034 §3.1.8.1, into data_. False: the signature is for a longer name.
bool SignatureChecker::CollectSignedData(NodeId node, const RRset& signed_rrset,
                                         const Rrsig& rrsig) {
  const NameView owner = zone_.NameOf(node);
  const size_t labels = owner.label_count() - (owner.IsWildcard() ? 1 : 0);  // RFC 4034 §3.1.3
  if (rrsig.labels > labels) return false;
  Bytes head;  // Owner, type, class, TTL.
  if (rrsig.labels < labels) {
    head = {1, '*'};
    AppendLowered(owner.Suffix(rrsig.labels), head);
  } else {
    AppendLowered(owner, head);
  }
  ByteWriter head_writer(head);
  head_writer.U16(static_cast<uint16_t>(signed_rrset.type));
  head_writer.U16(static_cast<uint16_t>(RrClass::kIn));
  head_writer.U32(rrsig.original_ttl);

  forms_.clear();
  for (const ByteView record : signed_rrset.Records()) {
    forms_.emplace_back();
    AppendCanonicalRdata(signed_rrset.type, record, forms_.back());
  }
  std::sort(forms_.begin(), forms_.end());
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());  // RFC 4034 §6.3

  data_.assign(rrsig.fixed.begin(), rrsig.fixed.end());
  AppendLowered(rrsig.signer, data_);
  ByteWriter writer(data_);
  for (const Bytes& form : forms_) {
    data_.insert(data_.end(), head.begin(), head.end());
    writer.U16(static_cast<uint16_t>(form.size()));
    data_.insert(data_.end(), form.begin(), form.end());
  }
  return true;
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
