#include "anycast/bgp/bgp_notification.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/printable.h"

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

bool IsContinuation(char octet) { return (octet & 0xc0) == 0x80; }  // RFC 3629 §3

std::string Hex(const Bytes& data) {
  std::string text;
  const size_t shown = std::min(data.size(), kDataBytesShown);
  for (size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " ", absl::Hex(data[i], absl::kZeroPad2));
  }
  if (data.size() > shown) text += " ...";
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
  std::string text = NameOf(notification.code, 0, "error code");
  if (notification.subcode != 0) {
    absl::StrAppend(&text, ", ", NameOf(notification.code, notification.subcode, "subcode"));
  }
  const absl::string_view words = ShutdownText(notification);
  if (!words.empty()) {
    absl::StrAppend(&text, ": \"", Printable(std::string(words)), "\"");
  } else if (!notification.data.empty()) {
    absl::StrAppend(&text, " (data ", Hex(notification.data), ")");
  }
  return text;
}

}  // namespace hither
