#ifndef HITHER_TESTS_SUPPORT_FLAT_ZONE_H_
#define HITHER_TESTS_SUPPORT_FLAT_ZONE_H_

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"
#include "zones/image/zone.h"

namespace hither {

// A zone as nothing but a list of records: what a test may look at and change at will.
struct FlatRecord {
  Name owner;
  RrType type;
  uint32_t ttl_seconds;
  Bytes rdata;
};

struct FlatZone {
  Name apex;
  std::vector<FlatRecord> records;

  bool Has(NameView owner, RrType type) const;
  bool Exists(NameView name) const;  // RFC 4592 §2.2.2: it or anything below it owns records.
};

FlatZone FlatZoneFromText(absl::string_view apex, absl::string_view text);
// Aborts if the builder finds an error.
std::shared_ptr<const Zone> BuildZone(const FlatZone& zone);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_FLAT_ZONE_H_
