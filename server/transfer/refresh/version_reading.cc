#include "server/transfer/refresh/version_reading.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"

namespace hither {
namespace {

RefreshSaved SavedOf(const ZoneTimers& timers) {
  RefreshSaved saved;
  saved.last_success = timers.last_success;
  saved.expire_seconds = timers.expire_seconds;
  saved.refused_serial = timers.refused_serial;
  if (saved.refused_serial) saved.refusals = std::max(1u, timers.failures);
  return saved;
}

}  // namespace

void VersionReading::ReadSome() {
  while (reading_ < kReadingMax && !waiting_.empty()) {
    const ZoneNumber number = waiting_.front();
    waiting_.pop_front();
    RefreshZone* zone = desk_.zones.At(number);
    if (zone == nullptr || zone->phase != ZonePhase::kUnread) continue;
    zone->phase = ZonePhase::kReading;
    ++reading_;
    desk_.parts.keeper.Load(Name(zone->name), zone->policy,
                            [this, number, post = desk_.parts.post](HeldVersion held) {
                              auto shared = std::make_shared<HeldVersion>(std::move(held));
                              post([this, number, shared] { OnRead(number, std::move(*shared)); });
                            });
  }
}

void VersionReading::Start(RefreshZone& zone, HeldVersion held) {
  const TransferNow now = desk_.Now();
  if (held.zone == nullptr) {
    zone.timer.StartEmpty(now, desk_.Random());
    return;
  }
  const ZoneTimers timers = held.timers.value_or(ZoneTimers());
  RefreshSaved saved = SavedOf(timers);
  if (!held.timers) {
    // Timers can be lost with the end of the log. The version was confirmed once; when is unknown,
    // as after a jump of the clock.
    saved.last_success = absl::InfiniteFuture();
    saved.expire_seconds = 0xffffffff;
  }
  zone.timer.Start(held.soa, saved, now, desk_.Random());
  zone.timer.AskSoon(now,
                     desk_.Random());  // NOTIFYs were sent to nobody while the server was down.
  if (held.may_be_old) zone.timer.OnNotify(std::nullopt, now);  // Due now.
  zone.version = std::move(held.zone);
  const absl::Time since = timers.last_success;
  zone.since_seconds = absl::ToUnixSeconds(since == absl::InfinitePast() ? now.wall : since);
  zone.content_from = desk_.primaries.Find(timers.primary).value_or(0);
  zone.rolled_back_from = timers.rolled_back_from;
  if (held.is_rolled_back && !zone.rolled_back_from && !held.versions.empty()) {
    zone.rolled_back_from = held.versions.back();
  }
}

void VersionReading::OnRead(ZoneNumber number, HeldVersion held) {
  --reading_;
  RefreshZone* zone = desk_.zones.At(number);
  if (zone == nullptr || zone->phase != ZonePhase::kReading) return;
  if (zone->is_gone) return desk_.Remove(number, *zone);
  zone->phase = ZonePhase::kIdle;
  if (!held.error.empty()) {
    Log(LogLevel::kError, "zone ", zone->name.ToText(),
        ": its version on disk cannot be read: ", held.error, "; it is transferred again");
    desk_.reports.Of(number).reason = held.error;
  }
  if (held.timers && held.timers->refused_serial && held.zone != nullptr) {
    desk_.reports.SetRefused(number, {.serial = *held.timers->refused_serial,
                                      .reason = "refused before the last start"});
  }
  Start(*zone, std::move(held));
  desk_.Requeue(number, *zone);  // With the primary whose version it is.
  desk_.Settle(number, *zone);
}

}  // namespace hither
