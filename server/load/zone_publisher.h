#ifndef HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_
#define HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/net/uv.h"
#include "base/snapshot.h"
#include "server/load/zone_store.h"
#include "server/transfer/refresh/zone_transfer_status.h"
#include "zones/set/zone_set.h"

namespace hither {

// Publishes the zones that a ZoneStore has loaded and, over them, the versions of zones that come
// from primaries. Frees old zones after the last worker has released them.
//
// Each publication is a new set, which takes O(zones); so versions that come while one is due are
// published together. If memory runs out, what waits is published when there is some again.
//
// Threads: the control thread's, except that any thread may read zones().
class ZonePublisher {
 public:
  // Versions are published so often at most, and use this share of the thread's time.
  static constexpr absl::Duration kVersionsEvery = absl::Milliseconds(20);
  static constexpr uint64_t kVersionsShare = 5;  // A fifth.

  // `on_publish` is called after each publish.
  ZonePublisher(std::shared_ptr<const ZoneSet> first, std::function<void()> on_publish)
      : zones_(std::move(first)), on_publish_(std::move(on_publish)) {}
  ZonePublisher(const ZonePublisher&) = delete;
  ZonePublisher& operator=(const ZonePublisher&) = delete;

  // Before the first publish, and after the last one.
  void Open(uv_loop_t& loop);
  void Close();

  // The result of a load; `transferred` of its zones come from primaries. These keep the versions
  // that are published.
  void PublishLoaded(std::shared_ptr<const ZoneSet> loaded, size_t transferred);
  // During a load of `store` that takes long: publishes the zones that are ready, if there are more
  // of them than before, but not at every call.
  void PublishPart(const ZoneStore& store, absl::Time now);

  // Versions of zones from primaries. They wait for PublishSoon() or PublishLoaded(), and, before
  // the first publish, for that.
  void Add(std::vector<TransferredVersion> versions);
  // Publishes what waits: at once, or by a timer if that would be too often.
  void PublishSoon();

  const Snapshot<ZoneSet>& zones() const { return zones_; }

 private:
  void Publish(std::shared_ptr<const ZoneSet> zones);
  void PublishWaiting();
  std::shared_ptr<const ZoneSet> NextSet() const;
  void Reap();

  Snapshot<ZoneSet> zones_;
  const std::function<void()> on_publish_;
  UvTimer reap_;
  UvTimer soon_;
  struct Part {
    std::optional<size_t> zones;  // Of files, in the last part that was published.
    absl::Time next = absl::InfinitePast();
  } part_;
  struct Waiting {
    std::shared_ptr<const ZoneSet> loaded;
    std::vector<TransferredVersion> versions;
  } waiting_;
  bool has_transferred_ = false;  // Some zone comes from primaries, or did before the last load.
  // By uv_hrtime(): the wall clock may jump.
  uint64_t versions_next_ns_ = 0;
  uint64_t trim_next_ns_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_ZONE_PUBLISHER_H_
