#ifndef HITHER_DAEMON_ADMIN_TRANSFER_SUMMARY_H_
#define HITHER_DAEMON_ADMIN_TRANSFER_SUMMARY_H_

#include <cstdint>
#include <string>

#include "base/json_reader.h"
#include "base/json_writer.h"

namespace hither {

// `transfers` of GET /status: the zones that come from primaries, counted. A value.
struct TransferSummary {
  uint64_t zones = 0;
  // Of those: without a version, stale, and expired. A zone is in one of these at most.
  uint64_t empty = 0;
  uint64_t stale = 0;
  uint64_t expired = 0;
  uint64_t refused = 0;  // With a later version that was refused; in any state.
  uint64_t waiting = 0;  // For a transfer.
  uint64_t under_way = 0;
  std::string disk_error = {};  // Of the zone log; "": the last write was good.

  uint64_t Fresh() const;
};

JsonObject ToJson(const TransferSummary& summary);
// Strict: a failure is kept by the reader.
TransferSummary ReadTransferSummary(JsonReader reader);

// "12 zones from primaries: 9 fresh, 2 stale, 1 expired; 1 has a refused version; 3 transfers under
// way": the line of `hither status`, without a line feed. If the disk fails, a second line.
std::string ToText(const TransferSummary& summary);

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_TRANSFER_SUMMARY_H_
