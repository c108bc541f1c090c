#include "dns/edns.h"

#include <cstring>

namespace hither {
namespace {

constexpr uint32_t kDoFlag = 0x8000;          // RFC 3225 §3, in the OPT's TTL field.
constexpr size_t kOptionHeadBytes = 4;        // Code and length.
constexpr size_t kZoneVersionBytes = 6;       // Label count, type, serial (RFC 9660 §2.2).
constexpr uint8_t kZoneVersionSoaSerial = 0;  // RFC 9660 §7.2
constexpr int kOptionsMax = 64;               // A query has a handful; more is an attack on time.

// Appends one option's head; returns where its data goes.
uint8_t* WriteHead(uint8_t* at, EdnsOption code, size_t bytes) {
  StoreU16(at, static_cast<uint16_t>(code));
  StoreU16(at + 2, static_cast<uint16_t>(bytes));
  return at + kOptionHeadBytes;
}

}  // namespace

bool ReadOpt(uint16_t klass, uint32_t ttl, ByteView rdata, Edns& edns) {
  edns.present = true;
  edns.payload_bytes = klass;
  edns.version = static_cast<uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & kDoFlag) != 0;
  // RFC 6891 §6.1.3: nothing more is known of other versions, not even the form of options.
  if (edns.version != 0) return true;
  ByteReader reader(rdata);
  for (int count = 0; !reader.AtEnd(); ++count) {
    if (count == kOptionsMax) return false;
    const auto code = static_cast<EdnsOption>(reader.U16());
    const ByteView data = reader.Take(reader.U16());
    if (!reader.ok()) return false;
    switch (code) {
      case EdnsOption::kNsid:  // RFC 5001 §2.1: its contents in a query are ignored.
        edns.wants_nsid = true;
        break;
      case EdnsOption::kTcpKeepalive:  // RFC 7828 §3.1: empty, or a timeout that only we may set.
        if (!data.empty() && data.size() != 2) return false;
        edns.offers_keepalive = true;
        break;
      case EdnsOption::kZoneVersion:  // RFC 9660 §2.1: a query has it empty.
        if (!data.empty()) return false;
        edns.wants_zone_version = true;
        break;
      default:
        break;
    }
  }
  return true;
}

size_t OptReply::Bytes() const {
  size_t bytes = kOptBytes;
  if (!nsid.empty()) bytes += kOptionHeadBytes + nsid.size();
  if (has_keepalive) bytes += kOptionHeadBytes + 2;
  if (has_zone_version) bytes += kOptionHeadBytes + kZoneVersionBytes;
  if (error != ExtendedError::kAbsent) bytes += kOptionHeadBytes + 2;
  return bytes;
}

void OptReply::Write(uint8_t* at) const {
  at[0] = 0;  // The root.
  StoreU16(at + 1, 41);
  StoreU16(at + 3, payload_bytes);
  StoreU32(at + 5, static_cast<uint32_t>(extended_rcode) << 24 | (dnssec_ok ? kDoFlag : 0));
  StoreU16(at + 9, static_cast<uint16_t>(Bytes() - kOptBytes));
  at += kOptBytes;
  if (!nsid.empty()) {
    at = WriteHead(at, EdnsOption::kNsid, nsid.size());
    std::memcpy(at, nsid.data(), nsid.size());
    at += nsid.size();
  }
  if (has_keepalive) {
    at = WriteHead(at, EdnsOption::kTcpKeepalive, 2);
    StoreU16(at, keepalive_deciseconds);
    at += 2;
  }
  if (has_zone_version) {
    at = WriteHead(at, EdnsOption::kZoneVersion, kZoneVersionBytes);
    at[0] = zone_labels;
    at[1] = kZoneVersionSoaSerial;
    StoreU32(at + 2, zone_serial);
    at += kZoneVersionBytes;
  }
  if (error != ExtendedError::kAbsent) {
    at = WriteHead(at, EdnsOption::kExtendedError, 2);
    StoreU16(at, static_cast<uint16_t>(error));
  }
}

}  // namespace hither
