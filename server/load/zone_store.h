#ifndef HITHER_SERVER_LOAD_ZONE_STORE_H_
#define HITHER_SERVER_LOAD_ZONE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "daemon/config/config.h"
#include "server/load/load_report.h"
#include "server/load/watch_list.h"
#include "zones/load/image_trust.h"
#include "zones/load/zone_loader.h"
#include "zones/set/zone_set.h"
#include "zones/text/load_progress.h"

namespace hither {

// How zones are loaded.
struct LoadOptions {
  LoadLimits limits = {};
  std::string image_cache = {};  // Empty: none.
  // A file that looks half written replaces a good version only if nobody has touched it for so
  // long.
  absl::Duration settle = absl::Seconds(1);
};

// Names of zones, in lower case. Empty: all zones.
using ZoneNames = absl::flat_hash_set<std::string>;

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
  // in any order. If nothing has changed, the set stays the same object. `only`, if not empty: the
  // files of other zones that are loaded are not looked at.
  //
  // A file that looks half written (it ends within a line, or is shorter than before with the same
  // serial) is loaded in place of a good version once nobody has touched it for options.settle:
  // that is waited for, and after ten times as long the zone has failed.
  //
  // Once the limits' StopFlag is raised, it ends early, changes nothing and logs nothing. Throws
  // std::bad_alloc, without changing anything, if memory is insufficient for all zones together, or
  // kMemoryLeftMin would not be left. For a single zone it is that zone's error.
  LoadReport Load(const ZoneSources& sources, absl::Time now, LoadProgress& progress,
                  const ZoneNames& only = {});

  // During a Load() in another thread: the set with the zones that are good by now, the others
  // without a version. Null if there are at most `known`, or no Load() runs. Throws std::bad_alloc.
  std::shared_ptr<const ZoneSet> Partial(size_t known) const;

  // After Load(): adds every file that its zones are made from.
  void AddFiles(WatchList& list) const;
  // After Load(): is one of them not as it was when it was read? Stops early, like Load().
  bool HasChangedFiles() const;
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
