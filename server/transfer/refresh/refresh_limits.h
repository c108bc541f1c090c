#ifndef HITHER_SERVER_TRANSFER_REFRESH_REFRESH_LIMITS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_REFRESH_LIMITS_H_

#include <cstddef>

#include "daemon/config/transfer_config.h"
#include "server/transfer/refresh_timer.h"
#include "server/transfer/transfer_pace.h"
#include "server/transfer/transfer_queue.h"

namespace hither {

// From the configuration's words to those of timers, queue and transfers.
// `zones`: of the server. A thousand zones are first asked for within 2 s, so that one need not
// wait.
RefreshBounds BoundsOf(const ZoneTransferLimits& limits, size_t zones);
// A quarter of the turns is kept for NOTIFYs.
QueueLimits QueueLimitsOf(const TransferSettings& settings);
PaceLimits PaceOf(const TransferSettings& settings, const ZoneTransferLimits& limits);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_REFRESH_LIMITS_H_
