#include "zones/check/signature_verifier.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "dns/rdata.h"
#include "dns/rr_type.h"
#include "dns/signature_time.h"

namespace hither {
namespace {

// Keys with one tag and algorithm that are tried for a signature: a thousand of them would cost a
// million verifications (CVE-2023-50387).
constexpr size_t kKeysTriedMax = 8;

void AppendLowered(NameView name, Bytes& out) {
  for (const uint8_t octet : name.wire()) out.push_back(ToLowerOctet(octet));
}

}  // namespace

Rrsig::Rrsig(ByteView rdata) : signer(NameInRdata(RrType::kRrsig, rdata, 0)) {
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

std::string SignatureTimeText(uint32_t time, uint32_t now) {
  const std::time_t seconds = SignatureUnixSeconds(time, now);
  std::tm parts = {};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) {
    std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &parts);
  }
  return text;
}

SignatureVerifier::SignatureVerifier(const RRset* dnskeys) {
  if (dnskeys == nullptr) return;
  for (const ByteView rdata : dnskeys->Records()) keys_.emplace_back(rdata);
}

bool SignatureVerifier::Fits(const SignatureKey& key, const Rrsig& rrsig) const {
  return key.is_zone_key() && key.tag() == rrsig.key_tag && key.algorithm() == rrsig.algorithm;
}

bool SignatureVerifier::HasKeyFor(const Rrsig& rrsig) const {
  return std::ranges::any_of(keys_,
                             [&](const SignatureKey& key) { return this->Fits(key, rrsig); });
}

std::optional<size_t> SignatureVerifier::KeyThatMade(const Rrsig& rrsig, NameView owner,
                                                     const RRset& signed_rrset) {
  if (!CollectSignedData(rrsig, owner, signed_rrset)) return std::nullopt;
  size_t tried = 0;
  for (size_t i = 0; i < keys_.size() && tried < kKeysTriedMax; ++i) {
    if (!Fits(keys_[i], rrsig)) continue;
    if (keys_[i].Verifies(data_, rrsig.signature)) return i;
    ++tried;
  }
  return std::nullopt;
}

// RFC 4034 §3.1.8.1, into data_. False: the signature is for a longer name.
bool SignatureVerifier::CollectSignedData(const Rrsig& rrsig, NameView owner,
                                          const RRset& signed_rrset) {
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

}  // namespace hither
