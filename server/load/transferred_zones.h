#ifndef HITHER_SERVER_LOAD_TRANSFERRED_ZONES_H_
#define HITHER_SERVER_LOAD_TRANSFERRED_ZONES_H_

#include <memory>
#include <span>

#include "absl/time/time.h"
#include "server/transfer/refresh/zone_transfer_status.h"
#include "zones/set/zone_set.h"

namespace hither {

// Sets that have zones from primaries. Both functions are O(zones), throw std::bad_alloc, and share
// all versions with the sets that they are given. `now` is wall time.

// `published` with those of `versions` whose zones come from primaries there; the others are
// dropped. Of one zone the last counts. A zone that is reported empty keeps the version that it
// serves, if there is one, as a stale one: there is nothing better.
std::shared_ptr<const ZoneSet> WithVersions(const ZoneSet& published,
                                            std::span<const TransferredVersion> versions,
                                            absl::Time now);

// What a load of files gave, with the state that zones from primaries have in `published`.
//
// A zone that has changed its kind keeps its last good version until there is another: from a file
// to primaries until they have sent one, from primaries to a file until the file is good.
std::shared_ptr<const ZoneSet> WithPublished(const ZoneSet& loaded, const ZoneSet& published,
                                             absl::Time now);

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_TRANSFERRED_ZONES_H_
