#ifndef HITHER_SERVER_ANSWER_ADDITIONAL_H_
#define HITHER_SERVER_ANSWER_ADDITIONAL_H_

#include "server/answer/response_writer.h"
#include "zones/image/zone_view.h"

namespace hither {

// Adds the addresses of the names that `rrset` points to, as far as the zone knows them (RFC 1034
// §4.3.2 step 6). With signatures if `dnssec`. What does not fit is omitted: these records are
// optional.
void AddAdditional(ZoneView zone, const RRset& rrset, bool dnssec, ResponseWriter& reply);

// The same for the NS of a referral. False if indispensable glue did not fit: the address of a name
// server whose name is at or below the cut (RFC 9471 §3.1).
bool AddGlue(ZoneView zone, NodeId cut, const RRset& ns, bool dnssec, ResponseWriter& reply);

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_ADDITIONAL_H_
