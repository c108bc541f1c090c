#include "server/transfer/keep/gate_rules.h"

#include "absl/strings/str_cat.h"
#include "zones/gate/gate_settings.h"

namespace hither {
namespace {

constexpr uint32_t kHundredths = 100;

std::optional<SizeLimit> LimitOf(std::optional<uint32_t> hundredths,
                                 const std::optional<SizeLimit>& recommended) {
  if (!hundredths.has_value()) return std::nullopt;
  return SizeLimit{.percent = (*hundredths + kHundredths - 1) / kHundredths,
                   .ignored_max = recommended.has_value() ? recommended->ignored_max : 0};
}

ChangeGate ChangeOf(GateChange change) {
  return change == GateChange::kHold ? ChangeGate::kHold : ChangeGate::kPass;
}

ZonemdGate ZonemdOf(GateZonemd zonemd) {
  switch (zonemd) {
    case GateZonemd::kIgnore:
      return ZonemdGate::kIgnore;
    case GateZonemd::kVerify:
      return ZonemdGate::kVerify;
    case GateZonemd::kRequire:
      return ZonemdGate::kRequire;
  }
  return ZonemdGate::kRequire;
}

}  // namespace

GateSettings GateRulesOf(const GateConfig& config) {
  const GateSettings recommended = RecommendedGates();
  GateSettings rules;
  rules.shrink_max = LimitOf(config.shrink_max, recommended.shrink_max);
  rules.growth_max = LimitOf(config.growth_max, recommended.growth_max);
  rules.serial = config.serial == GateSerial::kForward ? SerialGate::kForward : SerialGate::kAny;
  rules.apex_ns = ChangeOf(config.apex_ns);
  rules.dnskey = ChangeOf(config.dnskey);
  rules.dnssec = config.dnssec == GateDnssec::kVerify ? DnssecGate::kVerify : DnssecGate::kOff;
  rules.expires_in_min = config.expires_in_min;
  rules.zonemd = ZonemdOf(config.zonemd);
  rules.empty_rrset = config.shrink_max.has_value() ? ChangeGate::kHold : ChangeGate::kPass;
  rules.command = config.command;
  rules.deadline = config.deadline;
  rules.on_deadline = config.on_deadline == GateDeadline::kAccept ? DeadlineAction::kAccept
                                                                  : DeadlineAction::kReject;
  return rules;
}

GateResult CheckKeptRrsets(const Zone& zone, const GateConfig& config) {
  GateResult result;
  for (const KeptRrset& kept : config.keep_rrsets) {
    const NodeId node = kept.owner.has_value() ? zone.FindNode(*kept.owner) : kApex;
    if (node != kNoNode && zone.FindRRset(node, kept.type) != nullptr) continue;
    result.outcome = GateResult::Outcome::kRefused;
    result.gate = GateId::kEmptyRrset;
    result.text = absl::StrCat(
        kept.owner.has_value() ? kept.owner->ToText() : zone.apex().ToText(), " ",
        TypeToText(kept.type),
        " is missing, which keep_rrsets asks for; accept the version if that is intended");
    return result;
  }
  return result;
}

}  // namespace hither
