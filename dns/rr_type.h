#ifndef HITHER_DNS_RR_TYPE_H_
#define HITHER_DNS_RR_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hither {

// Any 16-bit value is a valid RrType; those with a name here are the ones our code uses. The
// mnemonics of all registered types are in rr_type.cc.
enum class RrType : uint16_t {
  kA = 1,
  kNs = 2,
  kMd = 3,
  kMf = 4,
  kCname = 5,
  kSoa = 6,
  kMb = 7,
  kMg = 8,
  kMr = 9,
  kNull = 10,
  kPtr = 12,
  kHinfo = 13,
  kMinfo = 14,
  kMx = 15,
  kTxt = 16,
  kRp = 17,
  kAfsdb = 18,
  kRt = 21,
  kSig = 24,
  kKey = 25,
  kPx = 26,
  kAaaa = 28,
  kNxt = 30,
  kSrv = 33,
  kNaptr = 35,
  kKx = 36,
  kDname = 39,
  kOpt = 41,
  kDs = 43,
  kRrsig = 46,
  kNsec = 47,
  kDnskey = 48,
  kNsec3 = 50,
  kNsec3Param = 51,
  kCds = 59,
  kCdnskey = 60,
  kZonemd = 63,
  kSvcb = 64,
  kHttps = 65,
  kNxname = 128,  // RFC 9824
  kTkey = 249,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
  kMailb = 253,
  kMaila = 254,
  kAny = 255,
  kUri = 256,
  kCaa = 257,
  kTa = 32768,
  kDlv = 32769,
};

enum class RrClass : uint16_t { kIn = 1, kChaos = 3, kHesiod = 4, kNone = 254, kAny = 255 };

// "AAAA" or RFC 3597's "TYPE28", in any case. Nothing if it does not name a type.
std::optional<RrType> TypeFromText(absl::string_view text);
std::string TypeToText(RrType type);  // The mnemonic, or TYPE<n>.

// Not data, but QTYPEs and pseudo-records, which no zone contains: 128..255 and OPT (RFC 6895
// §3.1).
inline bool IsMetaType(RrType type) {
  const auto value = static_cast<uint16_t>(type);
  return type == RrType::kOpt || (value >= 128 && value <= 255);
}

}  // namespace hither

#endif  // HITHER_DNS_RR_TYPE_H_
