#include "dns/query.h"

namespace hither {
namespace {

// Takes the name at the cursor; returns a view if it is uncompressed. A pointer ends it, too, but
// then there is no view: good enough for records that are only skipped.
bool TakeName(ByteReader& reader, ByteView& wire) {
  const NameScan scan = ScanName(reader.rest());
  if (scan.end == NameEnd::kRoot) {
    wire = reader.Take(scan.bytes);
    return true;
  }
  if (scan.end != NameEnd::kPointer) return false;
  wire = {};
  reader.Take(scan.bytes + 2u);
  return reader.ok();
}

// A query's question is the first name of its message: nothing comes before it that a pointer could
// point to (RFC 1035 §4.1.4: "a prior occurrence of the same name").
bool TakeQuestion(ByteReader& reader, Query& query) {
  ByteView wire;
  if (!TakeName(reader, wire) || wire.empty()) return false;
  const auto type = static_cast<RrType>(reader.U16());
  const auto klass = static_cast<RrClass>(reader.U16());
  if (!reader.ok()) return false;
  query.name = NameView(wire);
  query.type = type;
  query.klass = klass;
  query.question_bytes = wire.size() + 4;
  return true;
}

struct PassedRecord {
  ByteView owner;  // Empty if it is compressed.
  RrType type;
  uint16_t klass;
  uint32_t ttl;
  ByteView rdata;
};

bool TakeRecord(ByteReader& reader, PassedRecord& record) {
  if (!TakeName(reader, record.owner)) return false;
  record.type = static_cast<RrType>(reader.U16());
  record.klass = reader.U16();
  record.ttl = reader.U32();
  record.rdata = reader.Take(reader.U16());
  return reader.ok();
}

bool TakeAdditional(ByteReader& reader, uint16_t count, Query& query) {
  for (uint16_t i = 0; i < count;
       ++i) {  // Each takes 11 octets at least: the message is the limit.
    PassedRecord record;
    if (!TakeRecord(reader, record)) return false;
    if (record.type == RrType::kOpt) {
      // RFC 6891 §6.1.1: one OPT, at the root.
      if (query.edns.present || record.owner.size() != 1) return false;
      if (!ReadOpt(record.klass, record.ttl, record.rdata, query.edns)) return false;
    }
    if (record.type == RrType::kTsig) {
      // RFC 8945 §5.1: the last record, so there is only one.
      if (i + 1 != count || !ReadTsig(record.owner, record.rdata, query.tsig)) return false;
    }
  }
  return true;
}

}  // namespace

Parsed ParseQuery(ByteView message, Query& query) {
  if (message.size() < kHeaderBytes) return Parsed::kShort;
  const uint8_t* const header = message.data();
  query.id = LoadU16(header);
  query.flags = LoadU16(header + 2);
  query.opcode = static_cast<Opcode>((query.flags & kOpcodeMask) >> 11);
  if ((query.flags & kFlagQr) != 0) return Parsed::kResponse;
  const uint16_t questions = LoadU16(header + 4);
  const uint16_t answers = LoadU16(header + 6);
  const uint16_t authorities = LoadU16(header + 8);
  const uint16_t additionals = LoadU16(header + 10);
  ByteReader reader(message);
  reader.Take(kHeaderBytes);
  // A fault before the additional section does not stop reading: any sender of an OPT is owed one
  // (RFC 6891 §6.1.1).
  bool good = questions == 1;  // RFC 9619 §3; 0 is not a query.
  if (good && !TakeQuestion(reader, query)) return Parsed::kFormErr;
  for (uint16_t i = 0; !good && i < questions; ++i) {  // 5 octets each: the message is the limit.
    Query passed;
    if (!TakeQuestion(reader, passed)) return Parsed::kFormErr;
  }
  // IXFR has the client's SOA in its authority section (RFC 1995 §3).
  const bool may_have_records = query.opcode != Opcode::kQuery || query.type == RrType::kIxfr;
  if (answers != 0 || authorities != 0) good = good && may_have_records;
  for (uint32_t i = 0; i < uint32_t{answers} + authorities; ++i) {
    PassedRecord record;
    if (!TakeRecord(reader, record)) return Parsed::kFormErr;
  }
  if (!TakeAdditional(reader, additionals, query)) return Parsed::kFormErr;
  return good && reader.AtEnd() ? Parsed::kQuery : Parsed::kFormErr;
}

}  // namespace hither
