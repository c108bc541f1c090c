#ifndef HITHER_TESTS_SUPPORT_FAKE_SIGNER_H_
#define HITHER_TESTS_SUPPORT_FAKE_SIGNER_H_

#include <string>

#include "base/bytes.h"
#include "dns/name.h"
#include "tests/support/flat_zone.h"

namespace hither {

// Gives a zone all that a signer adds, but for the cryptography: RRSIGs (whose signature is one
// octet), a DNSKEY, and a chain of NSEC or NSEC3 records. Written from RFC 4035 §2 and RFC 5155
// §7.1, without the server's code, so that a test can judge proofs made from it.
void SignWithNsec(FlatZone& zone);

struct Nsec3Chain {
  uint16_t iterations = 0;
  Bytes salt;
  bool opt_out = false;  // Insecure delegations get no NSEC3.
};
void SignWithNsec3(FlatZone& zone, const Nsec3Chain& chain);

// RFC 5155 §5; 20 octets.
std::string HashOf(NameView name, const Nsec3Chain& chain);
std::string Base32Hex(absl::string_view octets);

// Is `name` at or below a zone cut, or below a DNAME? `cut_itself` tells what of a cut's own name.
bool IsBelowCut(const FlatZone& zone, NameView name, bool cut_itself);

// An A record's RRSIG and so on: for zones that a test signs by hand.
Bytes FakeRrsig(RrType covered, NameView owner, uint32_t ttl_seconds, NameView signer);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_FAKE_SIGNER_H_
