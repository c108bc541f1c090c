// The gates for the two sets at the apex on which the whole zone depends: NS and DNSKEY.

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "zones/check/signature_verifier.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

constexpr uint16_t kSepFlag = 0x0001;  // RFC 4034 §2.1.1

bool HasSepFlag(ByteView dnskey) { return (LoadU16(dnskey.data()) & kSepFlag) != 0; }

// RFC 5011 §2.1: a revoked key has another flag and another tag, but is the same key.
bool AreOneKey(ByteView a, ByteView b) { return std::ranges::equal(a.subspan(2), b.subspan(2)); }

// A key of the last good version that a validator may have as its way into the zone. A DS record
// points to a key with the SEP flag if the zone has any.
bool IsTrusted(ByteView dnskey, const RRset& old_keys) {
  bool any_sep = false;
  bool is_sep = false;
  bool found = false;
  for (const ByteView old_key : old_keys.Records()) {
    any_sep |= HasSepFlag(old_key);
    if (!AreOneKey(old_key, dnskey)) continue;
    found = true;
    is_sep |= HasSepFlag(old_key);
  }
  return found && (is_sep || !any_sep);
}

bool ShareKey(const RRset& old_keys, const RRset& new_keys) {
  for (const ByteView key : new_keys.Records()) {
    for (const ByteView old_key : old_keys.Records()) {
      if (AreOneKey(old_key, key)) return true;
    }
  }
  return false;
}

// Is the RRset signed by a trusted key? Every signature may cost a few verifications.
bool IsSignedByTrustedKey(GateRun& run, const RRset& old_keys, const RRset& new_keys) {
  const RRset* const signatures = new_keys.Signatures();
  if (signatures == nullptr) return false;
  std::vector<ByteView> keys;
  for (const ByteView key : new_keys.Records()) keys.push_back(key);
  SignatureVerifier verifier(&new_keys);
  for (const ByteView rdata : signatures->Records()) {
    if (run.IsOverNow()) return false;
    const Rrsig rrsig(rdata);
    const auto key = verifier.KeyThatMade(rrsig, run.new_zone().apex(), new_keys);
    if (key.has_value() && IsTrusted(keys[*key], old_keys)) return true;
  }
  return false;
}

void WarnOfSharedTags(GateRun& run, const RRset& keys) {
  std::vector<uint16_t> tags;
  for (const ByteView key : keys.Records()) tags.push_back(KeyTagOf(key));
  std::ranges::sort(tags);
  const auto shared = std::adjacent_find(tags.begin(), tags.end());
  if (shared == tags.end()) return;
  run.Warn(absl::StrCat(RRsetText(run.new_zone(), kApex, RrType::kDnskey),
                        ": two keys have the tag ", *shared,
                        "; a signer can mistake one for the other: replace one (RFC 4034 §8)"));
}

}  // namespace

void CheckApexNs(GateRun& run) {
  if (run.old_zone() == nullptr || run.settings().apex_ns == ChangeGate::kPass) return;
  const RRset* const before = run.old_zone()->FindRRset(kApex, RrType::kNs);
  const RRset* const after = run.new_zone().FindRRset(kApex, RrType::kNs);
  if (!RRsetsDiffer(before, after)) return;
  run.RefuseAtApex("the RRset has changed; accept the version if that is intended", RrType::kNs);
}

void CheckDnskey(GateRun& run) {
  const RRset* const after = run.new_zone().FindRRset(kApex, RrType::kDnskey);
  if (after != nullptr) WarnOfSharedTags(run, *after);
  if (run.old_zone() == nullptr || run.settings().dnskey == ChangeGate::kPass) return;
  const RRset* const before = run.old_zone()->FindRRset(kApex, RrType::kDnskey);
  if (before == nullptr) return;  // Nobody trusts a key of this zone yet.
  if (after == nullptr) {
    run.Refuse(absl::StrCat(RRsetText(run.new_zone(), kApex, RrType::kDnskey),
                            ": all keys have been removed; accept the version if the parent has "
                            "no DS RRset any more"),
               *run.old_zone(), kApex, before);
    return;
  }
  const bool changed =
      RRsetsDiffer(before, after) || RRsetsDiffer(before->Signatures(), after->Signatures());
  if (!changed) return;
  if (!ShareKey(*before, *after)) {
    run.RefuseAtApex(
        "no key is one of the last good version; accept the version if all keys were replaced on "
        "purpose, and the parent's DS RRset with them",
        RrType::kDnskey);
  } else if (!IsSignedByTrustedKey(run, *before, *after) && !run.IsOver()) {
    run.RefuseAtApex(
        "no signature is by a key that the last good version trusted; sign the RRset with one, or "
        "accept the version if the parent's DS RRset is of a new key",
        RrType::kDnskey);
  }
}

}  // namespace hither
