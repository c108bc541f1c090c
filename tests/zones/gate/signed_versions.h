#ifndef HITHER_TESTS_ZONES_GATE_SIGNED_VERSIONS_H_
#define HITHER_TESTS_ZONES_GATE_SIGNED_VERSIONS_H_

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"

namespace hither {

// An Ed25519 key pair of a test's own. Its signatures are deterministic, so that two versions of a
// zone differ only where the test wants it.
struct KeyPair {
  uint16_t flags = 0;  // 257: with SEP; 256: without.
  std::shared_ptr<EVP_PKEY> pair = {};
  Bytes dnskey = {};  // RDATA.
  uint16_t tag = 0;
};
KeyPair MakeKey(uint16_t flags);
// Two keys that differ in everything but their tag.
std::pair<KeyPair, KeyPair> MakeKeysWithOneTag(uint16_t flags);

enum class DenialKind : uint8_t { kNsec, kNsec3 };

struct Signing {
  std::vector<KeyPair> published = {};     // The DNSKEY RRset.
  std::vector<KeyPair> key_signers = {};   // Sign the DNSKEY RRset.
  std::vector<KeyPair> zone_signers = {};  // Sign everything else.
  DenialKind denial = DenialKind::kNsec;
  Nsec3Chain chain = {};
  uint32_t inception = 0;
  uint32_t expiration = 0;
};

// The zone with keys, a chain and true signatures.
FlatZone SignZone(FlatZone plain, const Signing& signing);

// Signs one RRset of a signed zone again, after a change that a test made by hand.
void SignAgain(FlatZone& zone, NameView owner, RrType type, const KeyPair& key,
               const Signing& signing);

void SetSerial(FlatZone& zone, uint32_t serial);
// Adds a ZONEMD record with the digest of the zone, which is then signed if `signing` is not null.
FlatZone WithZonemd(FlatZone plain, const Signing* signing);

void AddRecords(FlatZone& zone, absl::string_view text);
void RemoveRRset(FlatZone& zone, absl::string_view owner, RrType type);
void RemoveName(FlatZone& zone, absl::string_view owner);  // And all names below it.

}  // namespace hither

#endif  // HITHER_TESTS_ZONES_GATE_SIGNED_VERSIONS_H_
