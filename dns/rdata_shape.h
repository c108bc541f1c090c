#ifndef HITHER_DNS_RDATA_SHAPE_H_
#define HITHER_DNS_RDATA_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/rr_type.h"

namespace hither {

inline constexpr size_t kRdataBytesMax = 65'535;

// What is wrong with one field, to be read after the field itself: "is not an IPv4 address". Null
// if nothing is.
using Complaint = const char*;

// ATMA's FORMAT octet (af-dans-0152 §5.2): the address is octets, or the digits of a telephone
// number.
inline constexpr uint8_t kAtmaAesa = 0;
inline constexpr uint8_t kAtmaE164 = 1;

// The fields of RDATA. Each has a text form (rdata_text.cc) and a wire form (rdata_validate.cc); a
// type is a sequence of them (rdata_shape.cc).
enum class RdataField : uint8_t {
  kEnd,
  kU8,
  kU16,
  kU32,
  kU64,
  kDuration,     // 32 bits of seconds; text may have units: 1h30m.
  kTime,         // 32 bits; text is YYYYMMDDHHmmSS.
  kType,         // 16 bits; text is a mnemonic.
  kAlgorithm,    // 8 bits; text is a DNSSEC mnemonic.
  kKeyFlags,     // 16 bits; text is mnemonics: NOAUTH|ZONE.
  kKeyProtocol,  // 8 bits; text is a mnemonic.
  kCertType,     // 16 bits; text is a mnemonic.
  kDsyncScheme,  // 8 bits; text is a mnemonic.
  kIp4,
  kIp6,
  kName,
  kString,  // <character-string>
  kOptionalString,
  kStrings,         // One or more, to the end.
  kLongString,      // Text without a length, to the end.
  kTag,             // CAA's: a <character-string> of letters and digits.
  kHex,             // To the end, at least one octet.
  kBase64,          // To the end, at least one octet.
  kOptionalBase64,  // To the end.
  kDoaData,         // To the end; "-" for nothing.
  kSalt,
  kHash,
  kTypes,   // Type bitmap, to the end.
  kNodeId,  // NID, L64: 64 bits as four groups of hexadecimal.
  kEui48,
  kEui64,
  kGateway,   // IPSECKEY, AMTRELAY: an earlier octet gives its type.
  kAmtRelay,  // AMTRELAY: the D bit, the type of gateway and the gateway.
  kSvcParams,
  kWks,
  kLoc,
  kNsap,
  kAtma,
  kApl,
  kHip,
  kAnything,  // To the end, or nothing.
};

enum class RdataText : uint8_t {
  kOwn,   // Field by field.
  kNone,  // Only RFC 3597's.
};

struct RdataShape {
  RrType type;
  RdataText text;
  absl::string_view form;    // For operators: "preference exchange".
  absl::string_view source;  // "RFC 1035 §3.3.9"
  RdataField fields[10];     // Ends in kEnd.
};

// Null for unknown types.
const RdataShape* ShapeOf(RrType type);

std::span<const RdataShape> AllShapes();  // For tests.

// The rule beyond its shape that RDATA breaks (a digest's length), or "".
absl::string_view CheckMeaning(RrType type, ByteView rdata);

}  // namespace hither

#endif  // HITHER_DNS_RDATA_SHAPE_H_
