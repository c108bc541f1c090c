#include "zones/gate/gates.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "zones/gate/gate_run.h"
#include "zones/text/rdata_writer.h"

namespace hither {
namespace {

struct Gate {
  GateId id;
  absl::string_view name;
  void (*check)(GateRun& run);  // Null for the command.
};

// By GateId.
constexpr Gate kGates[] = {
    {GateId::kStructure, "structure", CheckStructure},
    {GateId::kSerial, "serial", CheckSerial},
    {GateId::kSize, "size", CheckSize},
    {GateId::kApexNs, "apex_ns", CheckApexNs},
    {GateId::kDnskey, "dnskey", CheckDnskey},
    {GateId::kEmptyRrset, "empty_rrset", CheckEmptyRrset},
    {GateId::kDnssec, "dnssec", CheckDnssec},
    {GateId::kZonemd, "zonemd", CheckZonemdGate},
    {GateId::kCommand, "command", nullptr},
};
static_assert(std::size(kGates) == static_cast<size_t>(GateId::kCommand) + 1);

// A record's text may be 130 KB; a log line or a page shows the start.
constexpr size_t kRecordTextMax = 300;

void RunCommand(GateRun& run, CommandRunner* runner) {
  if (run.settings().command.empty() || run.IsOver()) return;
  HITHER_CHECK(runner != nullptr);
  CommandVerdict verdict = runner->Run(run.input(), run.settings(), run.watch());
  if (verdict.passed || run.IsOver()) return;
  run.Refuse(std::move(verdict.text), run.new_zone(), kApex, nullptr);
}

}  // namespace

absl::string_view GateName(GateId gate) { return kGates[static_cast<size_t>(gate)].name; }

void GateRun::Refuse(std::string text, const Zone& zone, NodeId id, const RRset* rrset) {
  if (result_.outcome == GateResult::Outcome::kRefused) return;
  result_.outcome = GateResult::Outcome::kRefused;
  result_.text = std::move(text);
  if (rrset == nullptr) return;
  for (const ByteView rdata : rrset->Records()) {
    if (result_.records.size() == GateResult::kRecordsMax) break;
    std::string record;
    AppendRecordText(zone.NameOf(id), rrset->type, rrset->ttl_seconds, rdata, record);
    if (record.size() > kRecordTextMax) record.replace(kRecordTextMax, std::string::npos, "...");
    result_.records.push_back(std::move(record));
  }
}

void GateRun::RefuseAtApex(absl::string_view what, RrType type) {
  Refuse(absl::StrCat(RRsetText(new_zone(), kApex, type), ": ", what), new_zone(), kApex,
         new_zone().FindRRset(kApex, type));
}

void GateRun::Warn(std::string text) {
  if (result_.warnings.size() < GateResult::kWarningsMax) {
    result_.warnings.push_back(std::move(text));
  }
}

GateResult GateRun::Take() {
  if (result_.outcome == GateResult::Outcome::kPassed && watch_.was_late()) {
    result_.outcome = GateResult::Outcome::kUndecided;
    result_.text = absl::StrCat(GateName(result_.gate), ": the gates' deadline of ",
                                absl::FormatDuration(settings_.deadline),
                                " has passed; raise it, or turn this gate off");
  }
  if (result_.outcome != GateResult::Outcome::kRefused && watch_.was_stopped()) {
    result_.outcome = GateResult::Outcome::kStopped;
    result_.text = "the gates were stopped";
  }
  return std::move(result_);
}

std::string RRsetText(const Zone& zone, NodeId id, RrType type) {
  return absl::StrCat(zone.NameOf(id).ToText(), " ", TypeToText(type));
}

GateResult RunGates(const GateInput& input, const GateSettings& settings, GateWatch& watch,
                    CommandRunner* runner) {
  GateRun run(input, settings, watch);
  for (const Gate& gate : kGates) {
    if (run.IsOver()) break;
    run.Enter(gate.id);
    if (gate.check != nullptr) {
      gate.check(run);
    } else {
      RunCommand(run, runner);
    }
  }
  return run.Take();
}

bool MayPublish(const GateResult& result, const GateSettings& settings) {
  if (result.outcome == GateResult::Outcome::kUndecided) {
    return settings.on_deadline == DeadlineAction::kAccept;
  }
  return result.outcome == GateResult::Outcome::kPassed;
}

}  // namespace hither
