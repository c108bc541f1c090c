#include "server/check_zones.h"

#include <algorithm>

#include "absl/status/status.h"
#include "server/base/log.h"
#include "server/base/printable.h"
#include "server/privileges.h"

namespace hither {

LoadLimits LoadLimitsOf(const Config& config) {
  LoadLimits limits;
  limits.file.include_depth_max = config.limits.include_depth_max;
  limits.file.generate_records_max = config.limits.generate_records_max;
  // Whoever allows one line more than the total wants it carried out.
  limits.file.generated_total_max =
      std::max(limits.file.generated_total_max, limits.file.generate_records_max);
  limits.zone.records_per_rrset_max = config.limits.records_per_rrset_max;
  limits.zone.types_per_name_max = config.limits.types_per_name_max;
  return limits;
}

bool CheckZones(const Config& config, std::ostream& out) {
  bool can_start = true;
  for (const absl::Status& status : {CheckLogFile(config.log.file), CheckUser(config)}) {
    if (status.ok()) continue;
    can_start = false;
    out << "error: " << Printable(std::string(status.message())) << "\n";
  }
  size_t bad = 0;
  uint64_t records = 0;
  for (const ZoneSource& source : config.zones) {
    const LoadedZone loaded = LoadZoneFile(source.file, source.name, LoadLimitsOf(config));
    for (const Finding& finding : loaded.findings) out << ToText(finding) << "\n";
    if (loaded.zone == nullptr) {
      ++bad;
    } else {
      records += loaded.zone->record_count();
    }
  }
  out << config.zones.size() << " zones, " << records << " records, " << bad
      << " zones with errors\n";
  return can_start && bad == 0;
}

}  // namespace hither
