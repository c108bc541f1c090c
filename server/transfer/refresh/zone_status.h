#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_STATUS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_STATUS_H_

#include "server/transfer/refresh/refresh_desk.h"
#include "server/transfer/refresh/zone_transfer_status.h"

namespace hither {

// For operators. Asks the keeper for the kept versions.
ZoneTransferStatus StatusOf(const RefreshDesk& desk, ZoneNumber number, const RefreshZone& zone);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_STATUS_H_
