#ifndef HITHER_ZONES_GATE_GATE_RUN_H_
#define HITHER_ZONES_GATE_GATE_RUN_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "zones/gate/gates.h"
#include "zones/gate/zone_changes.h"

namespace hither {

// One version on its way through the gates: what the gates share. Internal to zones/gate/.
class GateRun {
 public:
  GateRun(const GateInput& input, const GateSettings& settings, GateWatch& watch)
      : input_(input), settings_(settings), watch_(watch) {}

  const Zone* old_zone() const { return input_.old_zone; }
  const Zone& new_zone() const { return input_.new_zone; }
  uint32_t now() const { return input_.now; }
  const GateInput& input() const { return input_; }
  const GateSettings& settings() const { return settings_; }
  GateWatch& watch() { return watch_; }

  // Asked in each loop of a gate: has one refused, or must the work end?
  bool IsOver() { return result_.outcome == GateResult::Outcome::kRefused || watch_.IsOver(); }

  // The same before each signature, which may be one of many megabytes.
  bool IsOverNow() {
    return result_.outcome == GateResult::Outcome::kRefused || watch_.IsOverNow();
  }

  void Enter(GateId gate) { result_.gate = gate; }
  // The first refusal counts. `rrset` is one of `zone` at `id`; it may be null.
  void Refuse(std::string text, const Zone& zone, NodeId id, const RRset* rrset);
  void RefuseAtApex(absl::string_view what, RrType type = RrType::kSoa);
  void Warn(std::string text);

  GateResult Take();

 private:
  const GateInput& input_;
  const GateSettings& settings_;
  GateWatch& watch_;
  GateResult result_;
};

// "www.example. A".
std::string RRsetText(const Zone& zone, NodeId id, RrType type);

// The gates. Each returns early when run.IsOver().
void CheckStructure(GateRun& run);
void CheckSerial(GateRun& run);
void CheckSize(GateRun& run);
void CheckApexNs(GateRun& run);
void CheckDnskey(GateRun& run);
void CheckEmptyRrset(GateRun& run);
void CheckDnssec(GateRun& run);
void CheckZonemdGate(GateRun& run);

// Parts of CheckDnssec(): the signatures, and the chain of NSEC or NSEC3 records.
void CheckChangedSignatures(GateRun& run);
void CheckNsec(GateRun& run);
void CheckNsec3(GateRun& run);

// Does the zone claim to be signed? A missing signature of the SOA alone does not make it unsigned.
bool IsSignedZone(const Zone& zone);

}  // namespace hither

#endif  // HITHER_ZONES_GATE_GATE_RUN_H_
