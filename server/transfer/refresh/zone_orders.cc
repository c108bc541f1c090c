#include "server/transfer/refresh/zone_orders.h"

#include <memory>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/log.h"
#include "dns/serial.h"

namespace hither {

RefreshZone* ZoneOrders::Find(NameView name, const Done& done, ZoneNumber& number) {
  const std::optional<ZoneNumber> found = desk_.zones.Find(name);
  RefreshZone* zone = found ? desk_.zones.At(*found) : nullptr;
  if (zone == nullptr || zone->is_gone) {
    done(absl::NotFoundError(
        absl::StrCat("zone ", name.ToText(), " is not among the zones with primaries")));
    return nullptr;
  }
  if (zone->phase == ZonePhase::kUnread || zone->phase == ZonePhase::kReading) {
    done(absl::UnavailableError(
        absl::StrCat("zone ", name.ToText(), " is still being read from disk; try again later")));
    return nullptr;
  }
  number = *found;
  return zone;
}

RefreshZone* ZoneOrders::FindToRefresh(NameView name, const Done& done, ZoneNumber& number) {
  RefreshZone* zone = Find(name, done, number);
  if (zone == nullptr || zone->phase != ZonePhase::kRolling) return zone;
  done(absl::UnavailableError(
      absl::StrCat("zone ", name.ToText(), " is being rolled back; try again later")));
  return nullptr;
}

// Ahead of refreshes, and also of a primary that rests: the operator may know that it is back.
void ZoneOrders::Order(ZoneNumber number, RefreshZone& zone) {
  zone.timer.OnOrder(desk_.Now());
  zone.rolled_back_from.reset();
  zone.is_notified = true;
  if (zone.phase == ZonePhase::kIdle || zone.phase == ZonePhase::kWaiting) {
    for (const PrimaryNumber primary : desk_.primaries.NumbersOf(zone.policy->primaries)) {
      desk_.queue.Request(number, Urgency::kNotify, primary);
    }
    if (zone.phase == ZonePhase::kIdle) desk_.Request(number, zone);
    zone.is_notified = false;
  }
  desk_.Settle(number, zone);
}

void ZoneOrders::Refresh(NameView name, const Done& done) {
  ZoneNumber number = 0;
  RefreshZone* zone = FindToRefresh(name, done, number);
  if (zone == nullptr) return;
  Order(number, *zone);
  Log(LogLevel::kInfo, "zone ", name.ToText(), ": refresh ordered by the operator");
  done(absl::StrCat("zone ", name.ToText(), ": asking ",
                    absl::StrJoin(zone->policy->primaries, ", "), "; held: ", SerialText(*zone)));
}

void ZoneOrders::Retransfer(NameView name, const Done& done) {
  ZoneNumber number = 0;
  RefreshZone* zone = FindToRefresh(name, done, number);
  if (zone == nullptr) return;
  zone->is_order = true;
  Order(number, *zone);
  Log(LogLevel::kInfo, "zone ", name.ToText(), ": retransfer ordered by the operator");
  done(absl::StrCat("zone ", name.ToText(), ": transferring the whole zone from ",
                    absl::StrJoin(zone->policy->primaries, ", ")));
}

void ZoneOrders::Accept(NameView name, std::optional<uint32_t> serial, const Done& done) {
  ZoneNumber number = 0;
  RefreshZone* zone = FindToRefresh(name, done, number);
  if (zone == nullptr) return;
  const ZoneReport* report = desk_.reports.Find(number);
  if (!serial && report != nullptr && report->refused) serial = report->refused->serial;
  if (!serial) {
    return done(absl::FailedPreconditionError(
        absl::StrCat("zone ", name.ToText(),
                     " has no refused version; give the serial that is to be accepted")));
  }
  zone->accepted_serial = serial;
  Order(number, *zone);
  Log(LogLevel::kWarning, "zone ", name.ToText(), ": serial ", *serial,
      " accepted by the operator; its gates only warn");
  done(absl::StrCat("zone ", name.ToText(), ": serial ", *serial,
                    " is accepted and will be published once it is transferred again"));
}

void ZoneOrders::RollBack(NameView name, std::optional<uint32_t> serial, const Done& done) {
  ZoneNumber number = 0;
  RefreshZone* zone = Find(name, done, number);
  if (zone == nullptr) return;
  if (zone->version == nullptr) {
    return done(absl::FailedPreconditionError(
        absl::StrCat("zone ", name.ToText(), " has no version to roll back from")));
  }
  const Waiting order = {.number = number, .serial = serial, .done = done};
  if (zone->phase != ZonePhase::kMaking && zone->phase != ZonePhase::kRolling) {
    return BeginRollBack(*zone, order);
  }
  if (waiting_.size() >= kWaitingMax) {
    return done(absl::ResourceExhaustedError("too many zones wait to be rolled back; try again"));
  }
  waiting_.push_back(order);
}

void ZoneOrders::BeginWaiting() {
  // In the order of asking: of one zone's, the first one makes the others wait.
  for (size_t i = 0; i < waiting_.size();) {
    RefreshZone* zone = desk_.zones.At(waiting_[i].number);
    const bool is_busy = zone != nullptr &&
                         (zone->phase == ZonePhase::kMaking || zone->phase == ZonePhase::kRolling);
    if (is_busy) {
      ++i;
      continue;
    }
    const Waiting order = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    if (zone == nullptr || zone->is_gone) {
      order.done(absl::NotFoundError("the zone was removed from the configuration"));
    } else {
      BeginRollBack(*zone, order);
    }
  }
}

void ZoneOrders::BeginRollBack(RefreshZone& zone, const Waiting& order) {
  desk_.Requeue(order.number, zone);
  zone.is_order = false;
  zone.phase = ZonePhase::kRolling;
  desk_.Settle(order.number, zone);
  const uint32_t serial_from = zone.version->serial();
  desk_.parts.keeper.RollBack(
      Name(zone.name), order.serial,
      [this, order, serial_from, post = desk_.parts.post](VersionOutcome outcome) {
        auto held = std::make_shared<VersionOutcome>(std::move(outcome));
        post([this, order, serial_from, held] {
          OnRolledBack(order, serial_from, std::move(*held));
        });
      });
}

// A NOTIFY that came meanwhile was answered, and is not repeated.
void ZoneOrders::RestartTimer(RefreshZone& zone, std::optional<SoaFields> soa) {
  const std::optional<uint32_t> hint = zone.timer.hint();
  desk_.RestartTimer(zone, std::move(soa));
  if (zone.is_notified) zone.timer.OnNotify(hint, desk_.Now());
}

// The age of the version that was rolled back from is that of the older one, too: a primary has
// confirmed that it has the zone then.
void ZoneOrders::OnRolledBack(const Waiting& order, uint32_t serial_from, VersionOutcome outcome) {
  RefreshZone* zone = desk_.zones.At(order.number);
  if (zone == nullptr || zone->phase != ZonePhase::kRolling)
    return order.done(absl::AbortedError("the zone was removed from the configuration"));
  const std::string name = zone->name.ToText();
  zone->phase = ZonePhase::kIdle;
  if (zone->is_gone) {
    desk_.Remove(order.number, *zone);
    return order.done(absl::AbortedError("the zone was removed from the configuration"));
  }
  if (outcome.kind != VersionOutcome::Kind::kCommitted) {
    RestartTimer(*zone, zone->timer.soa());
    desk_.Settle(order.number, *zone);
    return order.done(absl::FailedPreconditionError(
        absl::StrCat("zone ", name, " is not rolled back: ", outcome.reason)));
  }
  const std::optional<uint32_t> before = zone->rolled_back_from;
  const bool is_forward = SerialIsAfter(outcome.soa.serial, serial_from);
  if (!before || SerialIsAfter(serial_from, *before)) zone->rolled_back_from = serial_from;
  // Back to the latest one: nothing is left to stay away from.
  if (is_forward && zone->rolled_back_from == outcome.soa.serial) zone->rolled_back_from.reset();
  zone->version = std::move(outcome.zone);
  zone->since_seconds = absl::ToUnixSeconds(desk_.Now().wall);
  zone->accepted_serial.reset();
  RestartTimer(*zone, outcome.soa);
  desk_.Save(order.number, *zone);
  desk_.Settle(order.number, *zone);
  const std::string until =
      zone->rolled_back_from
          ? absl::StrCat("; it stays until a primary is past ", *zone->rolled_back_from)
          : "";
  const std::string text = absl::StrCat("zone ", name, ": rolled back: ", serial_from, " -> ",
                                        outcome.soa.serial, until);
  Log(LogLevel::kWarning, text);
  order.done(text);
}

}  // namespace hither
