#ifndef HITHER_SERVER_TRANSFER_PAGES_ZONE_PAGES_H_
#define HITHER_SERVER_TRANSFER_PAGES_ZONE_PAGES_H_

#include <vector>

#include "absl/time/time.h"
#include "daemon/admin/admin_handlers.h"
#include "daemon/admin/transfer_summary.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

TransferSummary SummaryOf(const TransferService::Counts& counts);

// The pages and commands of hitherd's admin endpoint for zones from primaries:
//
//   GET  /zone/status?zone=NAME                      one zone
//   GET  /zone/status?first=N&max=N&troubled=1       a page of them; `troubled`: those that are
//                                                    not fresh, have a refused version or are
//                                                    rolled back
//   GET  /zone/show?zone=NAME                        with the refused version's difference
//   POST /zone/refresh?zone=NAME, /zone/retransfer   answered when the service has the order
//   POST /zone/accept?zone=NAME&serial=N, /zone/rollback     the serial may be left out
//
// To be appended to AdminHandlers::more of the admin endpoint, never of a page for other hosts.
// `service` outlives the endpoint. `now` is the wall clock.
std::vector<AdminAction> TransferActions(TransferService& service, absl::Time (*now)());

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_PAGES_ZONE_PAGES_H_
