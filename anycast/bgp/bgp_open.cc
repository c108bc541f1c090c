#include "anycast/bgp/bgp_open.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr uint8_t kVersion = 4;
constexpr uint16_t kHoldSecondsMin = 3;        // RFC 4271 §4.2, without its exception for 0.
constexpr uint8_t kParameterCapabilities = 2;  // RFC 5492 §4
constexpr uint8_t kParameterExtended = 255;    // RFC 9072 §2

// IANA, "Capability Codes".
constexpr uint8_t kCapMultiprotocol = 1;
constexpr uint8_t kCapRouteRefresh = 2;
constexpr uint8_t kCapRole = 9;  // RFC 9234 §4.1
constexpr uint8_t kCapFourOctetAs = 65;

std::optional<Notification> Refuse(OpenSubcode subcode, Bytes data = {}) {
  return Notification{NotificationCode::kOpen, subcode, std::move(data)};
}

Bytes U16Bytes(uint16_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

void AppendMultiprotocol(ByteWriter& out, IpFamily family) {
  out.U8(kCapMultiprotocol);
  out.U8(4);
  out.U16(AfiOf(family));
  out.U8(0);  // Reserved.
  out.U8(kSafiUnicast);
}

Bytes Capabilities(const BgpOpen& open) {
  Bytes bytes;
  ByteWriter out(bytes);
  for (const IpFamily family : kIpFamilies) {
    if (open.families.Has(family)) AppendMultiprotocol(out, family);
  }
  if (open.route_refresh) {
    out.U8(kCapRouteRefresh);
    out.U8(0);
  }
  if (open.role.has_value()) {
    out.U8(kCapRole);
    out.U8(1);
    out.U8(*open.role);
  }
  if (open.four_octet_as) {
    out.U8(kCapFourOctetAs);
    out.U8(4);
    out.U32(open.as);
  }
  return bytes;
}

// The capabilities of an OPEN read until now.
struct Heard {
  BgpOpen& open;
  bool multiprotocol = false;
};

// RFC 5492 §3: unknown capabilities are ignored. A known one with a wrong length is malformed.
bool OnCapability(uint8_t code, ByteView value, Heard& heard) {
  ByteReader in(value);
  switch (code) {
    case kCapMultiprotocol: {
      const uint16_t afi = in.U16();
      in.U8();  // Reserved: "SHOULD be ... ignored by the receiver", RFC 4760 §8.
      const bool unicast = in.U8() == kSafiUnicast;
      heard.multiprotocol = true;
      if (unicast && afi == kAfiIpv4) heard.open.families.ipv4 = true;
      if (unicast && afi == kAfiIpv6) heard.open.families.ipv6 = true;
      return in.ok() && in.AtEnd();
    }
    case kCapRouteRefresh:
      heard.open.route_refresh = true;
      return in.AtEnd();
    case kCapRole: {
      const uint8_t role = in.U8();
      // §4.2: more than one is fine if they agree.
      heard.open.has_two_roles |= heard.open.role.value_or(role) != role;
      heard.open.role = role;
      return in.ok() && in.AtEnd();
    }
    case kCapFourOctetAs:
      heard.open.four_octet_as = true;
      heard.open.as = in.U32();
      return in.ok() && in.AtEnd();
    default:
      return true;
  }
}

bool ReadCapabilities(ByteView parameter, Heard& heard) {
  ByteReader in(parameter);
  while (!in.AtEnd()) {  // At most 2,033 of them: a message has 4,096 octets.
    const uint8_t code = in.U8();
    const uint8_t length = in.U8();
    const ByteView value = in.Take(length);
    if (!in.ok() || !OnCapability(code, value, heard)) return false;
  }
  return true;
}

std::optional<Notification> ReadParameters(ByteView parameters, bool extended, Heard& heard) {
  ByteReader in(parameters);
  while (!in.AtEnd()) {  // As above.
    const uint8_t type = in.U8();
    const uint16_t length = extended ? in.U16() : in.U8();
    const ByteView value = in.Take(length);
    if (!in.ok()) return Refuse(kOpenUnspecific);
    if (type != kParameterCapabilities) return Refuse(kUnsupportedParameter);
    heard.open.has_capabilities = true;
    if (!ReadCapabilities(value, heard)) return Refuse(kOpenUnspecific);
  }
  return std::nullopt;
}

// RFC 9234 §4.2. Without a role of ours, theirs means nothing.
bool RolesFit(const BgpOpen& theirs, const BgpOpen& ours, bool is_strict) {
  if (!ours.role.has_value()) return true;
  if (!theirs.role.has_value()) return !is_strict;
  const BgpRole expected = CounterpartOf(static_cast<BgpRole>(*ours.role));
  return !theirs.has_two_roles && *theirs.role == static_cast<uint8_t>(expected);
}

}  // namespace

Bytes EncodeOpen(const BgpOpen& open) {
  Bytes body;
  ByteWriter out(body);
  out.U8(kVersion);
  out.U16(open.as > 0xffff ? kAsTrans : static_cast<uint16_t>(open.as));
  out.U16(open.hold_seconds);
  out.U32(open.identifier);
  const Bytes capabilities = open.has_capabilities ? Capabilities(open) : Bytes();
  if (capabilities.empty()) {
    out.U8(0);
    return EncodeBgpMessage(BgpType::kOpen, body);
  }
  out.U8(static_cast<uint8_t>(capabilities.size() + 2));  // All of ours have 23 octets.
  out.U8(kParameterCapabilities);
  out.U8(static_cast<uint8_t>(capabilities.size()));
  out.Append(capabilities);
  return EncodeBgpMessage(BgpType::kOpen, body);
}

std::optional<Notification> DecodeOpen(ByteView body, BgpOpen& open) {
  ByteReader in(body);
  const uint8_t version = in.U8();
  open = {};
  open.has_capabilities = false;
  open.as = in.U16();
  open.hold_seconds = in.U16();
  open.identifier = in.U32();
  size_t length = in.U8();
  if (!in.ok()) return Refuse(kOpenUnspecific);
  if (version != kVersion) return Refuse(kUnsupportedVersion, U16Bytes(kVersion));
  // RFC 9072 §2: the type selects the extended format, and the length before it is then ignored.
  const bool extended = length != 0 && !in.AtEnd() && in.rest()[0] == kParameterExtended;
  if (extended) {
    in.U8();
    length = in.U16();
  }
  const ByteView parameters = in.Take(length);
  if (!in.ok() || !in.AtEnd()) return Refuse(kOpenUnspecific);
  Heard heard{open};
  if (auto error = ReadParameters(parameters, extended, heard)) return error;
  if (!heard.multiprotocol) open.families.ipv4 = true;
  return std::nullopt;
}

std::string RoleText(uint8_t role) {
  constexpr absl::string_view kTexts[] = {"provider", "rs", "rs-client", "customer", "peer"};
  if (role < std::size(kTexts)) return std::string(kTexts[role]);
  return absl::StrCat("unknown role ", role);
}

BgpRole CounterpartOf(BgpRole role) {
  switch (role) {
    case BgpRole::kProvider:
      return BgpRole::kCustomer;
    case BgpRole::kRouteServer:
      return BgpRole::kRouteServerClient;
    case BgpRole::kRouteServerClient:
      return BgpRole::kRouteServer;
    case BgpRole::kCustomer:
      return BgpRole::kProvider;
    case BgpRole::kPeer:
      return BgpRole::kPeer;
  }
  return BgpRole::kPeer;
}

std::optional<Notification> CheckOpen(const BgpOpen& theirs, const BgpOpen& ours, uint32_t peer_as,
                                      bool role_strict) {
  if (theirs.as != peer_as || theirs.as == 0) return Refuse(kBadPeerAs);  // RFC 7607: never 0.
  const bool internal = ours.as == theirs.as;
  if (theirs.identifier == 0) return Refuse(kBadIdentifier);
  // RFC 6286 §2.3: it must differ from ours only within an AS.
  if (internal && theirs.identifier == ours.identifier) return Refuse(kBadIdentifier);
  if (theirs.hold_seconds < kHoldSecondsMin) return Refuse(kBadHoldTime);
  if (!RolesFit(theirs, ours, role_strict)) return Refuse(kRoleMismatch);
  return std::nullopt;
}

}  // namespace hither
