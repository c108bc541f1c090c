#include "anycast/bgp/bgp_notification.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_message.h"
#include "base/printable.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

constexpr size_t kShutdownTextBytesMax = 255;  // RFC 9003 §2: its length is one octet.
constexpr size_t kDataBytesShown = 64;

struct CodeName {
  NotificationCode code;
  uint8_t subcode;  // 0: of the code itself.
  const char* name;
};

// IANA, "BGP Error (Notification) Codes" and the registries of subcodes below it.
constexpr CodeName kNames[] = {
    {NotificationCode::kHeader, 0, "Message Header Error"},
    {NotificationCode::kHeader, 1, "Connection Not Synchronized"},
    {NotificationCode::kHeader, 2, "Bad Message Length"},
    {NotificationCode::kHeader, 3, "Bad Message Type"},
    {NotificationCode::kOpen, 0, "OPEN Message Error"},
    {NotificationCode::kOpen, 1, "Unsupported Version Number"},
    {NotificationCode::kOpen, 2, "Bad Peer AS"},
    {NotificationCode::kOpen, 3, "Bad BGP Identifier"},
    {NotificationCode::kOpen, 4, "Unsupported Optional Parameter"},
    {NotificationCode::kOpen, 5, "Authentication Failure"},  // Deprecated.
    {NotificationCode::kOpen, 6, "Unacceptable Hold Time"},
    {NotificationCode::kOpen, 7, "Unsupported Capability"},
    {NotificationCode::kOpen, 11, "Role Mismatch"},
    {NotificationCode::kUpdate, 0, "UPDATE Message Error"},
    {NotificationCode::kUpdate, 1, "Malformed Attribute List"},
    {NotificationCode::kUpdate, 2, "Unrecognized Well-known Attribute"},
    {NotificationCode::kUpdate, 3, "Missing Well-known Attribute"},
    {NotificationCode::kUpdate, 4, "Attribute Flags Error"},
    {NotificationCode::kUpdate, 5, "Attribute Length Error"},
    {NotificationCode::kUpdate, 6, "Invalid ORIGIN Attribute"},
    {NotificationCode::kUpdate, 7, "AS Routing Loop"},  // Deprecated.
    {NotificationCode::kUpdate, 8, "Invalid NEXT_HOP Attribute"},
    {NotificationCode::kUpdate, 9, "Optional Attribute Error"},
    {NotificationCode::kUpdate, 10, "Invalid Network Field"},
    {NotificationCode::kUpdate, 11, "Malformed AS_PATH"},
    {NotificationCode::kHoldTimer, 0, "Hold Timer Expired"},
    {NotificationCode::kStateMachine, 0, "Finite State Machine Error"},
    {NotificationCode::kStateMachine, 1, "Unexpected Message in OpenSent State"},
    {NotificationCode::kStateMachine, 2, "Unexpected Message in OpenConfirm State"},
    {NotificationCode::kStateMachine, 3, "Unexpected Message in Established State"},
    {NotificationCode::kCease, 0, "Cease"},
    {NotificationCode::kCease, 1, "Maximum Number of Prefixes Reached"},
    {NotificationCode::kCease, 2, "Administrative Shutdown"},
    {NotificationCode::kCease, 3, "Peer De-configured"},
    {NotificationCode::kCease, 4, "Administrative Reset"},
    {NotificationCode::kCease, 5, "Connection Rejected"},
    {NotificationCode::kCease, 6, "Other Configuration Change"},
    {NotificationCode::kCease, 7, "Connection Collision Resolution"},
    {NotificationCode::kCease, 8, "Out of Resources"},
    {NotificationCode::kCease, 9, "Hard Reset"},
    {NotificationCode::kCease, 10, "BFD Down"},
    {NotificationCode::kRouteRefresh, 0, "ROUTE-REFRESH Message Error"},
    {NotificationCode::kRouteRefresh, 1, "Invalid Message Length"},
    {NotificationCode::kSendHoldTimer, 0, "Send Hold Timer Expired"},
};

std::string NameOf(NotificationCode code, uint8_t subcode, absl::string_view otherwise) {
  for (const CodeName& each : kNames) {
    if (each.code == code && each.subcode == subcode) return each.name;
  }
  return absl::StrCat(otherwise, " ", subcode == 0 ? static_cast<int>(code) : int{subcode});
}

bool MayHaveText(uint8_t cease) { return cease == kAdminShutdown || cease == kAdminReset; }

// RFC 9003 §2: one octet of length, then the text. Any other length means no text.
absl::string_view ShutdownText(const Notification& notification) {
  if (notification.code != NotificationCode::kCease) return {};
  if (!MayHaveText(notification.subcode)) return {};
  const Bytes& data = notification.data;
  if (data.size() < 2 || data[0] != data.size() - 1) return {};
  return {reinterpret_cast<const char*>(&data[1]), data.size() - 1};
}

// IANA, "Capability Codes": those that a router may demand.
std::string CapabilityName(uint8_t code) {
  switch (code) {
    case 1:
      return "multiprotocol";
    case 2:
      return "route refresh";
    case 5:
      return "IPv6 next hops for IPv4 (RFC 8950)";
    case 6:
      return "long messages (RFC 8654)";
    case 9:
      return "role (RFC 9234)";
    case 64:
      return "graceful restart";
    case 65:
      return "AS numbers of four octets";
    case 69:
      return "several paths (RFC 7911)";
    case 70:
      return "enhanced route refresh";
    default:
      return absl::StrCat("number ", code);
  }
}

std::string FamilyName(uint16_t afi, uint8_t safi) {
  if (safi == kSafiUnicast && afi == kAfiIpv4) return "IPv4 unicast";
  if (safi == kSafiUnicast && afi == kAfiIpv6) return "IPv6 unicast";
  return absl::StrCat("AFI ", afi, " SAFI ", safi);
}

// The data of an OPEN error. Empty: no words for it.
std::string OpenDataInWords(uint8_t subcode, ByteReader in) {
  if (subcode == kUnsupportedVersion || subcode == kBadHoldTime) {
    const uint16_t number = in.U16();
    if (!in.ok() || !in.AtEnd()) return "";
    if (subcode == kBadHoldTime) return absl::StrCat(number, " s");
    return absl::StrCat("it speaks version ", number);
  }
  // RFC 4271 gives these no data; FRR sends what it got.
  if (subcode == kBadPeerAs || subcode == kBadIdentifier) {
    const bool is_long = in.rest().size() == sizeof(uint32_t);
    const uint32_t number = is_long ? in.U32() : in.U16();
    if (!in.ok() || !in.AtEnd() || (subcode == kBadIdentifier && !is_long)) return "";
    return subcode == kBadPeerAs ? absl::StrCat("AS ", number) : RouterIdText(number);
  }
  if (subcode != kUnsupportedCapability) return "";
  std::string names;
  while (!in.AtEnd() && names.size() < kDataBytesShown) {
    const uint8_t code = in.U8();
    in.Take(in.U8());
    if (in.ok()) absl::StrAppend(&names, names.empty() ? "" : ", ", CapabilityName(code));
  }
  return in.ok() ? names : "";
}

// RFC 4271 §6.1, §6.2, RFC 4486 §4, RFC 6608: what the data of an error says.
std::string DataInWords(const Notification& notification) {
  constexpr absl::string_view kTypes[] = {
      "?", "an OPEN", "an UPDATE", "a NOTIFICATION", "a KEEPALIVE", "a ROUTE-REFRESH"};
  ByteReader in(notification.data);
  switch (notification.code) {
    case NotificationCode::kOpen:
      return OpenDataInWords(notification.subcode, in);
    case NotificationCode::kHeader: {
      const bool is_type = notification.subcode == kBadType;
      const int number = is_type ? in.U8() : in.U16();
      if (notification.subcode < kBadLength || !in.ok() || !in.AtEnd()) return "";
      return absl::StrCat(is_type ? "type " : "length ", number);
    }
    case NotificationCode::kStateMachine: {
      const uint8_t type = in.U8();
      if (!in.ok() || !in.AtEnd() || type == 0 || type >= std::size(kTypes)) return "";
      return std::string(kTypes[type]);
    }
    case NotificationCode::kCease: {
      if (notification.subcode != kMaximumPrefixes) return "";
      const uint16_t afi = in.U16();
      const uint8_t safi = in.U8();
      const uint32_t limit = in.U32();
      if (!in.ok() || !in.AtEnd()) return "";
      return absl::StrCat(FamilyName(afi, safi), ", limit ", limit);
    }
    default:
      return "";
  }
}

bool IsContinuation(char octet) { return (octet & 0xc0) == 0x80; }  // RFC 3629 §3

// FRR explains some errors in words. Empty: the data is none.
std::string DataAsText(const Bytes& data) {
  constexpr size_t kLeast = 4;  // Fewer octets are a number that happens to be printable.
  const bool is_text =
      data.size() > kLeast && data.size() <= kShutdownTextBytesMax &&
      std::ranges::all_of(data, [](uint8_t octet) { return octet >= 0x20 && octet < 0x7f; });
  return is_text ? std::string(data.begin(), data.end()) : "";
}

std::string Hex(const Bytes& data) {
  std::string text;
  const size_t shown = std::min(data.size(), kDataBytesShown);
  for (size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " ", absl::Hex(data[i], absl::kZeroPad2));
  }
  if (data.size() > shown) text += " ...";
  return text;
}

std::string WithoutInner(const Notification& notification) {
  std::string text = NameOf(notification.code, 0, "error code");
  if (notification.subcode != 0) {
    absl::StrAppend(&text, ", ", NameOf(notification.code, notification.subcode, "subcode"));
  }
  const absl::string_view said = ShutdownText(notification);
  const std::string words = DataInWords(notification);
  if (!said.empty()) {
    absl::StrAppend(&text, ": \"", Printable(std::string(said)), "\"");
  } else if (!words.empty()) {
    absl::StrAppend(&text, " (", words, ")");
  } else if (const std::string plain = DataAsText(notification.data); !plain.empty()) {
    absl::StrAppend(&text, ": \"", plain, "\"");
  } else if (!notification.data.empty()) {
    absl::StrAppend(&text, " (data ", Hex(notification.data), ")");
  }
  return text;
}

}  // namespace

Notification CeaseWithText(CeaseSubcode subcode, absl::string_view text) {
  size_t size = std::min(text.size(), kShutdownTextBytesMax);
  if (size < text.size()) {
    while (size > 0 && IsContinuation(text[size])) --size;
  }
  Notification notification{NotificationCode::kCease, subcode, {}};
  if (size == 0 || !MayHaveText(subcode)) return notification;
  notification.data.resize(1 + size);
  notification.data[0] = static_cast<uint8_t>(size);
  std::copy_n(text.begin(), size, notification.data.begin() + 1);
  return notification;
}

std::string ToText(const Notification& notification) {
  const bool is_hard_reset =
      notification.code == NotificationCode::kCease && notification.subcode == kHardReset;
  if (!is_hard_reset || notification.data.size() < 2) return WithoutInner(notification);
  // RFC 8538 §3.1: the data is the code, subcode and data of the reason.
  const Bytes& data = notification.data;
  const Notification inner{static_cast<NotificationCode>(data[0]), data[1],
                           Bytes(data.begin() + 2, data.end())};
  return absl::StrCat("Cease, Hard Reset: ", WithoutInner(inner));
}

}  // namespace hither
