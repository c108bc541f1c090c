#ifndef HITHER_DNS_PASSED_RECORD_H_
#define HITHER_DNS_PASSED_RECORD_H_

#include <cstdint>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

// Takes the name at the cursor; returns a view if it is uncompressed. A pointer ends it, too, but
// then there is no view: good enough for records that are only skipped.
inline bool TakeName(ByteReader& reader, ByteView& wire) {
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

// A record that a walk over a message passes.
struct PassedRecord {
  ByteView owner;  // Empty if it is compressed.
  RrType type;
  uint16_t klass;
  uint32_t ttl;
  ByteView rdata;
};

inline bool TakeRecord(ByteReader& reader, PassedRecord& record) {
  if (!TakeName(reader, record.owner)) return false;
  record.type = static_cast<RrType>(reader.U16());
  record.klass = reader.U16();
  record.ttl = reader.U32();
  record.rdata = reader.Take(reader.U16());
  return reader.ok();
}

}  // namespace hither

#endif  // HITHER_DNS_PASSED_RECORD_H_
