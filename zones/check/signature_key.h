#ifndef HITHER_ZONES_CHECK_SIGNATURE_KEY_H_
#define HITHER_ZONES_CHECK_SIGNATURE_KEY_H_

#include <openssl/types.h>

#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace hither {

// The algorithms that are verified: RSA (5, 7, 8, 10), ECDSA (13, 14), EdDSA (15, 16). Others are
// forbidden, or used by hardly anybody (RFC 8624 §3.1).
bool IsVerifiedAlgorithm(uint8_t algorithm);

// The number by which RRSIG and DS records name a key: RFC 4034 App. B, not for algorithm 1.
uint16_t KeyTagOf(ByteView dnskey_rdata);

// A DNSKEY (RFC 4034 §2), ready to verify with. Movable; one thread's at a time.
class SignatureKey {
 public:
  explicit SignatureKey(ByteView dnskey_rdata);

  uint8_t algorithm() const { return algorithm_; }
  uint16_t tag() const { return tag_; }
  // May it sign a zone (RFC 4034 §2.1.1, §2.1.2)?
  bool is_zone_key() const { return is_zone_key_; }

  // Did this key make `signature` of `data`? False, too, if the key's octets make no sense.
  bool Verifies(ByteView data, ByteView signature) const;

 private:
  using PublicKey = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

  uint8_t algorithm_ = 0;
  uint16_t tag_ = 0;
  bool is_zone_key_ = false;
  PublicKey key_;  // Null: of another algorithm, or not a key.
};

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_SIGNATURE_KEY_H_
