#include "server/load/zone_publisher.h"

#include <malloc.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "base/within_memory.h"

namespace hither {
namespace {

constexpr absl::Duration kReapEvery = absl::Milliseconds(100);
// While zones are loaded, those that are ready are published so often at most: to publish a million
// takes a while itself.
constexpr absl::Duration kPartEvery = absl::Seconds(1);

}  // namespace

void ZonePublisher::Open(uv_loop_t& loop) {
  reap_ = UvTimer(loop, [this] { Reap(); });
}

void ZonePublisher::Publish(std::shared_ptr<const ZoneSet> zones) {
  zones_.Reap();  // Not only by the timer: reloads may follow each other faster than it.
  zones_.Publish(std::move(zones));
  on_publish_();
  // Not again while it runs: a new start puts its next time off.
  if (!reap_.IsActive()) reap_.StartEvery(kReapEvery);
}

void ZonePublisher::PublishPart(const ZoneStore& store, absl::Time now) {
  if (published_part_ > 0 && now < next_part_) return;
  const absl::Status enough = WithinMemory("publish zones", [&] {
    std::shared_ptr<const ZoneSet> part = store.Partial(published_part_);
    if (part == nullptr) return;
    published_part_ = part->served();
    Publish(std::move(part));
  });
  constexpr int kShare = 20;  // Of one thread's time, at most.
  next_part_ = now + std::max(kPartEvery, kShare * (absl::Now() - now));
}

void ZonePublisher::Reap() {
  if (zones_.Reap() > 0) return;
  reap_.Stop();
  malloc_trim(0);  // What the old zones were made of goes back to the system.
}

}  // namespace hither
