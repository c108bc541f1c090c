#ifndef HITHER_SERVER_TRANSFER_KEEP_VERSION_PARTS_H_
#define HITHER_SERVER_TRANSFER_KEEP_VERSION_PARTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/transfer/soa_fields.h"
#include "server/transfer/transfer_diff.h"
#include "zones/change/record_list.h"
#include "zones/change/zone_diff.h"
#include "zones/gate/gate_watch.h"
#include "zones/image/zone_builder.h"

namespace hither {

// The steps from a transfer to a version. Pure. All throw std::bad_alloc or std::length_error.

// Sorted, each record once. Records beyond the limits are ResourceExhausted.
absl::StatusOr<RecordList> ListOf(NameView apex, const TransferRecords& records,
                                  RecordLimits limits);

// The version after all `diffs`, at least one. An error if one of them does not fit the version
// before it. `repeated` counts the additions of records that were present (see Apply()).
absl::StatusOr<RecordList> ApplyAll(const RecordList& before,
                                    const std::vector<TransferDiff>& diffs, RecordLimits limits,
                                    uint64_t* repeated = nullptr);

// The numbers of the list's SOA; zeros if it has none.
SoaFields SoaOf(const RecordList& records);

struct BuiltVersion {
  std::shared_ptr<const Zone> zone = nullptr;  // Null if there is an error.
  std::string error = {};                      // The first one.
};
// Builds and checks, by the rules for zone files; ZONEMD is for a gate.
BuiltVersion BuildVersion(const RecordList& records, const ZoneLimits& limits);

// WriteDiffText(), cut off after a whole line; then the last line says that lines are omitted.
inline constexpr size_t kDiffTextBytesMax = 64u << 10;
std::string DiffTextOf(const Zone* before, const Zone& after, GateWatch& watch);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_VERSION_PARTS_H_
