#include "server/transfer/transfer_diff.h"

#include "dns/rr_type.h"
#include "server/transfer/record_cursor.h"

namespace hither {

size_t TransferRecords::BytesOf(const RecordView& record) {
  return record.owner.size() + RecordCursor::kFixedBytes + record.rdata.size();
}

void TransferRecords::Append(const RecordView& record) {
  ByteWriter writer(octets);
  writer.Append(record.owner.wire());
  writer.U16(static_cast<uint16_t>(record.type));
  writer.U16(static_cast<uint16_t>(RrClass::kIn));
  writer.U32(record.ttl_seconds);
  writer.U16(static_cast<uint16_t>(record.rdata.size()));
  writer.Append(record.rdata);
  ++count;
}

bool TransferCollector::Charge(uint64_t octets) {
  if (octets > octets_max_ - octets_) return false;
  octets_ += octets;
  return true;
}

bool TransferCollector::Append(const RecordView& record, TransferRecords& list) {
  if (!Charge(TransferRecords::BytesOf(record))) return false;
  list.Append(record);
  return true;
}

bool TransferCollector::BeginDiff(uint32_t serial_from) {
  if (!Charge(kDiffOctets)) return false;
  diffs_.push_back({.serial_from = serial_from});
  return true;
}

bool TransferCollector::BeginAdditions(uint32_t serial_to) {
  diffs_.back().serial_to = serial_to;
  return true;
}

void TransferCollector::Clear() {
  octets_ = 0;
  whole_ = {};
  diffs_ = {};
}

}  // namespace hither
