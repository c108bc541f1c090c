#ifndef HITHER_ZONES_CHECK_ZONE_CHECK_REPORT_H_
#define HITHER_ZONES_CHECK_ZONE_CHECK_REPORT_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/record.h"
#include "zones/check/zone_check.h"
#include "zones/image/zone.h"

namespace hither {

// Collects the findings of the checks of one zone, up to kFindingsPerCheckMax of each.
class CheckReport {
 public:
  // All three must outlive the report.
  CheckReport(const Zone& zone, const RecordPlaces& places, const std::vector<std::string>& files)
      : zone_(zone), places_(places), files_(files) {}

  // At the line of the node's record of `type` with that target, else of its RRset of `type`, or of
  // its first record if it has none of that type.
  void Add(ZoneCheckId check, NodeId node, RrType type, absl::string_view subject,
           NameView target = {});

  std::vector<Finding> Take();

 private:
  const Zone& zone_;
  const RecordPlaces& places_;
  const std::vector<std::string>& files_;
  std::vector<Finding> findings_;
  std::array<uint64_t, kZoneCheckCount> counts_{};  // By check.
};

// The rules for how names were written (zone_check_names.cc).
class NameChecker {
 public:
  NameChecker(const Zone& zone, CheckReport& report);

  void CheckOwners();
  void CheckRecordsAt(NodeId node);
  // Is this target a mistake that CheckRecordsAt() reports? Other findings about it say no more.
  bool IsMistake(NameView target) const { return IsDoubled(target) || IsAddress(target); }

 private:
  // The final dot is missing: "www.example.org" without its last dot. A zone of one label may
  // intend it (com.com is a name).
  bool IsDoubled(NameView name) const;
  // "192.0.2.1", with or without a final dot.
  bool IsAddress(NameView name) const;
  void CheckName(NodeId node, RrType type, NameView name);

  const Zone& zone_;
  CheckReport& report_;
  bool has_doubled_ = false;
  Name doubled_;  // The zone's name twice.
};

// The rules for zones that are signed (zone_check_dnssec.cc).
void CheckSignedZone(const Zone& zone, const ZoneLimits& limits, CheckReport& report);

// The rules for signatures (signature_check.cc).
void CheckSignatures(const Zone& zone, ZoneAudit& audit, CheckReport& report);

// The rule for ZONEMD records (zonemd.cc).
void CheckZonemd(const Zone& zone, CheckReport& report);

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_ZONE_CHECK_REPORT_H_
