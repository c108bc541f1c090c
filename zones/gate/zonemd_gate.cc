#include "absl/strings/str_cat.h"
#include "zones/check/zonemd.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

// Why a verdict of VerifyZonemd() is refused; empty if it is not wrong, but no proof either.
absl::string_view FaultOf(ZonemdVerdict verdict) {
  switch (verdict) {
    case ZonemdVerdict::kMismatch:
      return "the digest is not that of the zone: the copy is incomplete or was changed; transfer "
             "it again, or have the primary digest it again (RFC 8976 §4)";
    case ZonemdVerdict::kOtherSerial:
      return "the digest is for another serial; have the primary digest the zone again (RFC 8976 "
             "§4)";
    case ZonemdVerdict::kRepeated:
      return "two digests have one scheme and hash, so none counts; remove one (RFC 8976 §2.2.4)";
    default:
      return "";
  }
}

// Why there is no proof.
absl::string_view DoubtOf(ZonemdVerdict verdict) {
  switch (verdict) {
    case ZonemdVerdict::kAbsent:
      return "the zone has no digest";
    case ZonemdVerdict::kPlaceholder:
      return "the digest is a placeholder of zeros (RFC 8976 §3.1)";
    case ZonemdVerdict::kUnsupported:
      return "no digest has a known scheme and hash";
    default:
      return "";
  }
}

}  // namespace

void CheckZonemdGate(GateRun& run) {
  const ZonemdGate gate = run.settings().zonemd;
  if (gate == ZonemdGate::kIgnore) return;
  const ZonemdVerdict verdict =
      VerifyZonemd(run.new_zone(), [&run] { return run.watch().IsOver(); });
  const absl::string_view fault = FaultOf(verdict);
  if (!fault.empty()) return run.RefuseAtApex(fault, RrType::kZonemd);
  const absl::string_view doubt = DoubtOf(verdict);
  if (doubt.empty()) return;
  if (gate == ZonemdGate::kRequire) {
    return run.RefuseAtApex(
        absl::StrCat(doubt, "; have the primary add one, or set `zonemd: verify`"),
        RrType::kZonemd);
  }
  const bool had_one =
      run.old_zone() != nullptr && run.old_zone()->FindRRset(kApex, RrType::kZonemd) != nullptr;
  if (verdict != ZonemdVerdict::kAbsent || had_one) {
    run.Warn(absl::StrCat(RRsetText(run.new_zone(), kApex, RrType::kZonemd), ": ", doubt));
  }
}

}  // namespace hither
