#ifndef HITHER_SERVER_TRANSFER_TRANSFER_DIFF_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_DIFF_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "server/transfer/transfer_sink.h"

namespace hither {

// Records in order of arrival, one after the other in wire form: owner, type, class IN, TTL,
// length, RDATA (RFC 1035 §3.2.1), names uncompressed.
struct TransferRecords {
  Bytes octets = {};
  size_t count = 0;

  void Append(const RecordView& record);
  static size_t BytesOf(const RecordView& record);
};

// One difference as the primary sent it. The first record of each list is the SOA.
struct TransferDiff {
  uint32_t serial_from = 0;
  uint32_t serial_to = 0;
  TransferRecords removed = {};
  TransferRecords added = {};
};

// Keeps in memory what a transfer brings. Whether the differences fit the zone that they are for is
// for the code that applies them to find out.
//
// Limits: `octets_max` for all records, each difference counting as 256 octets more. Vectors grow
// by doubling, so the memory in use is at most twice that, and three times while one grows.
class TransferCollector : public TransferSink {
 public:
  static constexpr size_t kDiffOctets = 256;  // What a difference without records costs.

  explicit TransferCollector(uint64_t octets_max) : octets_max_(octets_max) {}

  bool AddWhole(const RecordView& record) override { return Append(record, whole_); }
  bool BeginDiff(uint32_t serial_from) override;
  bool Remove(const RecordView& record) override { return Append(record, diffs_.back().removed); }
  bool BeginAdditions(uint32_t serial_to) override;
  bool Add(const RecordView& record) override { return Append(record, diffs_.back().added); }

  // After kWhole and kDiffs respectively; at any other time they hold half a transfer. May be moved
  // away, and then the collector is to be cleared.
  TransferRecords& whole() { return whole_; }
  std::vector<TransferDiff>& diffs() { return diffs_; }
  uint64_t octets() const { return octets_; }
  void Clear();  // For another attempt.

 private:
  bool Append(const RecordView& record, TransferRecords& list);
  bool Charge(uint64_t octets);

  uint64_t octets_max_;
  uint64_t octets_ = 0;
  TransferRecords whole_;
  std::vector<TransferDiff> diffs_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_DIFF_H_
