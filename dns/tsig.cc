#include "dns/tsig.h"

#include <cstring>

#include "dns/passed_record.h"
#include "dns/query.h"
#include "dns/rr_type.h"

namespace hither {
namespace {

constexpr size_t kRecordHeadBytes = 10;  // Type, class, TTL, length.
constexpr size_t kFieldsBytes = 16;      // Time, fudge, MAC size, original ID, error, other size.
constexpr size_t kPointerMask = 0x3fff;

// The name at `at`, whose pointers go backwards only (RFC 1035 §4.1.4: "a prior occurrence"), so
// that each step ends; the name's own limits end the sum.
bool ReadName(ByteView message, size_t at, Name& name) {
  uint8_t octets[kNameBytesMax];
  size_t bytes = 0;
  for (size_t end = message.size();;) {
    const ByteView piece = message.subspan(at, end - at);
    const NameScan scan = ScanName(piece);
    const bool is_whole = scan.end == NameEnd::kRoot;
    if (!is_whole && (scan.end != NameEnd::kPointer || piece.size() < scan.bytes + 2u))
      return false;
    if (bytes + scan.bytes > sizeof octets) return false;
    std::memcpy(octets + bytes, piece.data(), scan.bytes);
    bytes += scan.bytes;
    if (is_whole) {
      name = Name(NameView(ByteView(octets, bytes)));
      return true;
    }
    const size_t target = LoadU16(piece.data() + scan.bytes) & kPointerMask;
    if (target >= at) return false;
    end = at;
    at = target;
  }
}

bool ReadRdata(ByteView rdata, Tsig& tsig) {
  const size_t algorithm_bytes = NameBytesAtStart(rdata);
  if (algorithm_bytes == 0) return false;
  ByteReader reader(rdata);
  tsig.algorithm = reader.Take(algorithm_bytes);
  const ByteView time = reader.Take(kTsigTimeBytes);
  tsig.time_signed = time.empty() ? 0 : LoadU48(time.data());
  tsig.fudge_seconds = reader.U16();
  tsig.mac = reader.Take(reader.U16());
  tsig.original_id = reader.U16();
  tsig.error = reader.U16();
  tsig.other = reader.Take(reader.U16());
  return reader.ok() && reader.AtEnd();
}

bool PassQuestions(ByteReader& reader, uint16_t count) {
  for (uint16_t i = 0; i < count; ++i) {  // 5 octets each: the message is the limit.
    ByteView name;
    if (!TakeName(reader, name)) return false;
    reader.Take(4);
    if (!reader.ok()) return false;
  }
  return true;
}

}  // namespace

bool ReadTsig(ByteView message, size_t offset, Tsig& tsig) {
  if (offset >= message.size()) return false;
  ByteReader reader(message.subspan(offset));
  PassedRecord record;
  if (!TakeRecord(reader, record) || !reader.AtEnd()) return false;
  // RFC 8945 §4.2: "This MUST be ANY", and the TTL 0.
  if (record.type != RrType::kTsig || record.klass != static_cast<uint16_t>(RrClass::kAny) ||
      record.ttl != 0) {
    return false;
  }
  return ReadName(message, offset, tsig.key_name) && ReadRdata(record.rdata, tsig);
}

TsigPlace FindTsig(ByteView message) {
  if (message.size() < kHeaderBytes) return {};
  ByteReader reader(message);
  reader.Take(4);
  const uint16_t questions = reader.U16();
  uint32_t records = reader.U16();
  records += reader.U16();
  const uint16_t additional = reader.U16();
  records += additional;
  if (!PassQuestions(reader, questions)) return {};
  TsigPlace place;
  for (uint32_t left = records; left > 0; --left) {  // 11 octets each: the message is the limit.
    const size_t offset = reader.position();
    PassedRecord record;
    if (!TakeRecord(reader, record)) return {};
    if (record.type != RrType::kTsig) continue;
    // RFC 8945 §5.1: the last record of the additional section, so there is only one.
    if (left != 1 || additional == 0) return {};
    place.offset = offset;
  }
  place.is_well_formed = reader.AtEnd();
  return place;
}

size_t TsigBytes(const Tsig& tsig) {
  return tsig.key_name.view().size() + kRecordHeadBytes + tsig.algorithm.size() + kFieldsBytes +
         tsig.mac.size() + tsig.other.size();
}

void WriteTsig(const Tsig& tsig, uint8_t* at) {
  const auto append = [&](ByteView octets) {
    if (!octets.empty()) std::memcpy(at, octets.data(), octets.size());
    at += octets.size();
  };
  const auto append_u16 = [&](size_t value) {
    StoreU16(at, static_cast<uint16_t>(value));
    at += 2;
  };
  const NameView key_name = tsig.key_name;
  append(key_name.wire());
  append_u16(static_cast<uint16_t>(RrType::kTsig));
  append_u16(static_cast<uint16_t>(RrClass::kAny));
  StoreU32(at, 0);  // TTL.
  at += 4;
  append_u16(TsigBytes(tsig) - key_name.size() - kRecordHeadBytes);
  append(tsig.algorithm);
  StoreU48(at, tsig.time_signed);
  at += kTsigTimeBytes;
  append_u16(tsig.fudge_seconds);
  append_u16(tsig.mac.size());
  append(tsig.mac);
  append_u16(tsig.original_id);
  append_u16(tsig.error);
  append_u16(tsig.other.size());
  append(tsig.other);
}

uint64_t LoadU48(const uint8_t* at) { return uint64_t{LoadU16(at)} << 32 | LoadU32(at + 2); }

void StoreU48(uint8_t* at, uint64_t value) {
  StoreU16(at, static_cast<uint16_t>(value >> 32));
  StoreU32(at + 2, static_cast<uint32_t>(value));
}

}  // namespace hither
