#ifndef HITHER_ZONES_LOAD_IMAGE_NOTE_H_
#define HITHER_ZONES_LOAD_IMAGE_NOTE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "zones/load/zone_loader.h"

namespace hither {

// What an image file's note says: how near to the limits its zone comes, and which files it was
// made from. An image may have been made elsewhere, or before a file was moved, so a file counts as
// the same if it has the same contents; that it has not been touched since tells so without reading
// it. Included files are known by their path from the zone file's folder, which they are all in.
class ImageNote {
 public:
  // A file system's clock may stand still for so long: a change within it cannot be told from what
  // was read.
  static constexpr int64_t kClockTickNsMax = 20'000'000;

  // Of a zone that was just loaded. None if a file cannot be read, or may not be what was loaded:
  // it has changed since, or did so within kClockTickNsMax before.
  static std::optional<std::string> Write(const LoadedZone& loaded);

  // None if the text is no note of this version.
  static std::optional<ImageNote> Read(absl::string_view text);

  const ZoneExtents& extents() const { return extents_; }

  // The stamps of the files as they are now, `path` and those that it includes; empty if one is not
  // what the image was made from. Reads those that were touched.
  std::vector<FileStamp> UnchangedFiles(const std::string& path) const;

 private:
  struct Source {
    FileStamp stamp;  // The path: from the zone file's folder; empty for the zone file.
    std::string digest;
  };

  ZoneExtents extents_;
  std::vector<Source> sources_;
};

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_IMAGE_NOTE_H_
