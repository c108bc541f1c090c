// Any octets as a fleet.yaml: an error is lines that an operator can read, each with its place, and
// what is taken keeps its promises.

#include <cstddef>
#include <cstdint>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "tool/console/fleet_file.h"
#include "tool/console/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<hither::Fleet> fleet = hither::ParseFleet(text, "fuzz.yaml");
  if (!fleet.ok()) {
    for (const absl::string_view line : absl::StrSplit(fleet.status().message(), '\n')) {
      HITHER_CHECK(absl::StartsWith(line, "fuzz.yaml:"));
    }
    return 0;
  }
  HITHER_CHECK(!fleet->sites.empty());
  std::set<std::string> routers;
  for (const auto& router : fleet->routers) HITHER_CHECK(routers.insert(router.name).second);
  for (const auto& link : fleet->links) {
    HITHER_CHECK(routers.count(link.a) == 1 && routers.count(link.b) == 1);
  }
  HITHER_CHECK(!hither::ConsoleModel(*fleet).PageJson(absl::UnixEpoch()).empty());
  return 0;
}
