#ifndef HITHER_ZONES_LOAD_IMAGE_CACHE_H_
#define HITHER_ZONES_LOAD_IMAGE_CACHE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/replace_file.h"
#include "dns/name.h"
#include "zones/load/image_trust.h"
#include "zones/load/zone_loader.h"

namespace hither {

// Zones that come from images instead of text. An image's note says which files it was made from
// (image_note.h).
//
// Threads: none of its own; any number of loads may run in parallel.

// Smaller ones are read as fast as text, and a million of them would be a million files.
inline constexpr size_t kCachedImageBytesMin = 256 * 1024;

// Writes the image of a zone that was loaded from `loaded.files`. Aborted: they may differ from
// what was loaded (ImageNote::Write); load them again.
absl::Status CompileImage(const LoadedZone& loaded, const std::string& path,
                          Durable durable = Durable::kYes);

// The zone in an image file. Its sources are not checked for changes: they need not be on this
// host.
LoadedZone LoadZoneImage(const std::string& path, NameView apex, const LoadLimits& limits = {});

// The zone in the text file `path`; from `image_path`, if that was made from exactly this text and
// is within the limits, else from the text. An image that is damaged, of another kind, of another
// text or not trusted (image_trust.h) is a warning; a missing one is not.
LoadedZone LoadZoneFileOrImage(const std::string& path, const std::string& image_path,
                               NameView apex, const LoadLimits& limits,
                               LoadProgress* progress = nullptr);

// The same with our own image in `folder`, which is written if the text had to be read and the
// image is worth it. Failure to write it is a warning.
LoadedZone LoadZoneThroughCache(const std::string& path, NameView apex, const LoadLimits& limits,
                                const ImageFolder& folder, LoadProgress* progress = nullptr);

// The name of a zone's image in `folder`: "example.org.image". Octets that a file name cannot
// contain are written like %2F.
std::string CachedImagePath(const std::string& folder, NameView apex);

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_IMAGE_CACHE_H_
