#ifndef HITHER_ZONES_TEXT_ZONE_FILE_H_
#define HITHER_ZONES_TEXT_ZONE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/stop_flag.h"
#include "dns/name.h"
#include "dns/record.h"
#include "zones/set/limit_defaults.h"
#include "zones/text/load_progress.h"

namespace hither {

// Reads the master-file format of RFC 1035 §5, with $ORIGIN, $TTL (RFC 2308 §4), $INCLUDE,
// $GENERATE (as BIND has it) and unknown types and rdata (RFC 3597 §5).
//
// Threads: none of its own; any number of readers may run in parallel. Source: a file that an
// operator wrote, which may be wrong in every way: all its errors are found together, up to
// `errors_max`, and reading continues at the next line.
struct ZoneFileLimits {
  uint32_t include_depth_max = kIncludeDepthDefault;
  uint32_t files_max = 10'000;  // A file counts as often as it is included.
  uint32_t generate_records_max = kGenerateRecordsDefault;
  uint32_t generated_total_max = 1 << 20;   // For all $GENERATE lines of a zone: 1,048,576.
  uint64_t generated_bytes_max = 64 << 20;  // The same for their text.
  uint32_t errors_max = 100;                // The reader stops after this many.
  uint64_t file_bytes_max = 16ull << 30;
  // What $INCLUDE may read. Null: what is below the zone file's folder, links resolved. Otherwise:
  // paths below this folder as they are written; links there may lead outside (open_to_read.h).
  std::shared_ptr<const std::string> include_folder;
  const StopFlag* stop = nullptr;  // Checked once per piece of 256 KiB, generated or read.
};

struct ZoneFileResult {
  std::vector<std::string> files;  // Location::file is an index into this; [0] is the first file.
  std::vector<Finding> findings;   // In the order of reading.
  // What $INCLUDE names but could not be opened: once it can, the zone is to be read again.
  std::vector<std::string> files_not_opened;
  uint64_t records = 0;
  bool ok = false;  // No finding is an error.
  // A file's last line has no line feed, as when its writer is not done. Also a warning.
  bool ends_in_line = false;
};

// Reads `path` and gives every good record to `sink`. $INCLUDE paths are relative to the folder of
// the file that has them; see ZoneFileLimits::include_folder.
//
// `progress`, if given, gets the octets and records read so far: after each piece of 256 KiB, not
// after each record, so that several readers may share it.
ZoneFileResult ReadZoneFile(const std::string& path, NameView origin, RecordSink& sink,
                            const ZoneFileLimits& limits = {}, LoadProgress* progress = nullptr);

// The same from memory; errors use `name`. $INCLUDE is refused.
ZoneFileResult ReadZoneText(absl::string_view text, const std::string& name, NameView origin,
                            RecordSink& sink, const ZoneFileLimits& limits = {});

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_ZONE_FILE_H_
