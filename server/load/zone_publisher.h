#ifndef HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_
#define HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "base/net/uv.h"
#include "base/snapshot.h"
#include "server/load/zone_store.h"
#include "zones/set/zone_set.h"

namespace hither {

// Publishes the zones that a ZoneStore has loaded, and frees the old ones after the last worker has
// released them.
//
// Threads: the control thread's, except that any thread may read zones().
class ZonePublisher {
 public:
  // `on_publish` is called after each publish.
  ZonePublisher(std::shared_ptr<const ZoneSet> first, std::function<void()> on_publish)
      : zones_(std::move(first)), on_publish_(std::move(on_publish)) {}
  ZonePublisher(const ZonePublisher&) = delete;
  ZonePublisher& operator=(const ZonePublisher&) = delete;

  // Before the first publish, and after the last one.
  void Open(uv_loop_t& loop);
  void Close() { reap_.Close(); }

  void Publish(std::shared_ptr<const ZoneSet> zones);
  // During a load of `store` that takes long: publishes the zones that are ready, if there are more
  // of them than before, but not at every call.
  void PublishPart(const ZoneStore& store, absl::Time now);
  size_t published_part() const { return published_part_; }  // Zones.

  const Snapshot<ZoneSet>& zones() const { return zones_; }

 private:
  void Reap();

  Snapshot<ZoneSet> zones_;
  const std::function<void()> on_publish_;
  UvTimer reap_;
  size_t published_part_ = 0;
  absl::Time next_part_ = absl::InfinitePast();
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_
