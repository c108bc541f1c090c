#include "server/transfer/refresh/zone_turns.h"

#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "dns/serial.h"
#include "server/transfer/refresh/refresh_limits.h"

namespace hither {
namespace {

std::optional<uint32_t> HeldSerial(const RefreshZone& zone) {
  return zone.version == nullptr ? std::nullopt : std::optional(zone.version->serial());
}

TransferWord WordOf(TurnResult::Kind kind) {
  switch (kind) {
    case TurnResult::Kind::kCurrent:
    case TurnResult::Kind::kNewer:
    case TurnResult::Kind::kBehind:
    case TurnResult::Kind::kHeld:
      return TransferWord::kCurrent;
    case TurnResult::Kind::kWhole:
      return TransferWord::kAxfr;
    case TurnResult::Kind::kDiffs:
      return TransferWord::kIxfr;
    case TurnResult::Kind::kBroken:
    case TurnResult::Kind::kFailed:
    case TurnResult::Kind::kOwnFault:
      return TransferWord::kFailed;
    case TurnResult::Kind::kUnreachable:
      return TransferWord::kUnreachable;
  }
  return TransferWord::kFailed;
}

std::string OwnReason(const TurnResult& result, const RefreshZone& zone) {
  if (!result.reason.empty() || !result.soa.has_value()) return result.reason;
  if (result.kind == TurnResult::Kind::kHeld) {
    return absl::StrCat("still offers serial ", result.soa->serial, ", which was refused");
  }
  return absl::StrCat("has serial ", result.soa->serial, ", we have ", SerialText(zone));
}

}  // namespace

void ZoneTurns::BeginAll() {
  // Each turn ends a wait, so this ends; a primary without a client ends its turns here.
  for (;;) {
    const std::optional<Turn> turn = desk_.queue.Next(desk_.Now().steady, making_.HasRoom());
    if (!turn) return;
    Begin(*turn);
  }
}

TurnOrder ZoneTurns::OrderOf(const Turn& turn, const RefreshZone& zone) {
  TurnOrder order;
  order.zone = Name(zone.name);
  order.held_serial = HeldSerial(zone);
  // Not Turn::is_changed: the queue does not know that a version was refused in the end.
  const bool is_changed = zone.version != nullptr && zone.content_from != turn.primary;
  order.axfr_only = is_changed || zone.round.is_axfr || zone.round.is_order;
  order.is_order = zone.round.is_order;
  order.pace = PaceOf(desk_.settings, zone.policy->limits);
  const std::optional<uint32_t> hint = zone.timer.hint();
  const bool is_ahead = hint && order.held_serial && SerialIsAfter(*hint, *order.held_serial) &&
                        desk_.HoldOf(zone, *hint) == Hold::kNone;
  if (is_ahead) order.hint = hint;
  order.is_check = turn.urgency == Urgency::kCheck && !order.is_order;
  if (order.is_check) order.hint.reset();
  if (!order.hint && zone.round.offered) order.hint = zone.round.offered;
  if (order.is_order) return order;
  order.may_transfer = [this, number = turn.zone](uint32_t serial) {
    const RefreshZone* zone_now = desk_.zones.At(number);
    return zone_now != nullptr && desk_.HoldOf(*zone_now, serial) == Hold::kNone;
  };
  return order;
}

void ZoneTurns::Begin(const Turn& turn) {
  RefreshZone* zone = desk_.zones.At(turn.zone);
  if (zone == nullptr) {
    desk_.queue.End(turn, TurnEnd::kBehind, desk_.Now().steady);
    return;
  }
  zone->phase = ZonePhase::kAsking;
  zone->turn = turn;
  if (!zone->round.has_begun) {
    zone->timer.OnAsked(desk_.Now());
    zone->round = ZoneRound();
    zone->round.has_begun = true;
    zone->round.is_order = std::exchange(zone->is_order, false);
    zone->round.is_axfr = std::exchange(zone->is_axfr, false);
  }
  if (!zone->round.offered) ++desk_.tally.checks;
  PrimaryClient* client = desk_.primaries.client(turn.primary);
  if (client == nullptr) {
    TurnResult none;
    none.kind = TurnResult::Kind::kFailed;
    none.reason = "its key or certificate cannot be used; see the log";
    return OnResult(turn, std::move(none));
  }
  zone->client_turn = client->Begin(
      OrderOf(turn, *zone), [this, turn](TurnResult result) { OnResult(turn, std::move(result)); });
}

void ZoneTurns::Report(const Turn& turn, RefreshZone& zone, const TurnResult& result) {
  zone.report = {.at_seconds = absl::ToUnixSeconds(desk_.Now().wall),
                 .octets = result.octets,
                 .took_milliseconds = static_cast<uint32_t>(absl::ToInt64Milliseconds(
                     std::clamp(result.took, absl::ZeroDuration(), absl::Hours(24)))),
                 .primary = turn.primary,
                 .word = WordOf(result.kind)};
  desk_.tally.octets += result.octets;
  if (result.kind == TurnResult::Kind::kDiffs) ++desk_.tally.transfers_ixfr;
  if (result.kind == TurnResult::Kind::kWhole) ++desk_.tally.transfers_axfr;
  if (WordOf(result.kind) >= TransferWord::kRefused) ++desk_.tally.transfers_failed;
  if (!result.warning.empty()) {
    Log(LogLevel::kWarning, "zone ", zone.name.ToText(), " from ",
        desk_.primaries.NameOf(turn.primary), ": ", result.warning);
  }
}

void ZoneTurns::NoteReach(const Turn& turn, const TurnResult& result) {
  if (result.kind == TurnResult::Kind::kOwnFault) return;
  const std::string name = desk_.primaries.NameOf(turn.primary);
  const absl::Time now = desk_.Now().steady;
  if (result.kind != TurnResult::Kind::kUnreachable) {
    const std::string line = desk_.outages.OnAnswer(turn.primary, name, now);
    if (!line.empty()) Log(LogLevel::kInfo, line);
    return;
  }
  const bool is_counting = desk_.queue.zones() < desk_.zones.size();
  const std::string line = desk_.outages.OnUnreachable(
      turn.primary, name, desk_.queue.ZonesOf(turn.primary), is_counting, result.reason, now);
  if (!line.empty()) Log(LogLevel::kWarning, line);
}

void ZoneTurns::OnResult(const Turn& turn, TurnResult result) {
  RefreshZone* zone = desk_.zones.At(turn.zone);
  if (zone == nullptr || zone->phase != ZonePhase::kAsking || !(zone->turn == turn)) return;
  Report(turn, *zone, result);
  NoteReach(turn, result);
  const std::optional<uint32_t> held = HeldSerial(*zone);
  const bool has_held = held && result.soa && result.soa->serial == *held;
  const std::string reason =
      absl::StrCat(desk_.primaries.NameOf(turn.primary), ": ", OwnReason(result, *zone));
  switch (result.kind) {
    case TurnResult::Kind::kCurrent:
      if (!held) return Continue(turn, *zone, TurnEnd::kFailed, reason);
      desk_.queue.End(turn, TurnEnd::kCurrent, desk_.Now().steady);
      return desk_.Confirm(turn.zone, *zone, turn.primary, result.expire_seconds);
    case TurnResult::Kind::kNewer:
      zone->round.offered = result.soa->serial;
      return Continue(turn, *zone, TurnEnd::kNewer, reason);
    case TurnResult::Kind::kBehind:
      if (has_held) {
        zone->round.is_confirmed = true;
        zone->round.has_expire = result.expire_seconds.has_value();
        zone->round.expire_seconds = result.expire_seconds.value_or(0);
      }
      return Continue(turn, *zone, TurnEnd::kBehind, reason);
    case TurnResult::Kind::kHeld:
      return OnHeld(turn, *zone, result);
    case TurnResult::Kind::kWhole:
    case TurnResult::Kind::kDiffs:
      desk_.queue.End(turn, TurnEnd::kTransferred, desk_.Now().steady);
      return making_.Make(turn, *zone, std::move(result));
    case TurnResult::Kind::kBroken:
      if (result.soa) zone->round.broken_serial = result.soa->serial;
      return Continue(turn, *zone, TurnEnd::kFailed, reason);
    case TurnResult::Kind::kFailed:
      return Continue(turn, *zone, TurnEnd::kFailed, reason);
    case TurnResult::Kind::kUnreachable:
      return Continue(turn, *zone, TurnEnd::kUnreachable, reason);
    case TurnResult::Kind::kOwnFault:
      return Continue(turn, *zone, TurnEnd::kBehind, reason);
  }
}

void ZoneTurns::OnHeld(const Turn& turn, RefreshZone& zone, const TurnResult& result) {
  const absl::Time now = desk_.Now().steady;
  const std::string primary = desk_.primaries.NameOf(turn.primary);
  const uint32_t serial = result.soa ? result.soa->serial : 0;
  const Hold hold = result.soa ? desk_.HoldOf(zone, serial) : Hold::kRefused;
  switch (hold) {
    case Hold::kRolledBack:
      // The primary is alive and knows the zone; that we do not want its version is our operator's
      // decision, which must not end with an expired zone.
      desk_.queue.End(turn, TurnEnd::kCurrent, now);
      if (zone.version == nullptr) return desk_.Fail(turn.zone, zone, "rolled back to no version");
      return desk_.Confirm(turn.zone, zone, turn.primary, result.expire_seconds);
    case Hold::kDisk:
      desk_.queue.End(turn, TurnEnd::kCurrent, now);
      return desk_.Fail(turn.zone, zone,
                        "the disk takes no versions at present; see the errors of the zone log");
    case Hold::kNone:  // Its time came between question and answer: treated as before.
    case Hold::kRefused:
      zone.round.is_held = true;
      return Continue(turn, zone, TurnEnd::kBehind,
                      absl::StrCat(primary, ": ", OwnReason(result, zone)));
  }
}

void ZoneTurns::Continue(const Turn& turn, RefreshZone& zone, TurnEnd end,
                         const std::string& reason) {
  const RoundEnd round_end = desk_.queue.End(turn, end, desk_.Now().steady);
  if (round_end == RoundEnd::kQueued) {
    if (end != TurnEnd::kNewer) zone.round.offered.reset();  // The next one may not have it.
    zone.phase = ZonePhase::kWaiting;
    return desk_.Settle(turn.zone, zone);
  }
  const ZoneRound round = zone.round;
  if (round.is_confirmed) {
    return desk_.Confirm(turn.zone, zone, turn.primary,
                         round.has_expire ? std::optional(round.expire_seconds) : std::nullopt);
  }
  if (round.broken_serial) return desk_.Refuse(turn.zone, zone, *round.broken_serial, reason);
  if (round.is_held) return desk_.HoldBack(turn.zone, zone, reason);
  if (end == TurnEnd::kUnreachable) return desk_.FailUnreachable(turn.zone, zone, reason);
  desk_.Fail(turn.zone, zone, reason);
}

}  // namespace hither
