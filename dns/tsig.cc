#include "dns/tsig.h"

#include <cstring>

#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {
namespace {

constexpr uint16_t kBadKey = 17;         // RFC 8945 §3
constexpr size_t kRecordHeadBytes = 10;  // Type, class, TTL, length.
constexpr size_t kTimeBytes = 6;
constexpr size_t kFieldsBytes = 16;  // Time, fudge, MAC size, original ID, error, other size.

}  // namespace

bool ReadTsig(ByteView key_name, ByteView rdata, Tsig& tsig) {
  tsig.present = true;
  tsig.key_name = key_name;
  const size_t algorithm_bytes = NameBytesAtStart(rdata);
  if (algorithm_bytes == 0) return false;
  ByteReader reader(rdata);
  tsig.algorithm = reader.Take(algorithm_bytes);
  tsig.time_signed = reader.Take(kTimeBytes);
  tsig.fudge_seconds = reader.U16();
  reader.Take(reader.U16());  // The MAC.
  tsig.original_id = reader.U16();
  reader.U16();               // Error: 0 in a query.
  reader.Take(reader.U16());  // Other data.
  return reader.ok() && reader.AtEnd();
}

size_t TsigBytes(const Tsig& tsig) {
  if (!tsig.present || tsig.key_name.empty()) return 0;
  return tsig.key_name.size() + kRecordHeadBytes + tsig.algorithm.size() + kFieldsBytes;
}

void WriteBadKey(const Tsig& tsig, uint8_t* at) {
  const auto append = [&](ByteView octets) {
    std::memcpy(at, octets.data(), octets.size());
    at += octets.size();
  };
  append(tsig.key_name);
  StoreU16(at, static_cast<uint16_t>(RrType::kTsig));
  StoreU16(at + 2, static_cast<uint16_t>(RrClass::kAny));
  StoreU32(at + 4, 0);
  StoreU16(at + 8, static_cast<uint16_t>(tsig.algorithm.size() + kFieldsBytes));
  at += kRecordHeadBytes;
  append(tsig.algorithm);
  append(tsig.time_signed);
  StoreU16(at, tsig.fudge_seconds);
  StoreU16(at + 2, 0);  // No MAC: there is no key for one.
  StoreU16(at + 4, tsig.original_id);
  StoreU16(at + 6, kBadKey);
  StoreU16(at + 8, 0);
}

}  // namespace hither
