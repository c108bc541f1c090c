#ifndef HITHER_TOOL_ZONE_ZONE_TEXT_H_
#define HITHER_TOOL_ZONE_ZONE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "server/transfer/pages/zone_status_json.h"

// The output of `hither zone`, for a terminal: control octets of the server's texts are shown as
// '?'. Pure.
namespace hither {

// "45s", "1m30s", "3h12m", "4d4h": two units, rounded down. Negative counts as zero.
std::string RoughTime(absl::Duration time);

// Puts zones first that need attention: expired ones, then those without a version, then those
// that refuse one, then stale ones and those that are rolled back. Otherwise keeps the order.
void SortByTrouble(std::vector<ZoneTransferStatus>& zones);

// The summary and a table of the page's zones.
std::string ZoneTable(const ZoneStatusPage& page);
// Everything that is known of one zone, a line each.
std::string ZoneDetails(const ZoneTransferStatus& zone, absl::Time now);
// Which version is refused and why, then what it would change.
std::string RefusedText(const ZoneTransferStatus& zone, absl::Time now);

}  // namespace hither

#endif  // HITHER_TOOL_ZONE_ZONE_TEXT_H_
