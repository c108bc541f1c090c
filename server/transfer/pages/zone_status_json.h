#ifndef HITHER_SERVER_TRANSFER_PAGES_ZONE_STATUS_JSON_H_
#define HITHER_SERVER_TRANSFER_PAGES_ZONE_STATUS_JSON_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/admin/transfer_summary.h"
#include "server/transfer/refresh/zone_transfer_status.h"

namespace hither {

// "empty", "fresh", "stale" or "expired".
absl::string_view StateWord(RefreshState state);

// Zones that one page lists: within the reader's kJsonValuesMax, and about 2 MB.
inline constexpr size_t kZonesPageMax = 5'000;

// The contents of GET /zone/status and /zone/show: filled by the server, read by `hither zone`.
struct ZoneStatusPage {
  absl::Time now = absl::InfinitePast();  // The server's clock: all times here are of it.
  TransferSummary summary = {};           // Of all zones.
  std::vector<ZoneTransferStatus> zones = {};
  // The zone to begin the next page with. None: this is the last one.
  std::optional<uint64_t> next = std::nullopt;
};

enum class ZoneDetail : uint8_t {
  kList,  // Without the kept versions and the difference.
  kZone,  // Without the difference.
  kShow,  // Everything.
};

// One JSON object; times as RFC 3339 in UTC, "" for never, numbers in octets and seconds.
std::string ToJson(const ZoneStatusPage& page, ZoneDetail detail);

// The reverse. Unknown members are ignored, so that an older tool can read a newer server.
absl::StatusOr<ZoneStatusPage> ZoneStatusPageFromJson(absl::string_view json);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_PAGES_ZONE_STATUS_JSON_H_
