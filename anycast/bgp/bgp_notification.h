#ifndef HITHER_ANYCAST_BGP_BGP_NOTIFICATION_H_
#define HITHER_ANYCAST_BGP_BGP_NOTIFICATION_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

// RFC 4271 §4.5. Numbers without a name here are shown as numbers.
enum class NotificationCode : uint8_t {
  kHeader = 1,
  kOpen = 2,
  kUpdate = 3,
  kHoldTimer = 4,
  kStateMachine = 5,
  kCease = 6,
  kRouteRefresh = 7,   // RFC 7313
  kSendHoldTimer = 8,  // RFC 9687
};

// Subcodes that we send or explain; the numbers are IANA's "BGP Error (Notification) Codes".
enum HeaderSubcode : uint8_t { kNotSynchronized = 1, kBadLength = 2, kBadType = 3 };
enum OpenSubcode : uint8_t {
  kOpenUnspecific = 0,
  kUnsupportedVersion = 1,
  kBadPeerAs = 2,
  kBadIdentifier = 3,
  kUnsupportedParameter = 4,
  kBadHoldTime = 6,
  kUnsupportedCapability = 7,  // RFC 5492
  kRoleMismatch = 11,          // RFC 9234
};
enum UpdateSubcode : uint8_t { kMalformedAttributeList = 1, kInvalidNextHop = 8 };
enum StateSubcode : uint8_t {  // RFC 6608
  kUnexpectedInOpenSent = 1,
  kUnexpectedInOpenConfirm = 2,
  kUnexpectedInEstablished = 3,
};
enum CeaseSubcode : uint8_t {  // RFC 4486
  kMaximumPrefixes = 1,
  kAdminShutdown = 2,
  kPeerDeconfigured = 3,
  kAdminReset = 4,
  kConnectionRejected = 5,
  kOtherConfigChange = 6,
  kHardReset = 9,  // RFC 8538
};

// Why either side closes a session. A value.
struct Notification {
  NotificationCode code = NotificationCode::kCease;
  uint8_t subcode = 0;
  Bytes data;
  friend bool operator==(const Notification&, const Notification&) = default;
};

// RFC 9003 §2: Cease with a text for the other side's operators, cut to 255 octets between two
// characters of UTF-8. Only the shutdown and the reset carry a text; the others are sent without
// it.
Notification CeaseWithText(CeaseSubcode subcode, absl::string_view text);

// "Cease, Administrative Shutdown: \"disk replaced\"", "UPDATE Message Error, Invalid NEXT_HOP
// Attribute (data 40 03 04 00 00 00 00)", "OPEN Message Error, Unacceptable Hold Time (3 s)".
// Control octets of a stranger's text become '?'. Data without words is shown as text if all of it
// is printable, otherwise up to 64 octets.
std::string ToText(const Notification& notification);

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_NOTIFICATION_H_
