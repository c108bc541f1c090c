#include "server/load/zone_publisher.h"

#include <malloc.h>

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "base/within_memory.h"
#include "server/load/transferred_zones.h"

namespace hither {
namespace {

constexpr absl::Duration kReapEvery = absl::Milliseconds(100);
// While zones are loaded, those that are ready are published so often at most: to publish a million
// takes a while itself.
constexpr absl::Duration kPartEvery = absl::Seconds(1);
// After memory ran out.
constexpr absl::Duration kAgainAfter = absl::Seconds(1);
// To walk a large heap takes longer than a publication of versions.
constexpr absl::Duration kTrimEvery = absl::Seconds(5);

uint64_t Ns(absl::Duration duration) {
  return static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration));
}

}  // namespace

void ZonePublisher::Open(uv_loop_t& loop) {
  reap_ = UvTimer(loop, [this] { Reap(); });
  soon_ = UvTimer(loop, [this] { PublishWaiting(); });
}

void ZonePublisher::Close() {
  reap_.Close();
  soon_.Close();
}

void ZonePublisher::Publish(std::shared_ptr<const ZoneSet> zones) {
  zones_.Reap();  // Not only by the timer: reloads may follow each other faster than it.
  zones_.Publish(std::move(zones));
  on_publish_();
  // Not again while it runs: a new start puts its next time off.
  if (!reap_.IsActive()) reap_.StartEvery(kReapEvery);
}

void ZonePublisher::PublishLoaded(std::shared_ptr<const ZoneSet> loaded, size_t transferred) {
  has_transferred_ = has_transferred_ || transferred > 0;
  waiting_.loaded = std::move(loaded);
  PublishWaiting();
  // After a failure the old kinds still matter.
  if (waiting_.loaded == nullptr) has_transferred_ = transferred > 0;
}

void ZonePublisher::PublishPart(const ZoneStore& store, absl::Time now) {
  if (part_.zones.has_value() && now < part_.next) return;
  // Versions from primaries are reason enough to begin to answer.
  const bool any =
      !part_.zones.has_value() &&
      std::ranges::any_of(waiting_.versions, [](const auto& of) { return of.version != nullptr; });
  const absl::Status enough = WithinMemory("publish zones", [&] {
    const auto known = any ? std::nullopt : std::optional(part_.zones.value_or(0));
    std::shared_ptr<const ZoneSet> part = store.Partial(known);
    if (part == nullptr) return;
    part_.zones = part->served();
    waiting_.loaded = std::move(part);
    has_transferred_ = has_transferred_ || !waiting_.versions.empty();
    PublishWaiting();
  });
  constexpr int kShare = 20;  // Of one thread's time, at most.
  part_.next = now + std::max(kPartEvery, kShare * (absl::Now() - now));
}

void ZonePublisher::Add(std::vector<TransferredVersion> versions) {
  std::vector<TransferredVersion>& all = waiting_.versions;
  all.insert(all.end(), std::make_move_iterator(versions.begin()),
             std::make_move_iterator(versions.end()));
}

void ZonePublisher::PublishSoon() {
  if (waiting_.versions.empty() || soon_.IsActive()) return;
  const uint64_t now_ns = uv_hrtime();
  if (now_ns >= versions_next_ns_) return PublishWaiting();
  soon_.Start(absl::Ceil(absl::Nanoseconds(static_cast<int64_t>(versions_next_ns_ - now_ns)),
                         absl::Milliseconds(1)));
}

std::shared_ptr<const ZoneSet> ZonePublisher::NextSet() const {
  const absl::Time now = absl::Now();
  std::shared_ptr<const ZoneSet> set = waiting_.loaded;
  if (set == nullptr) {
    set = zones_.current();
  } else if (has_transferred_) {
    set = WithPublished(*set, *zones_.current(), now);
  }
  return waiting_.versions.empty() ? set : WithVersions(*set, waiting_.versions, now);
}

void ZonePublisher::PublishWaiting() {
  // Before the first publish no zone is known.
  const bool is_too_early = zones_.current()->zones().empty() || waiting_.versions.empty();
  if (waiting_.loaded == nullptr && is_too_early) return;
  const uint64_t began_ns = uv_hrtime();
  std::shared_ptr<const ZoneSet> next;
  const absl::Status enough = WithinMemory("publish zones", [&] { next = NextSet(); });
  if (!enough.ok()) return soon_.Start(kAgainAfter);
  waiting_ = {};
  Publish(std::move(next));
  const uint64_t now_ns = uv_hrtime();
  versions_next_ns_ =
      now_ns + std::max(Ns(kVersionsEvery), (kVersionsShare - 1) * (now_ns - began_ns));
}

void ZonePublisher::Reap() {
  if (zones_.Reap() > 0) return;
  const uint64_t now_ns = uv_hrtime();
  if (now_ns < trim_next_ns_) return;  // At a later turn of the timer.
  trim_next_ns_ = now_ns + Ns(kTrimEvery);
  reap_.Stop();
  malloc_trim(0);  // What the old zones were made of goes back to the system.
}

}  // namespace hither
