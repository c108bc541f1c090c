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

// The rules for zones that are signed (zone_check_dnssec.cc).
void CheckSignedZone(const Zone& zone, const ZoneLimits& limits, CheckReport& report);

// The rule for ZONEMD records (zonemd.cc).
void CheckZonemd(const Zone& zone, CheckReport& report);

}  // namespace hither

#endif  // HITHER_ZONES_CHECK_ZONE_CHECK_REPORT_H_
