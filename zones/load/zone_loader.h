#ifndef HITHER_ZONES_LOAD_ZONE_LOADER_H_
#define HITHER_ZONES_LOAD_ZONE_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/name.h"
#include "dns/record.h"
#include "zones/image/zone.h"
#include "zones/image/zone_builder.h"
#include "zones/text/load_progress.h"
#include "zones/text/zone_file.h"

namespace hither {

// The steps from a zone file to a zone that may be served: read (zone_file.h), build
// (zone_builder.h), check (zone_check.h), verify its digest (zonemd.h).
//
// Threads: none of its own; any number of loads may run in parallel. A load changes nothing but
// what it returns, so a caller may keep serving the last good zone after a failure.

// The state of a file when it was read, to see later whether it must be read again.
//
// Uses the time of its last change of any kind (ctime), which cannot be set, unlike the time of its
// contents, which `cp -p`, rsync and package managers set.
struct FileStamp {
  std::string path;
  int64_t changed_ns = 0;
  uint64_t size_bytes = 0;
  uint64_t inode = 0;
};

FileStamp StampOf(const std::string& path);  // All zeros if it does not exist.
int64_t FileClockNow();                      // The clock that the kernel stamps files with.

struct LoadLimits {
  ZoneFileLimits file;
  ZoneLimits zone;
};

struct LoadedZone {
  std::shared_ptr<const Zone> zone;  // Null if a finding is an error.
  std::vector<Finding> findings;
  // The zone file first, then included files; also on an error, and then with those that could not
  // be opened.
  std::vector<FileStamp> files;
  int64_t began_ns = 0;        // By FileClockNow().
  bool from_image = false;     // Not from text (image_cache.h).
  bool out_of_memory = false;  // That is the error.
  bool ends_in_line = false;   // A file may be half written: its last line has no line feed.
  ZoneExtents extents;
};

// Never throws or aborts because of a file's contents: all faults are in `findings`, including a
// lack of memory. Reports the reading's progress to `progress`, if given.
LoadedZone LoadZoneFile(const std::string& path, NameView apex, const LoadLimits& limits = {},
                        LoadProgress* progress = nullptr);

// The same from memory, for tests and tools; findings use `name`. No stamps.
LoadedZone LoadZoneText(absl::string_view text, const std::string& name, NameView apex,
                        const LoadLimits& limits = {});

// Has any of these files changed since it was stamped, disappeared or reappeared? One stat() per
// file.
bool HasChanged(const std::vector<FileStamp>& files);

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_ZONE_LOADER_H_
