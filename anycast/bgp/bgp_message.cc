#include "anycast/bgp/bgp_message.h"

#include <algorithm>

namespace hither {
namespace {

constexpr size_t kMarkerBytes = 16;

// RFC 4271 §6.1: the minimum length of each type; a KEEPALIVE has exactly this one. A ROUTE-REFRESH
// may carry filters of RFC 5291. Nobody may send them to us, but they are not a reason to close a
// session.
bool LengthFits(BgpType type, size_t length) {
  switch (type) {
    case BgpType::kOpen:
      return length >= 29;
    case BgpType::kUpdate:
    case BgpType::kRouteRefresh:
      return length >= 23;
    case BgpType::kNotification:
      return length >= 21;
    case BgpType::kKeepalive:
      return length == kBgpHeaderBytes;
  }
  return false;
}

BgpFrame Broken(uint8_t subcode, ByteView data) {
  BgpFrame frame;
  frame.kind = BgpFrame::Kind::kBroken;
  frame.error = {NotificationCode::kHeader, subcode, Bytes(data.begin(), data.end())};
  return frame;
}

}  // namespace

BgpFrame NextBgpMessage(ByteView input) {
  if (input.size() < kBgpHeaderBytes) return {};
  const ByteView marker = input.first(kMarkerBytes);
  if (!std::all_of(marker.begin(), marker.end(), [](uint8_t octet) { return octet == 0xff; })) {
    return Broken(kNotSynchronized, {});
  }
  const size_t length = LoadU16(&input[kMarkerBytes]);
  const uint8_t type = input[kMarkerBytes + 2];
  if (length < kBgpHeaderBytes || length > kBgpMessageBytesMax) {
    return Broken(kBadLength, input.subspan(kMarkerBytes, 2));
  }
  if (type < static_cast<uint8_t>(BgpType::kOpen) ||
      type > static_cast<uint8_t>(BgpType::kRouteRefresh)) {
    return Broken(kBadType, input.subspan(kMarkerBytes + 2, 1));
  }
  BgpFrame frame;
  frame.type = static_cast<BgpType>(type);
  if (!LengthFits(frame.type, length)) return Broken(kBadLength, input.subspan(kMarkerBytes, 2));
  if (input.size() < length) return {};
  frame.kind = BgpFrame::Kind::kWhole;
  frame.body = input.subspan(kBgpHeaderBytes, length - kBgpHeaderBytes);
  frame.bytes = length;
  return frame;
}

Bytes EncodeBgpMessage(BgpType type, ByteView body) {
  Bytes message(kMarkerBytes, 0xff);
  ByteWriter out(message);
  out.U16(static_cast<uint16_t>(kBgpHeaderBytes + body.size()));
  out.U8(static_cast<uint8_t>(type));
  out.Append(body);
  return message;
}

Bytes EncodeKeepalive() { return EncodeBgpMessage(BgpType::kKeepalive, {}); }

Bytes EncodeNotification(const Notification& notification) {
  Bytes body = {static_cast<uint8_t>(notification.code), notification.subcode};
  body.insert(body.end(), notification.data.begin(), notification.data.end());
  return EncodeBgpMessage(BgpType::kNotification, body);
}

Notification DecodeNotification(ByteView body) {
  ByteReader in(body);
  Notification notification;
  notification.code = static_cast<NotificationCode>(in.U8());
  notification.subcode = in.U8();
  notification.data.assign(in.rest().begin(), in.rest().end());
  return notification;
}

std::optional<IpFamily> DecodeRouteRefresh(ByteView body) {
  ByteReader in(body);
  const uint16_t afi = in.U16();
  const uint8_t subtype = in.U8();
  const uint8_t safi = in.U8();
  if (!in.ok() || subtype != 0 || safi != kSafiUnicast) return std::nullopt;
  if (afi == kAfiIpv4) return IpFamily::kV4;
  if (afi == kAfiIpv6) return IpFamily::kV6;
  return std::nullopt;
}

}  // namespace hither
