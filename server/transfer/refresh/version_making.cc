#include "server/transfer/refresh/version_making.h"

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/counted.h"
#include "base/log.h"
#include "dns/serial.h"

namespace hither {
namespace {

size_t WithoutSoa(size_t records) { return records == 0 ? 0 : records - 1; }

std::string PrimaryReason(const std::string& primary, const std::string& reason) {
  return absl::StrCat("the version of ", primary, ": ", reason);
}

// The first offending RRset and its records follow the gate's text.
std::string RefusalText(const VersionOutcome& outcome) {
  std::string text = outcome.gates.text.empty() ? outcome.reason : outcome.gates.text;
  if (!outcome.gates.records.empty()) {
    absl::StrAppend(&text, " [", outcome.gates.records.front(), "]");
  }
  return text;
}

}  // namespace

VersionMaking::Origin VersionMaking::OriginOf(const Turn& turn, const RefreshZone& zone,
                                              const TurnResult& result) {
  Origin origin;
  origin.primary = turn.primary;
  origin.expire_seconds = result.expire_seconds;
  if (zone.version != nullptr) origin.serial_from = zone.version->serial();
  if (result.soa) origin.serial = result.soa->serial;
  origin.is_whole = result.kind == TurnResult::Kind::kWhole;
  origin.held_octets = result.whole.octets.size();
  origin.added = result.whole.count;
  for (const TransferDiff& diff : result.diffs) {
    origin.held_octets += diff.removed.octets.size() + diff.added.octets.size();
    origin.removed += WithoutSoa(diff.removed.count);
    origin.added += WithoutSoa(diff.added.count);
  }
  origin.accepted_serial = zone.accepted_serial;
  origin.octets = result.octets;
  origin.took = result.took;
  return origin;
}

VersionOrder VersionMaking::OrderOf(const RefreshZone& zone, const Origin& origin,
                                    TurnResult result) const {
  VersionOrder order;
  order.zone = Name(zone.name);
  order.policy = zone.policy;
  const bool is_backward = origin.serial_from && !SerialIsAfter(origin.serial, *origin.serial_from);
  if (zone.round.is_order && is_backward) {
    // The operator wants the primary's version whatever its serial; the other gates still decide.
    auto policy = std::make_shared<TransferPolicy>(*zone.policy);
    policy->gates.serial = GateSerial::kAny;
    order.policy = std::move(policy);
  }
  order.is_whole = origin.is_whole;
  order.whole = std::move(result.whole);
  order.diffs = std::move(result.diffs);
  order.published = zone.version;
  order.accepted_serial = zone.accepted_serial;
  RefreshTimer timer = zone.timer;
  if (result.soa) {
    timer.OnTransferred(*result.soa, result.expire_seconds, desk_.Now(), desk_.Random());
  }
  order.timers = desk_.TimersOf(zone, timer);
  order.timers.primary = desk_.primaries.NameOf(origin.primary);
  order.timers.rolled_back_from.reset();
  return order;
}

void VersionMaking::Make(const Turn& turn, RefreshZone& zone, TurnResult result) {
  const Origin origin = OriginOf(turn, zone, result);
  zone.phase = ZonePhase::kMaking;
  ++orders_;
  octets_ += origin.held_octets;
  desk_.Settle(turn.zone, zone);
  desk_.parts.keeper.Make(
      OrderOf(zone, origin, std::move(result)),
      [this, number = turn.zone, origin, post = desk_.parts.post](VersionOutcome outcome) {
        auto held = std::make_shared<VersionOutcome>(std::move(outcome));
        post([this, number, origin, held] { OnMade(number, origin, std::move(*held)); });
      });
}

void VersionMaking::OnMade(ZoneNumber number, const Origin& origin, VersionOutcome outcome) {
  --orders_;
  octets_ -= origin.held_octets;
  RefreshZone* zone = desk_.zones.At(number);
  if (zone == nullptr || zone->phase != ZonePhase::kMaking) return;
  if (zone->is_gone) return desk_.Remove(number, *zone);
  if (outcome.kind != VersionOutcome::Kind::kNoDisk) desk_.disk.OnGood();
  const std::string primary = desk_.primaries.NameOf(origin.primary);
  switch (outcome.kind) {
    case VersionOutcome::Kind::kCommitted:
      return OnCommitted(number, *zone, origin, std::move(outcome));
    case VersionOutcome::Kind::kSame:
      zone->content_from = origin.primary;
      if (zone->version == nullptr) return desk_.Fail(number, *zone, "the version is not there");
      return desk_.Confirm(number, *zone, origin.primary, origin.expire_seconds);
    case VersionOutcome::Kind::kRefused:
      return OnRefused(number, *zone, origin, outcome);
    case VersionOutcome::Kind::kUnfit:
      return OnUnfit(number, *zone, origin, outcome.reason);
    case VersionOutcome::Kind::kNoDisk:
      desk_.disk.OnFailed(desk_.Now().steady);
      [[fallthrough]];
    case VersionOutcome::Kind::kNoMemory:
      return desk_.Fail(number, *zone, PrimaryReason(primary, outcome.reason));
    case VersionOutcome::Kind::kStopped:
      zone->phase = ZonePhase::kIdle;
      return;
  }
}

void VersionMaking::OnCommitted(ZoneNumber number, RefreshZone& zone, const Origin& origin,
                                VersionOutcome outcome) {
  const TransferNow now = desk_.Now();
  LogCommitted(zone, origin, outcome);
  ++desk_.tally.versions_made;
  zone.version = std::move(outcome.zone);
  zone.since_seconds = absl::ToUnixSeconds(now.wall);
  zone.content_from = origin.primary;
  zone.accepted_serial.reset();
  zone.rolled_back_from.reset();
  zone.timer.OnTransferred(outcome.soa, origin.expire_seconds, now, desk_.Random());
  zone.phase = ZonePhase::kIdle;
  zone.round = ZoneRound();
  desk_.reports.ForgetReason(number);
  desk_.reports.ForgetRefused(number);
  desk_.Save(number, zone);
  desk_.Settle(number, zone);
}

void VersionMaking::LogCommitted(const RefreshZone& zone, const Origin& origin,
                                 const VersionOutcome& outcome) {
  const std::string repeated =
      outcome.repeated == 0 ? ""
                            : absl::StrCat("; ", outcome.repeated, " of the added were present");
  const std::string from =
      origin.serial_from ? absl::StrCat(*origin.serial_from, " -> ") : "first version ";
  const std::string changes = origin.is_whole ? Counted(origin.added, "record")
                                              : absl::StrCat(Counted(origin.removed, "record"),
                                                             " removed, ", origin.added, " added");
  Log(LogLevel::kInfo, "zone ", zone.name.ToText(), ": ", from, outcome.soa.serial, " by ",
      origin.is_whole ? "AXFR" : "IXFR", " from ", desk_.primaries.NameOf(origin.primary), ": ",
      changes, ", ", origin.octets, " octets in ",
      absl::StrFormat("%.3f s", absl::ToDoubleSeconds(origin.took)), repeated);
  for (const std::string& warning : outcome.gates.warnings) {
    Log(LogLevel::kWarning, "zone ", zone.name.ToText(), ": serial ", outcome.soa.serial, ": ",
        warning);
  }
}

void VersionMaking::OnRefused(ZoneNumber number, RefreshZone& zone, const Origin& origin,
                              const VersionOutcome& outcome) {
  ++desk_.tally.versions_refused;
  const bool is_gate = outcome.gates.outcome != GateResult::Outcome::kPassed;
  RefusedVersion refused;
  refused.serial = origin.serial;
  refused.at = desk_.Now().wall;
  if (is_gate) refused.gate = std::string(GateName(outcome.gates.gate));
  refused.reason = RefusalText(outcome);
  refused.diff_text = outcome.diff_text;
  zone.report.word = TransferWord::kRefused;
  // It could not be published although the operator accepted it: once is enough.
  if (zone.accepted_serial == origin.accepted_serial) zone.accepted_serial.reset();
  Log(LogLevel::kError, "zone ", zone.name.ToText(), ": serial ", origin.serial, " from ",
      desk_.primaries.NameOf(origin.primary),
      " is not published: ", refused.gate.empty() ? "" : absl::StrCat("gate ", refused.gate, ": "),
      refused.reason, "; ", SerialText(zone), " stays. See `hither zone show ", zone.name.ToText(),
      "`; to publish it all the same: `hither zone accept ", zone.name.ToText(), "`");
  const std::string reason =
      absl::StrCat("serial ", origin.serial, " is not published: ", refused.reason);
  desk_.reports.SetRefused(number, std::move(refused));
  desk_.reports.Of(number).logged_reason = reason;  // Logged above.
  desk_.Refuse(number, zone, origin.serial, reason);
}

// The same primary at once; its turn made it the zone's pinned one.
void VersionMaking::OnUnfit(ZoneNumber number, RefreshZone& zone, const Origin& origin,
                            const std::string& reason) {
  const std::string primary = desk_.primaries.NameOf(origin.primary);
  if (origin.is_whole) return desk_.Fail(number, zone, PrimaryReason(primary, reason));
  Log(LogLevel::kWarning, "zone ", zone.name.ToText(), ": the differences of ", primary, " from ",
      SerialText(zone), " to ", origin.serial, " do not fit; asking for AXFR: ", reason);
  zone.is_axfr = true;
  zone.is_notified = true;  // Before the refreshes.
  zone.round = ZoneRound();
  zone.phase = ZonePhase::kIdle;
  desk_.Request(number, zone);
}

}  // namespace hither
