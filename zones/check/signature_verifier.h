#ifndef HITHER_ZONES_CHECK_SIGNATURE_VERIFIER_H_
#define HITHER_ZONES_CHECK_SIGNATURE_VERIFIER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "dns/name.h"
#include "zones/check/signature_key.h"
#include "zones/image/image_layout.h"

namespace hither {

// The fields of an RRSIG, RFC 4034 §3.1. A view of valid RDATA, which must outlive it.
struct Rrsig {
  explicit Rrsig(ByteView rdata);

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

// A time of an RRSIG as zone files have it, YYYYMMDDHHmmSS (RFC 4034 §3.2). `now` resolves the
// modulo.
std::string SignatureTimeText(uint32_t time, uint32_t now);

// Verifies signatures by the keys of one DNSKEY RRset (RFC 4034 §3.1.8.1). One thread's at a time;
// keeps the memory of the largest RRset that it has verified.
class SignatureVerifier {
 public:
  // Null: no keys. The RRset need not outlive the verifier.
  explicit SignatureVerifier(const RRset* dnskeys);

  // Is there a zone key with this tag and algorithm?
  bool HasKeyFor(const Rrsig& rrsig) const;
  // Did a key of the set make the signature? Its position in the RRset; nothing if none did.
  std::optional<size_t> KeyThatMade(const Rrsig& rrsig, NameView owner, const RRset& signed_rrset);
  bool Verify(const Rrsig& rrsig, NameView owner, const RRset& signed_rrset) {
    return KeyThatMade(rrsig, owner, signed_rrset).has_value();
  }

 private:
  bool Fits(const SignatureKey& key, const Rrsig& rrsig) const;
  bool CollectSignedData(const Rrsig& rrsig, NameView owner, const RRset& signed_rrset);

  std::vector<SignatureKey> keys_;  // In the order of the RRset.
  std::vector<Bytes> forms_;
  Bytes data_;
};

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_SIGNATURE_VERIFIER_H_
