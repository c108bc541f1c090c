#ifndef HITHER_SERVER_ZONE_STORE_H_
#define HITHER_SERVER_ZONE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/config.h"
#include "zones/zone_loader.h"
#include "zones/zone_set.h"

namespace hither {

// What became of the zones that one load was asked for.
struct LoadReport {
  size_t loaded = 0;     // Read and good.
  size_t unchanged = 0;  // Not read again.
  size_t failed = 0;     // Read and not good; the last good version stays, if there was one.
  size_t removed = 0;    // No longer in the configuration.
  uint64_t records = 0;  // Of all zones that can be served now.
  size_t served = 0;     // Zones with a good version.
  std::vector<std::string> errors;  // A line each, the first kErrorLinesMax of them.
  size_t errors_untold = 0;         // The others; the log has them all.

  bool ok() const { return errors.empty(); }
  bool changed() const { return loaded + failed + removed > 0; }
};

// Remembers which zone came from which files, so that a reload reads only what has changed.
//
// Threads: one at a time; whoever loads. What set() gives is immutable and for all.
class ZoneStore {
 public:
  static constexpr size_t kErrorLinesMax = 1'000;

  explicit ZoneStore(const LoadLimits& limits) : limits_(limits) {}
  ZoneStore(const ZoneStore&) = delete;
  ZoneStore& operator=(const ZoneStore&) = delete;

  // Loads what is new or changed, lets go of what is not in `sources`. A zone that fails keeps its
  // last good version; the others are loaded all the same. All findings are logged. `progress` is
  // called before each zone with how many are done.
  LoadReport Load(const std::vector<ZoneSource>& sources, absl::Time now,
                  const std::function<void(size_t done)>& progress);

  // After Load(): what is to be served, in the order of its sources.
  std::shared_ptr<const ZoneSet> set() const { return set_; }

 private:
  struct Entry {
    std::shared_ptr<const ServedZone> served;
    std::vector<FileStamp> files;
  };

  Entry LoadOne(const ZoneSource& source, const Entry* before, absl::Time now, LoadReport& report);

  const LoadLimits limits_;
  absl::flat_hash_map<std::string, Entry> entries_;  // By the name's text in lower case.
  std::shared_ptr<const ZoneSet> set_ = std::make_shared<ZoneSet>();
};

}  // namespace hither

#endif  // HITHER_SERVER_ZONE_STORE_H_
