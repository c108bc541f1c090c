// Any octets as a stored change: an error, or a diff that is valid, is encoded as it was, and has a
// way back.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "zones/change/zone_diff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hither;
  const absl::StatusOr<ZoneDiff> diff = ParseDiff({data, size}, {1 << 20, 10'000});
  if (!diff.ok()) return 0;
  HITHER_CHECK(CheckDiff(*diff).ok());
  const Bytes wire = EncodeDiff(*diff);
  HITHER_CHECK(std::equal(wire.begin(), wire.end(), data, data + size));
  const absl::StatusOr<ZoneDiff> back = Invert(*diff);
  HITHER_CHECK(back.ok() == diff->serial_from.has_value());
  if (!back.ok()) {
    const absl::StatusOr<RecordList> zone = Apply(RecordList(diff->zone), *diff);
    HITHER_CHECK(zone.ok() && zone->Serial().value() == diff->serial_to);
    return 0;
  }
  const absl::StatusOr<ZoneDiff> none = Concatenate(*diff, *back);
  HITHER_CHECK(none.ok() && none->removed.empty() && none->added.empty());
  return 0;
}
