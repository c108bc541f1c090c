#include "server/transfer/refresh/refresh_desk.h"

#include <algorithm>

#include "base/log.h"
#include "dns/serial.h"
#include "server/transfer/refresh/refresh_limits.h"

namespace hither {

std::string SerialText(const RefreshZone& zone) {
  return zone.version == nullptr ? "no version" : absl::StrCat("serial ", zone.version->serial());
}

void RefreshDesk::Settle(ZoneNumber number, RefreshZone& zone) {
  if (zone.phase == ZonePhase::kUnread || zone.phase == ZonePhase::kReading || zone.is_gone) {
    due.Move(number, zone.wake, absl::InfiniteFuture());
    return;
  }
  const RefreshState state = zone.timer.state(Now());
  absl::Time next = zone.phase == ZonePhase::kIdle ? zone.timer.due() : absl::InfiniteFuture();
  if (state == RefreshState::kFresh || state == RefreshState::kStale) {
    next = std::min(next, zone.timer.expires_at());
  }
  due.Move(number, zone.wake, next);
  const ZoneReport* report = reports.Find(number);
  std::string error = report == nullptr ? "" : report->reason;
  if (report != nullptr && error.empty() && report->refused) error = report->refused->reason;
  if (state == RefreshState::kExpired && zone.told.state != state) {
    Log(LogLevel::kError, "zone ", zone.name.ToText(), ": expired: no primary has confirmed ",
        SerialText(zone), " in time; it is answered with SERVFAIL until one does",
        error.empty() ? "" : ". Last failure: ", error);
  }
  news.Consider(number, zone, state, reports.HasRefused(number), error);
}

void RefreshDesk::Request(ZoneNumber number, RefreshZone& zone,
                          std::optional<PrimaryNumber> notified_by) {
  const bool is_check = zone.version != nullptr && !zone.is_order && !zone.is_axfr;
  const Urgency urgency = zone.is_notified ? Urgency::kNotify
                          : is_check       ? Urgency::kCheck
                                           : Urgency::kRefresh;
  if (!queue.Request(number, urgency, notified_by)) {
    Fail(number, zone, "none of its primaries is configured");
    return;
  }
  zone.phase = ZonePhase::kWaiting;
  zone.is_notified = false;
  Settle(number, zone);
}

void RefreshDesk::Requeue(ZoneNumber number, RefreshZone& zone) {
  const bool has_turn = zone.phase == ZonePhase::kAsking;
  if (has_turn) {
    PrimaryClient* client = primaries.client(zone.turn.primary);
    if (client != nullptr) client->Cancel(zone.client_turn);
  }
  queue.Remove(number);
  // kBehind says nothing against the primary.
  if (has_turn) queue.End(zone.turn, TurnEnd::kBehind, Now().steady);
  if (has_turn || zone.phase == ZonePhase::kWaiting) {
    zone.phase = ZonePhase::kIdle;
    zone.is_order |= zone.round.is_order;
    zone.is_axfr |= zone.round.is_axfr;
    zone.round = ZoneRound();
  }
  if (zone.is_gone) return;
  const std::optional<PrimaryNumber> from =
      zone.content_from == 0 ? std::nullopt : std::optional(zone.content_from);
  queue.Add(number, primaries.NumbersOf(zone.policy->primaries), from);
}

Hold RefreshDesk::HoldOf(const RefreshZone& zone, uint32_t serial) const {
  if (zone.rolled_back_from && !SerialIsAfter(serial, *zone.rolled_back_from)) {
    return Hold::kRolledBack;
  }
  const TransferNow now = Now();
  if (serial != zone.accepted_serial && !zone.timer.MayTransfer(serial, now)) return Hold::kRefused;
  return now.steady < disk.until ? Hold::kDisk : Hold::kNone;
}

void RefreshDesk::EndRound(ZoneNumber number, RefreshZone& zone) {
  zone.phase = ZonePhase::kIdle;
  zone.round = ZoneRound();
  Settle(number, zone);
}

void RefreshDesk::Confirm(ZoneNumber number, RefreshZone& zone, PrimaryNumber by,
                          std::optional<uint32_t> expire_seconds) {
  const TransferNow now = Now();
  const RefreshState before = zone.told.state;
  const bool is_refused_offered = zone.round.is_held && !zone.rolled_back_from;
  zone.timer.OnCurrent(zone.version->serial(), expire_seconds, now, Random());
  if (zone.content_from == 0) zone.content_from = by;
  LogRecovery(number, zone, before, by);
  reports.ForgetReason(number);
  if (!is_refused_offered) reports.ForgetRefused(number);
  Save(number, zone);
  EndRound(number, zone);
}

void RefreshDesk::Fail(ZoneNumber number, RefreshZone& zone, const std::string& reason) {
  zone.timer.OnFailed(Now(), Random());
  LogTrouble(number, zone, reason);
  EndRound(number, zone);
}

void RefreshDesk::FailUnreachable(ZoneNumber number, RefreshZone& zone, const std::string& reason) {
  zone.timer.OnFailed(Now(), Random());
  reports.Of(number).reason = reason;
  EndRound(number, zone);
}

void RefreshDesk::Refuse(ZoneNumber number, RefreshZone& zone, uint32_t serial,
                         const std::string& reason) {
  zone.timer.OnRefused(serial, Now(), Random());
  LogTrouble(number, zone, reason);
  Save(number, zone);
  EndRound(number, zone);
}

void RefreshDesk::HoldBack(ZoneNumber number, RefreshZone& zone, const std::string& reason) {
  zone.timer.OnHeld(Now(), Random());
  reports.Of(number).reason = reason;
  EndRound(number, zone);
}

// One line when the trouble begins and one for each new reason; a zone that stays unreachable for a
// week must not fill the disk.
void RefreshDesk::LogTrouble(ZoneNumber number, const RefreshZone& zone,
                             const std::string& reason) {
  ZoneReport& report = reports.Of(number);
  report.reason = reason;
  const bool is_logged = report.logged_reason == reason;
  report.logged_reason = reason;
  const std::string served =
      zone.version == nullptr
          ? "there is no version to serve"
          : absl::StrCat(SerialText(zone), " is served, for ",
                         absl::FormatDuration(absl::Trunc(
                             std::max(absl::ZeroDuration(), zone.timer.expires_at() - Now().steady),
                             absl::Seconds(1))),
                         " at most");
  Log(is_logged ? LogLevel::kDebug : LogLevel::kWarning, "zone ", zone.name.ToText(),
      ": not refreshed: ", reason, "; ", served);
}

// A stale zone whose trouble was only its primary's outage has no line of its own for either.
void RefreshDesk::LogRecovery(ZoneNumber number, const RefreshZone& zone, RefreshState before,
                              PrimaryNumber by) {
  if (before != RefreshState::kStale && before != RefreshState::kExpired) return;
  const ZoneReport* report = reports.Find(number);
  const bool was_logged = report != nullptr && !report->logged_reason.empty();
  const bool is_news = was_logged || before == RefreshState::kExpired;
  Log(is_news ? LogLevel::kInfo : LogLevel::kDebug, "zone ", zone.name.ToText(), ": ",
      before == RefreshState::kExpired ? "no longer expired: " : "no longer stale: ",
      primaries.NameOf(by), " confirms ", SerialText(zone));
}

ZoneTimers RefreshDesk::TimersOf(const RefreshZone& zone, const RefreshTimer& timer) const {
  const TransferNow now = Now();
  const RefreshSaved saved = timer.Save(now);
  ZoneTimers timers;
  timers.last_success = saved.last_success;
  timers.expire_seconds = saved.expire_seconds;
  if (timer.due() != absl::InfiniteFuture()) {
    timers.next_refresh = now.wall + (timer.due() - now.steady);
  }
  // The back-off of a refused serial, otherwise that of a primary.
  timers.failures = saved.refused_serial ? saved.refusals : timer.failures();
  timers.primary = primaries.NameOf(zone.content_from);
  timers.rolled_back_from = zone.rolled_back_from;
  return timers;
}

// A serial whose transfer only broke off is tried again after a restart; one that a gate refused is
// not.
void RefreshDesk::Save(ZoneNumber number, const RefreshZone& zone) {
  ZoneTimers timers = TimersOf(zone, zone.timer);
  const ZoneReport* report = reports.Find(number);
  if (report != nullptr && report->refused) timers.refused_serial = report->refused->serial;
  parts.keeper.SaveTimers(Name(zone.name), timers);
}

void RefreshDesk::RestartTimer(RefreshZone& zone, std::optional<SoaFields> soa) {
  const TransferNow now = Now();
  const RefreshSaved saved = zone.timer.Save(now);
  zone.timer = RefreshTimer(BoundsOf(zone.policy->limits, zones.size()));
  if (soa) {
    zone.timer.Start(*soa, saved, now, Random());
  } else {
    zone.timer.StartEmpty(now, Random());
  }
  if (zone.round.has_begun || zone.phase == ZonePhase::kMaking) zone.timer.OnAsked(now);
}

void RefreshDesk::Remove(ZoneNumber number, RefreshZone& zone) {
  Log(LogLevel::kInfo, "zone ", zone.name.ToText(), ": removed; its versions stay on disk for ",
      absl::FormatDuration(kUnconfiguredKept));
  due.Move(number, zone.wake, absl::InfiniteFuture());
  parts.keeper.Retire(Name(zone.name), Now().wall);
  news.Forget(number, zone);
  reports.Remove(number);
  zones.Remove(number);
}

}  // namespace hither
