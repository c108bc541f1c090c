#ifndef HITHER_DNS_EDNS_H_
#define HITHER_DNS_EDNS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

inline constexpr size_t kOptBytes = 11;  // An OPT record without options (RFC 6891 §6.1.2).

// IANA "DNS EDNS0 Option Codes (OPT)".
enum class EdnsOption : uint16_t {
  kNsid = 3,            // RFC 5001
  kTcpKeepalive = 11,   // RFC 7828
  kExtendedError = 15,  // RFC 8914
  kZoneVersion = 19,    // RFC 9660
};

// RFC 8914 §4: those that we send.
enum class ExtendedError : uint16_t {
  kAbsent = 0xffff,  // Not kNone: -Wshadow takes it for the one of zone.h.
  kOther = 0,
  kNotReady = 14,
  kProhibited = 18,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kInvalidQueryType = 30,  // RFC 9824 §3.5
};

// What a query's OPT requests.
struct Edns {
  bool present = false;
  bool dnssec_ok = false;
  bool wants_nsid = false;
  bool wants_zone_version = false;
  bool offers_keepalive = false;
  uint8_t version = 0;
  uint16_t payload_bytes = 0;
};

// Reads the fields of an OPT record after its owner and type: class, TTL, RDATA. False for options
// that do not fill the RDATA, or whose form is wrong (FORMERR). Unknown ones are ignored (RFC 6891
// §6.1.2).
bool ReadOpt(uint16_t klass, uint32_t ttl, ByteView rdata, Edns& edns);

// The contents of an answer's OPT. Sizes are known before the answer's sections are written, so
// that room can be reserved.
struct OptReply {
  uint16_t payload_bytes = 0;
  uint8_t extended_rcode = 0;  // The upper eight bits.
  bool dnssec_ok = false;
  ExtendedError error = ExtendedError::kAbsent;
  absl::string_view nsid;  // Empty: no option.
  bool has_keepalive = false;
  uint16_t keepalive_deciseconds = 0;  // RFC 7828 §3.1: units of 100 ms.
  bool has_zone_version = false;
  uint8_t zone_labels = 0;
  uint32_t zone_serial = 0;

  size_t Bytes() const;
  void Write(uint8_t* at) const;  // Bytes() octets.
};

}  // namespace hither

#endif  // HITHER_DNS_EDNS_H_
