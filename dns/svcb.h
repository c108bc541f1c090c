#ifndef HITHER_DNS_SVCB_H_
#define HITHER_DNS_SVCB_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

// IANA "Service Parameter Keys (SvcParamKeys)".
enum SvcKey : uint16_t {
  kMandatory = 0,
  kAlpn = 1,
  kNoDefaultAlpn = 2,
  kPort = 3,
  kIp4Hint = 4,
  kEch = 5,
  kIp6Hint = 6,
  kDohPath = 7,             // RFC 9461
  kOhttp = 8,               // RFC 9540
  kTlsSupportedGroups = 9,  // draft-ietf-tls-key-share-prediction
  kDocPath = 10,            // draft-ietf-core-dns-over-coap
  kPvd = 11,                // draft-ietf-intarea-proxy-config
  kOots = 12,               // draft-johani-dnsop-svcb-oots; its value is opaque here
  kInvalidKey = 65535,
};

inline constexpr absl::string_view kSvcKeyNames[] = {
    "mandatory", "alpn",  "no-default-alpn",      "port",    "ipv4hint", "ech",  "ipv6hint",
    "dohpath",   "ohttp", "tls-supported-groups", "docpath", "pvd",      "oots",
};

// The name of a key in text: "alpn", "key667".
std::string SvcKeyToText(uint16_t key);

// What is wrong with SvcParams on the wire (RFC 9460 §2.2, §8), or "".
std::string CheckSvcParams(ByteView params);

}  // namespace hither

#endif  // HITHER_DNS_SVCB_H_
