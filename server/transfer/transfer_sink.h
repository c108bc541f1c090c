#ifndef HITHER_SERVER_TRANSFER_TRANSFER_SINK_H_
#define HITHER_SERVER_TRANSFER_TRANSFER_SINK_H_

#include <cstdint>

#include "dns/record.h"

namespace hither {

// Takes what a transfer brings, in order of arrival: either a whole zone or differences.
//
// Every record is of class IN, at or below the apex, and its RDATA fits its type; Location is
// empty. Each function returns false if there is no room for more; then the transfer fails.
// Whatever was taken is void unless the transfer ends as kWhole or kDiffs.
class TransferSink {
 public:
  virtual ~TransferSink() = default;

  // A record of the whole zone: the SOA first, and only once.
  virtual bool AddWhole(const RecordView& record) = 0;

  // RFC 1995 §4: a difference removes and then adds records. The first record removed and the first
  // one added are the SOAs of the two serials. Serials of one transfer are a chain: each difference
  // starts where the one before it ended.
  virtual bool BeginDiff(uint32_t serial_from) = 0;
  virtual bool Remove(const RecordView& record) = 0;
  virtual bool BeginAdditions(uint32_t serial_to) = 0;
  virtual bool Add(const RecordView& record) = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_TRANSFER_SINK_H_
