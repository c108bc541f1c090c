// Does RDATA in wire form match its type?

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "dns/rdata_shape.h"
#include "dns/svcb.h"

namespace hither {
namespace {

constexpr char kShort[] = "it is too short";

Complaint SkipName(ByteReader& wire) {
  const NameScan scan = ScanName(wire.rest());
  switch (scan.end) {
    case NameEnd::kRoot:
      wire.Take(scan.bytes);
      return nullptr;
    case NameEnd::kPointer:
    case NameEnd::kBadLabel:
      return "a name is compressed, or a label is over 63 octets";
    case NameEnd::kTooLong:
      return "a name is over 255 octets";
    case NameEnd::kEarly:
      break;
  }
  return "a name ends too early";
}

Complaint SkipString(ByteReader& wire) {
  wire.Take(wire.U8());
  return wire.ok() ? nullptr : "a string ends too early";
}

Complaint SkipRest(ByteReader& wire, size_t bytes_min) {
  const size_t size = wire.rest().size();
  wire.Take(size);
  return size >= bytes_min ? nullptr : kShort;
}

// RFC 4034 §4.1.2: windows by rising number, none empty, none with octets of 0 at its end.
Complaint SkipTypes(ByteReader& wire) {
  int last = -1;
  while (!wire.AtEnd()) {
    const int window = wire.U8();
    const uint8_t length = wire.U8();
    const ByteView bits = wire.Take(length);
    if (!wire.ok()) return "a type bitmap ends too early";
    if (window <= last) return "type bitmap windows are out of order";
    if (length == 0 || length > 32) return "a type bitmap window is not 1 to 32 octets long";
    if (bits.back() == 0) return "a type bitmap window ends in an octet of 0";
    last = window;
  }
  return nullptr;
}

Complaint SkipGateway(ByteReader& wire, uint8_t kind) {
  switch (kind) {
    case 0:
      return nullptr;
    case 1:
      wire.Take(4);
      break;
    case 2:
      wire.Take(16);
      break;
    case 3:
      return SkipName(wire);
    default:
      return "a gateway of unknown type";
  }
  return wire.ok() ? nullptr : kShort;
}

// RFC 8777 §4.2: the D bit and the type of relay share an octet.
Complaint SkipRelay(ByteReader& wire) {
  const uint8_t kind = wire.U8() & 0x7f;
  return wire.ok() ? SkipGateway(wire, kind) : kShort;
}

// RFC 3123 §4.
Complaint SkipApl(ByteReader& wire) {
  while (!wire.AtEnd()) {
    const uint16_t family = wire.U16();
    const uint8_t prefix = wire.U8();
    const ByteView address = wire.Take(wire.U8() & 0x7f);
    if (!wire.ok()) return kShort;
    if (!address.empty() && address.back() == 0) return "an address ends in an octet of 0";
    if (family == 1 && (prefix > 32 || address.size() > 4)) return "not an IPv4 prefix";
    if (family == 2 && (prefix > 128 || address.size() > 16)) return "not an IPv6 prefix";
  }
  return nullptr;
}

Complaint SkipAtma(ByteReader& wire) {
  const uint8_t format = wire.U8();
  const ByteView address = wire.Take(wire.rest().size());
  if (address.empty()) return kShort;
  const auto is_digit = [](uint8_t octet) { return octet >= '0' && octet <= '9'; };
  if (format == kAtmaE164 && !std::all_of(address.begin(), address.end(), is_digit)) {
    return "an E.164 number with octets other than digits";
  }
  return nullptr;
}

// RFC 8005 §5.
Complaint SkipHip(ByteReader& wire) {
  const uint8_t hit_bytes = wire.U8();
  wire.U8();
  const uint16_t key_bytes = wire.U16();
  wire.Take(hit_bytes);
  wire.Take(key_bytes);
  if (!wire.ok()) return kShort;
  if (hit_bytes == 0 || key_bytes == 0) return "the HIT or the key is empty";
  while (!wire.AtEnd()) {
    if (const Complaint wrong = SkipName(wire)) return wrong;
  }
  return nullptr;
}

// RFC 1876 §2: sizes are a digit and a power of ten; angles are thousandths of a second of arc
// from the equator and the prime meridian, which are 2^31.
Complaint SkipLoc(ByteReader& wire) {
  constexpr int64_t kDegree = 3'600'000;
  if (wire.U8() != 0) return "a version other than 0";
  for (int i = 0; i < 3; ++i) {
    const uint8_t size = wire.U8();
    if (size >> 4 > 9 || (size & 15) > 9) return "a size that is not a digit and power of ten";
  }
  const int64_t latitude = static_cast<int64_t>(wire.U32()) - (int64_t{1} << 31);
  const int64_t longitude = static_cast<int64_t>(wire.U32()) - (int64_t{1} << 31);
  wire.U32();
  if (!wire.ok()) return kShort;
  if (std::abs(latitude) > 90 * kDegree) return "a latitude of over 90 degrees";
  if (std::abs(longitude) > 180 * kDegree) return "a longitude of over 180 degrees";
  return nullptr;
}

Complaint SkipSome(RdataField field, ByteReader& wire, ByteView whole) {
  switch (field) {
    case RdataField::kName:
      return SkipName(wire);
    case RdataField::kString:
      return SkipString(wire);
    case RdataField::kOptionalString:
      return wire.AtEnd() ? nullptr : SkipString(wire);
    case RdataField::kTag:
    case RdataField::kHash:
      return wire.rest().empty() || wire.rest()[0] == 0 ? kShort : SkipString(wire);
    case RdataField::kSalt:
      return SkipString(wire);
    case RdataField::kStrings:
      do {
        if (const Complaint wrong = SkipString(wire)) return wrong;
      } while (!wire.AtEnd());
      return nullptr;
    case RdataField::kHex:
    case RdataField::kBase64:
    case RdataField::kNsap:
      return SkipRest(wire, 1);
    case RdataField::kAtma:
      return SkipAtma(wire);
    case RdataField::kTypes:
      return SkipTypes(wire);
    case RdataField::kGateway:
      return SkipGateway(wire, whole[1]);
    case RdataField::kAmtRelay:
      return SkipRelay(wire);
    case RdataField::kWks:
      wire.Take(5);
      if (!wire.ok() || wire.rest().size() > 8'192) return "no address, protocol and port bitmap";
      return SkipRest(wire, 0);
    case RdataField::kLoc:
      return SkipLoc(wire);
    case RdataField::kApl:
      return SkipApl(wire);
    case RdataField::kHip:
      return SkipHip(wire);
    default:
      return SkipRest(wire, 0);
  }
}

size_t FixedBytes(RdataField field) {
  switch (field) {
    case RdataField::kU8:
    case RdataField::kAlgorithm:
    case RdataField::kKeyProtocol:
    case RdataField::kDsyncScheme:
      return 1;
    case RdataField::kU16:
    case RdataField::kType:
    case RdataField::kCertType:
    case RdataField::kKeyFlags:
      return 2;
    case RdataField::kU32:
    case RdataField::kDuration:
    case RdataField::kTime:
    case RdataField::kIp4:
      return 4;
    case RdataField::kEui48:
      return 6;
    case RdataField::kU64:
    case RdataField::kNodeId:
    case RdataField::kEui64:
      return 8;
    case RdataField::kIp6:
      return 16;
    default:
      return 0;
  }
}

}  // namespace

absl::Status ValidateRdata(RrType type, ByteView rdata) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("malformed ", TypeToText(type), ": ", why));
  };
  if (rdata.size() > kRdataBytesMax) return wrong("over 65,535 octets");
  const RdataShape* const shape = ShapeOf(type);
  if (shape == nullptr) return absl::OkStatus();
  ByteReader wire(rdata);
  for (const RdataField* field = shape->fields; *field != RdataField::kEnd; ++field) {
    if (*field == RdataField::kSvcParams) {
      const std::string why = CheckSvcParams(wire.Take(wire.rest().size()));
      if (!why.empty()) return wrong(why);
      continue;
    }
    const size_t bytes = FixedBytes(*field);
    if (bytes > 0) {
      wire.Take(bytes);
      if (!wire.ok()) return wrong(kShort);
    } else if (const Complaint why = SkipSome(*field, wire, rdata)) {
      return wrong(why);
    }
  }
  if (!wire.AtEnd()) return wrong("it is too long");
  const absl::string_view why = CheckMeaning(type, rdata);
  return why.empty() ? absl::OkStatus() : wrong(why);
}

}  // namespace hither
