#ifndef HITHER_DAEMON_CONFIG_ZONE_LIST_H_
#define HITHER_DAEMON_CONFIG_ZONE_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dns/name.h"
#include "zones/set/name_table.h"
#include "zones/set/zone_source.h"

namespace hither {

// A list of many zones: a plain text file, read about ten times as fast as YAML.
//
//     # One zone a line: its name, blanks, its zone file.
//     example.org     example.org.zone
//     example.net     "a folder/example.net.zone"   # In double quotes \" and \\ stand for " and \.
//
// Blanks are spaces and tabs; a line may end in CR LF. A field that begins with '#' begins a
// comment. Names have the escapes of zone files (RFC 1035 §5.1), and no quotes. A byte order mark
// of UTF-8 at the beginning is skipped.
inline constexpr uint64_t kZoneListBytesMax = 1ull << 30;
inline constexpr size_t kZoneListLineBytesMax = 16u << 10;  // A path and a name with all escapes.
inline constexpr size_t kZonesMax = 16'777'216;             // Of a server.

// Receives the contents of a list's lines, in order.
class ZoneListSink {
 public:
  virtual ~ZoneListSink() = default;
  // False: the rest is not read. Both views end with the call.
  virtual bool OnZone(uint32_t line, NameView name, absl::string_view file) = 0;
  virtual void OnError(uint32_t line, absl::string_view what) = 0;  // "what; what to do"
};

// Errors of lines go to the sink; the status says whether the file could be read to its end.
using ZoneListReader = absl::Status (*)(const std::string& path, ZoneListSink& sink);
absl::Status ReadZoneListFile(const std::string& path, ZoneListSink& sink);

// Whole lines. `first_line` is the first one's number; returns that of the line after the last one,
// or 0 if the sink wants no more.
uint32_t ReadZoneListLines(absl::string_view text, uint32_t first_line, ZoneListSink& sink);

// The zones of a configuration while it is read: each name once. Knows where each was named, so
// that an error about a second one can name the first.
class ZoneCollector {
 public:
  explicit ZoneCollector(ZoneSources& to) : to_(to) {}

  // Zones added from here on are from `file`, and their paths are relative to `folder`. If one of
  // its lines stands for many, as that of a folder does, an error also names the zone's own file.
  enum class Line : uint8_t { kIsAZone, kIsAFolder };
  void EnterFile(absl::string_view file, absl::string_view folder, Line line = Line::kIsAZone);

  // `image` is only for kTextOrImage.
  absl::Status Add(uint32_t line, NameView name, absl::string_view path, ZoneSource::Kind kind,
                   absl::string_view image = "");

 private:
  struct Part {
    size_t first;  // Of the zones that this file names.
    std::string file;
    std::string folder;
    Line line;
  };

  absl::string_view FolderOf(absl::string_view path) const;
  std::string PlaceOf(size_t zone) const;

  ZoneSources& to_;
  NameTable names_;
  std::vector<uint32_t> lines_;
  std::vector<Part> parts_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ZONE_LIST_H_
