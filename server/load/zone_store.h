#ifndef HITHER_SERVER_LOAD_ZONE_STORE_H_
#define HITHER_SERVER_LOAD_ZONE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "daemon/config/config.h"
#include "zones/load/image_trust.h"
#include "zones/load/zone_loader.h"
#include "zones/set/zone_set.h"
#include "zones/text/load_progress.h"

namespace hither {

// The outcome of one load for its zones.
struct LoadReport {
  size_t loaded = 0;     // Read and good.
  size_t unchanged = 0;  // Not read again.
  size_t failed = 0;     // Read with errors; the last good version stays, if there was one.
  size_t removed = 0;    // No longer in the configuration.
  uint64_t records = 0;  // Of all zones that can be served now.
  size_t served = 0;     // Zones with a good version.
  std::vector<std::string> errors;  // A line each, the first kErrorLinesMax in the zones' order.
  size_t errors_omitted = 0;        // The rest; the log has all of them.

  bool ok() const { return errors.empty(); }
  bool changed() const { return loaded + failed + removed > 0; }
};

// How zones are loaded.
struct LoadOptions {
  LoadLimits limits;
  std::string image_cache;  // Empty: none.
};

// Loads one zone from its source, and reports octets and records to `progress`. `images`:
// options.image_cache, open; null: none is used. Throws and logs nothing; may run in parallel.
LoadedZone LoadSource(ZoneSource source, const LoadOptions& options, const ImageFolder* images,
                      LoadProgress& progress);

// Remembers which zone came from which files, so that a reload reads only what has changed.
//
// A zone costs 32 octets here and 40 in the set, its name and path once (ZoneSources), 12.8 for
// finding it, and the zone itself. Rare data (errors, included files) is separate.
//
// Threads: one thread at a time calls Load(), which loads zones in parallel in its own threads; any
// thread may call Partial(). set() returns an immutable set for any thread.
class ZoneStore {
 public:
  static constexpr size_t kErrorLinesMax = 1'000;
  // For at most this many zones, the sizes of the files to be read are looked up first, so that
  // progress is reported in octets.
  static constexpr size_t kZonesSizedMax = 1'000;

  // Memory that a load must leave for the rest of the server: connections, pages, log lines.
  static constexpr size_t kMemoryLeftMin = 16 << 20;

  explicit ZoneStore(LoadOptions options) : options_(std::move(options)) {}
  ZoneStore(const ZoneStore&) = delete;
  ZoneStore& operator=(const ZoneStore&) = delete;

  // Loads new and changed zones, drops those not in `sources`. A zone that fails keeps its last
  // good version; the others are still loaded. All findings are logged, each zone's together, zones
  // in any order. If nothing has changed, the set stays the same object.
  //
  // Once the limits' StopFlag is raised, it ends early, changes nothing and logs nothing. Throws
  // std::bad_alloc, without changing anything, if memory is insufficient for all zones together, or
  // kMemoryLeftMin would not be left. For a single zone it is that zone's error.
  LoadReport Load(const ZoneSources& sources, absl::Time now, LoadProgress& progress);

  // During a Load() in another thread: the set with the zones that are good by now, the others
  // without a version. Null if there are at most `known`, or no Load() runs. Throws std::bad_alloc.
  std::shared_ptr<const ZoneSet> Partial(size_t known) const;

  // After Load(): the zones to serve, in the order of their sources.
  std::shared_ptr<const ZoneSet> set() const { return set_; }

 private:
  // The state of the zone's file, as in FileStamp, but without the path; and its included files.
  struct Stamps {
    int64_t changed_ns = 0;
    uint64_t size_bytes = 0;
    uint64_t inode = 0;
    std::unique_ptr<const std::vector<FileStamp>> includes;  // Null: none.
  };

  class Loading;  // One Load().
  void SetRunning(const Loading* loading);

  static Stamps Pack(std::vector<FileStamp> files);
  static std::vector<FileStamp> Unpack(const Stamps& stamps, absl::string_view path);

  const LoadOptions options_;
  std::vector<Stamps> stamps_;  // Of set_->zones(), one for one.
  std::shared_ptr<const ZoneSet> set_ = std::make_shared<ZoneSet>();
  mutable Mutex mu_;
  const Loading* running_ ABSL_GUARDED_BY(mu_) = nullptr;  // For Partial().
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_ZONE_STORE_H_
