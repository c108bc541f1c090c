#ifndef HITHER_ZONES_ZONE_BUILDER_H_
#define HITHER_ZONES_ZONE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "zones/name.h"
#include "zones/record.h"
#include "zones/zone.h"

namespace hither {

// Limits on what one zone may hold. BIND's, chosen after CVE-2024-1737, for the first two.
struct ZoneLimits {
  uint32_t records_per_rrset_max = 1'000;
  uint32_t types_per_name_max = 100;
};

// What Build() gives: the zone, if nothing was an error, and what must be said of it. `places[i]`
// is where the first record of the zone's RRset number i was read (see Zone::RRsetsOf).
struct BuiltZone {
  std::shared_ptr<const Zone> zone;  // Null if a finding is an error.
  std::vector<Finding> findings;
};

// Makes a Zone from records, wherever they come from. One thread's; used once.
//
// Finds what concerns records one by one or an RRset: out-of-zone owners, duplicates (dropped with
// a warning), unlike TTLs in an RRset (RFC 2181 §5.2), limits, no or several SOAs, CNAME beside
// other data (RFC 1034 §3.6.2). What concerns the zone as a whole is zone_check.h's.
class ZoneBuilder : public RecordSink {
 public:
  explicit ZoneBuilder(NameView apex, const ZoneLimits& limits = {});

  void Add(const RecordView& record) override;

  // `files` are the names behind Location::file.
  BuiltZone Build(const std::vector<std::string>& files);

 private:
  struct Record {
    uint64_t name_at;   // In names_.
    uint64_t rdata_at;  // In rdata_.
    uint32_t ttl_seconds;
    Location location;
    uint16_t rdata_bytes;
    RrType type;
  };
  Name apex_;
  ZoneLimits limits_;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_BUILDER_H_
