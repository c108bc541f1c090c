#ifndef HITHER_SERVER_HEARTBEAT_H_
#define HITHER_SERVER_HEARTBEAT_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/config/config.h"
#include "daemon/heartbeat/heartbeat_page.h"
#include "zones/set/zone_set.h"

namespace hither {

// The page that the configuration requests, before privileges are dropped. Null: none is requested,
// or the default one cannot be created, which is logged. An error: a page configured by name cannot
// be created, or another server holds it, and a sidecar would take that server's health for ours.
absl::StatusOr<std::unique_ptr<HeartbeatPage>> OpenHeartbeat(const Config& config, size_t workers);

// Keeps the control thread's part of a heartbeat page: its turns and the zones.
//
// Threads: the control thread's.
class HeartbeatWriter {
 public:
  static constexpr uint64_t kBeatEveryMs = 250;
  static constexpr int kBeatsPerZones = 4;  // An expiry is reported within a second.

  explicit HeartbeatWriter(HeartbeatPage& page) : page_(page) {}

  // After a publish. Chooses the zones that get a record, since there may be a million: failed ones
  // first, then in order.
  void TakeZones(std::shared_ptr<const ZoneSet> zones, absl::Time now);
  void Beat(absl::Time now);

  HeartbeatPage& page() { return page_; }

 private:
  void TellZones(absl::Time now);

  HeartbeatPage& page_;
  std::shared_ptr<const ZoneSet> zones_;  // What told_ refers to.
  std::vector<HeartbeatZone> told_;
  HeartbeatZoneCounts counts_;
  std::vector<absl::Time> expiries_;  // Of all stale zones, ascending.
  int beats_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_HEARTBEAT_H_
