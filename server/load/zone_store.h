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

// What became of the zones that one load was asked for.
struct LoadReport {
  size_t loaded = 0;     // Read and good.
  size_t unchanged = 0;  // Not read again.
  size_t failed = 0;     // Read and not good; the last good version stays, if there was one.
  size_t removed = 0;    // No longer in the configuration.
  uint64_t records = 0;  // Of all zones that can be served now.
  size_t served = 0;     // Zones with a good version.
  std::vector<std::string> errors;  // A line each, the first kErrorLinesMax in the zones' order.
  size_t errors_omitted = 0;        // The others; the log has them all.

  bool ok() const { return errors.empty(); }
  bool changed() const { return loaded + failed + removed > 0; }
};

// How zones are loaded, whichever they are.
struct LoadOptions {
  LoadLimits limits;
  std::string image_cache;  // Empty: none.
};

// Loads one zone from where it is said to be, and tells `progress` of octets and records. `images`:
// options.image_cache, open; null: none is used. Throws and logs nothing; any number side by side.
LoadedZone LoadSource(ZoneSource source, const LoadOptions& options, const ImageFolder* images,
                      LoadProgress& progress);

// Remembers which zone came from which files, so that a reload reads only what has changed.
//
// A zone costs 32 octets here and 40 in the set, its name and path once (ZoneSources), 12.8 for
// finding it, and what the zone itself takes. What is rare (errors, included files) is apart.
//
// Threads: Load() is called by one at a time, and loads zones side by side in threads of its own;
// Partial() by any.
// What set() gives is immutable and for all.
class ZoneStore {
 public:
  static constexpr size_t kErrorLinesMax = 1'000;
  // For no more zones than this the sizes of the files that are to be read are looked up first, so
  // that progress is told in octets.
  static constexpr size_t kZonesSizedMax = 1'000;

  // What a load must leave for whatever else the server does: connections, pages, log lines.
  static constexpr size_t kMemoryLeftMin = 16 << 20;

  explicit ZoneStore(LoadOptions options) : options_(std::move(options)) {}
  ZoneStore(const ZoneStore&) = delete;
  ZoneStore& operator=(const ZoneStore&) = delete;

  // Loads what is new or changed, lets go of what is not in `sources`. A zone that fails keeps its
  // last good version; the others are loaded all the same. All findings are logged, each zone's
  // together, zones in any order. If nothing has changed the set stays the same one.
  //
  // Once the limits' StopFlag is raised it ends early, has changed nothing and says nothing.
  // Throws std::bad_alloc, and then has changed nothing: where memory does not suffice for the
  // zones together, or kMemoryLeftMin would not be left. For one zone it is that zone's error.
  LoadReport Load(const ZoneSources& sources, absl::Time now, LoadProgress& progress);

  // Of a Load() that runs in another thread: the set with the zones that are good by now, the
  // others without a version. Null if they are no more than `known`, or no Load() runs. Throws
  // std::bad_alloc.
  std::shared_ptr<const ZoneSet> Partial(size_t known) const;

  // After Load(): what is to be served, in the order of its sources.
  std::shared_ptr<const ZoneSet> set() const { return set_; }

 private:
  // What the zone's file was like, as FileStamp has it, but for the path; and what it includes.
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
