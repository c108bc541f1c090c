#ifndef HITHER_SERVER_TRANSFER_PAGES_TRANSFER_METRICS_H_
#define HITHER_SERVER_TRANSFER_PAGES_TRANSFER_METRICS_H_

#include "absl/time/time.h"
#include "daemon/admin/metrics_text.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// The totals, once a page. NOTIFYs are counted by those who answer them: hither_notify_total.
void AddTransferTotals(const TransferService::Counts& counts, MetricsText& page);
// One zone's samples; its serial and records are those of every zone. `now` is the wall clock.
void AddTransferZone(const ZoneTransferStatus& zone, absl::Time now, MetricsText& page);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_PAGES_TRANSFER_METRICS_H_
