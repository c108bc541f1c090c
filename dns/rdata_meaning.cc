// Errors in RDATA of the right shape.

#include <algorithm>

#include "dns/name.h"
#include "dns/rdata_shape.h"

namespace hither {
namespace {

constexpr RrType kX25{19};
constexpr RrType kSshfp{44};
constexpr RrType kIpseckey{45};

constexpr absl::string_view kDigestLength = "a digest of the wrong length for its type";

// The octets of a digest, by digest type (IANA "DS RR Type Digest Algorithms"); 0 if unknown.
size_t DsDigestBytes(uint8_t digest_type) {
  switch (digest_type) {
    case 1:
      return 20;  // SHA-1
    case 2:       // SHA-256
    case 3:       // GOST R 34.11-94
    case 5:       // GOST R 34.11-2012
    case 6:
      return 32;  // SM3
    case 4:
      return 48;  // SHA-384
    default:
      return 0;
  }
}

absl::string_view CheckDs(ByteView rdata) {
  const size_t bytes = DsDigestBytes(rdata[3]);
  return bytes == 0 || rdata.size() - 4 == bytes ? "" : kDigestLength;
}

absl::string_view CheckZonemd(ByteView rdata) {
  const size_t digest_bytes = rdata.size() - 6;
  if (digest_bytes < 12) return "a digest shorter than 12 octets";  // RFC 8976 §2.2.4
  // RFC 8976 §2.2.3: the hash algorithm determines the length, whatever the scheme.
  if (rdata[5] == 1 && digest_bytes != 48) return "a SHA-384 digest is not 48 octets long";
  if (rdata[5] == 2 && digest_bytes != 64) return "a SHA-512 digest is not 64 octets long";
  return "";
}

absl::string_view CheckSshfp(ByteView rdata) {  // RFC 4255 §3.1.2, RFC 6594 §4.
  const size_t bytes = rdata[1] == 1 ? 20 : rdata[1] == 2 ? 32 : 0;
  return bytes == 0 || rdata.size() - 2 == bytes ? "" : kDigestLength;
}

absl::string_view CheckNsec3(ByteView rdata) {
  const uint8_t hash_bytes = rdata[5 + rdata[4]];
  if (rdata[0] == 1 && hash_bytes != 20) return "a SHA-1 hash is not 20 octets long";
  // RFC 5155 §3: hashes are owners in base32; a label has 63 characters, 5 bits each.
  return hash_bytes <= 39 ? "" : "a hash of over 39 octets, which no label holds";
}

// RFC 2535 §3.1.2: two bits of the flags say that there is no key.
absl::string_view CheckKey(ByteView rdata) {
  const bool no_key = (rdata[0] & 0xc0) == 0xc0;
  if (no_key && rdata.size() > 4) return "a key, though its flags say that there is none";
  return no_key || rdata.size() > 4 ? "" : "no key, though its flags say that there is one";
}

// RFC 4025 §2.4. The gateway's form is already checked.
absl::string_view CheckIpseckey(ByteView rdata) {
  constexpr size_t kBefore = 3;
  size_t gateway = 0;
  if (rdata[1] == 1) gateway = 4;
  if (rdata[1] == 2) gateway = 16;
  if (rdata[1] == 3) {
    while (rdata[kBefore + gateway] != 0) gateway += 1u + rdata[kBefore + gateway];
    ++gateway;
  }
  const bool has_key = rdata.size() > kBefore + gateway;
  return has_key || rdata[2] == 0 ? "" : "no key, though its algorithm is not 0";
}

absl::string_view CheckX25(ByteView rdata) {  // RFC 1183 §3.1: a DNIC of four digits comes first.
  const ByteView address = rdata.subspan(1);
  const auto is_digit = [](uint8_t octet) { return octet >= '0' && octet <= '9'; };
  const bool digits = std::all_of(address.begin(), address.end(), is_digit);
  return digits && address.size() >= 4 ? "" : "an address that is not four digits or more";
}

absl::string_view CheckCaaTag(ByteView rdata) {  // RFC 8659 §4.1
  for (const uint8_t octet : rdata.subspan(2, rdata[1])) {
    const uint8_t lower = ToLowerOctet(octet);
    if ((lower < 'a' || lower > 'z') && (octet < '0' || octet > '9')) {
      return "a tag has characters other than letters and digits";
    }
  }
  return "";
}

}  // namespace

absl::string_view CheckMeaning(RrType type, ByteView rdata) {
  switch (type) {
    case RrType::kDs:
    case RrType::kCds:
    case RrType::kDlv:
    case RrType::kTa:
      return CheckDs(rdata);
    case RrType::kKey:
      return CheckKey(rdata);
    case RrType::kNsec3:
      return CheckNsec3(rdata);
    case RrType::kZonemd:
      return CheckZonemd(rdata);
    case RrType::kCaa:
      return CheckCaaTag(rdata);
    case RrType::kUri:
      return rdata.size() > 4 ? "" : "an empty target";  // RFC 7553 §4.4
    default:
      break;
  }
  if (type == kX25) return CheckX25(rdata);
  if (type == kSshfp) return CheckSshfp(rdata);
  if (type == kIpseckey) return CheckIpseckey(rdata);
  return "";
}

}  // namespace hither
