#ifndef HITHER_ZONES_LOAD_IMAGE_NOTE_H_
#define HITHER_ZONES_LOAD_IMAGE_NOTE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "zones/load/zone_loader.h"

namespace hither {

// The contents of an image file's note: how close its zone comes to the limits, and the files that
// it was made from. An image may have been made elsewhere, or before a file was moved, so a file
// counts as the same if it has the same contents; an untouched file need not be read to show that.
// Included files are identified by their path relative to the zone file's folder, which contains
// them all.
class ImageNote {
 public:
  // A file system's clock may not advance for this long: a change within that time is undetectable.
  static constexpr int64_t kClockTickNsMax = 20'000'000;

  // Of a zone that was just loaded. None if a file cannot be read, or may differ from what was
  // loaded: it has changed since, or within kClockTickNsMax before.
  static std::optional<std::string> Write(const LoadedZone& loaded);

  // None if the text is not a note of this version.
  static std::optional<ImageNote> Read(absl::string_view text);

  const ZoneExtents& extents() const { return extents_; }

  // The current stamps of the files, `path` and those that it includes; empty if one differs from
  // what the image was made from. Reads files that were touched.
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
