#include "zones/load/image_cache.h"

#include <sys/stat.h>

#include <iterator>
#include <new>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "dns/name_hash.h"
#include "zones/image/image_file.h"
#include "zones/load/image_note.h"

namespace hither {
namespace {

constexpr size_t kFileNameBytesMax = 200;  // Of 255; the rest is for the suffix.

// The limit that the zone exceeds, or "".
std::string OverLimits(const ZoneExtents& extents, const ZoneLimits& limits) {
  if (extents.records_per_rrset > limits.records_per_rrset_max) {
    return absl::StrCat("the image has ", extents.records_per_rrset,
                        " records in one RRset; at most ", limits.records_per_rrset_max,
                        " are allowed (limits: records_per_rrset_max)");
  }
  if (extents.types_per_name > limits.types_per_name_max) {
    return absl::StrCat("the image has ", extents.types_per_name, " types at one name; at most ",
                        limits.types_per_name_max, " are allowed (limits: types_per_name_max)");
  }
  return "";
}

Finding FindingOf(Severity severity, const std::string& path, const absl::Status& status) {
  absl::string_view text = status.message();
  absl::ConsumePrefix(&text, absl::StrCat(path, ": "));  // A finding adds that itself.
  return {severity, path, 0, std::string(text)};
}

using OpenedImage = std::pair<ImageFile, ImageNote>;

// Reads an image's note, if `why_not` does not object to those who may have written the open file.
// The status gives any fault.
template <typename WhyNot>
absl::StatusOr<OpenedImage> ReadNote(absl::StatusOr<ImageFile> file, const std::string& path,
                                     const WhyNot& why_not) {
  if (!file.ok()) return file.status();
  if (const absl::string_view why = why_not(file->fd()); !why.empty()) {
    return absl::PermissionDeniedError(why);
  }
  const std::optional<ImageNote> note = ImageNote::Read(file->note());
  if (!note.has_value()) {
    return absl::DataLossError(absl::StrCat(
        path, ": not a valid image: its note is malformed; compile it again (hither compile)"));
  }
  return std::pair(*std::move(file), *note);
}

absl::StatusOr<OpenedImage> OpenFor(const std::string& text, const std::string& path) {
  return ReadNote(ImageFile::Open(path), path,
                  [&](int fd) { return WhyNotAsTrustedAs(text, fd, path); });
}

absl::StatusOr<OpenedImage> OpenAlone(const std::string& path) {
  return ReadNote(ImageFile::Open(path), path,
                  [&](int fd) { return WhyNotTrustedAlone(fd, path); });
}

absl::StatusOr<OpenedImage> OpenOurs(const ImageFolder& folder, NameView apex) {
  const std::string path = CachedImagePath(folder.path(), apex);
  const std::string name = path.substr(path.rfind('/') + 1);
  return ReadNote(ImageFile::FromOpened(folder.OpenFile(name), path), path, WhyNotOurs);
}

absl::Status ReadInto(LoadedZone& loaded, ImageFile& file, NameView apex,
                      const ZoneLimits& limits) {
  absl::StatusOr<std::shared_ptr<const Zone>> zone = file.Read(apex);
  if (!zone.ok()) return zone.status();
  if (!(*zone)->nsec3_params().IsWithin(limits.nsec3_iterations_max)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the image has ", (*zone)->nsec3_params().iterations,
                     " NSEC3 iterations, or a salt that costs as much; the work of ",
                     limits.nsec3_iterations_max, " is allowed (limits: nsec3_iterations_max)"));
  }
  loaded.zone = *std::move(zone);
  loaded.from_image = true;
  return absl::OkStatus();
}

// The zone, if the image matches the current text. If not, `loaded.findings` may say why, and
// `is_stale` whether the image itself is good.
struct TriedImage {
  LoadedZone loaded;
  bool is_stale = false;
};

template <typename Open>
TriedImage TryImage(const std::string& path, const std::string& image_path, NameView apex,
                    const LoadLimits& limits, const Open& open) {
  TriedImage tried;
  LoadedZone& loaded = tried.loaded;
  try {
    absl::StatusOr<OpenedImage> image = open();
    absl::Status status = image.status();
    if (image.ok()) {
      auto& [file, note] = *image;
      // If the text is over a limit, it gives the line.
      if (!OverLimits(note.extents(), limits.zone).empty()) return tried;
      loaded.files = note.UnchangedFiles(path);
      tried.is_stale = loaded.files.empty();
      if (tried.is_stale) return tried;
      status = ReadInto(loaded, file, apex, limits.zone);
    }
    if (status.ok() || absl::IsNotFound(status)) return tried;
    loaded.findings.push_back(FindingOf(Severity::kWarning, image_path, status));
    loaded.findings.back().text += "; the zone file is read instead";
  } catch (const std::bad_alloc&) {  // The text may need less memory, and reports it if not.
  }
  return tried;
}

LoadedZone LoadText(const std::string& path, NameView apex, const LoadLimits& limits,
                    LoadProgress* progress, std::vector<Finding>&& first) {
  LoadedZone loaded = LoadZoneFile(path, apex, limits, progress);
  loaded.findings.insert(loaded.findings.begin(), std::make_move_iterator(first.begin()),
                         std::make_move_iterator(first.end()));
  return loaded;
}

// Those who may read the text may read the image. Its group may differ from the text's, so the
// group may not write it.
mode_t ModeFor(const LoadedZone& loaded) {
  struct stat facts;
  return ::stat(loaded.files[0].path.c_str(), &facts) == 0 ? facts.st_mode & 0644 : 0600;
}

}  // namespace

absl::Status CompileImage(const LoadedZone& loaded, const std::string& path, Durable durable) {
  const std::optional<std::string> note = ImageNote::Write(loaded);
  if (!note.has_value()) {
    return absl::AbortedError(
        absl::StrCat(loaded.files[0].path, " has changed while it was read; try again"));
  }
  return WriteImageFile(*loaded.zone, path, *note, ModeFor(loaded), durable);
}

LoadedZone LoadZoneImage(const std::string& path, NameView apex, const LoadLimits& limits) {
  LoadedZone loaded;
  loaded.files.push_back(StampOf(path));  // Before reading: a later change will show.
  try {
    absl::StatusOr<OpenedImage> image = OpenAlone(path);
    absl::Status status = image.status();
    if (image.ok()) {
      const std::string over = OverLimits(image->second.extents(), limits.zone);
      status = over.empty() ? ReadInto(loaded, image->first, apex, limits.zone)
                            : absl::FailedPreconditionError(over);
    }
    if (!status.ok()) loaded.findings.push_back(FindingOf(Severity::kError, path, status));
  } catch (const std::bad_alloc&) {
    loaded.out_of_memory = true;
    loaded.findings.push_back({Severity::kError, path, 0,
                               "not enough memory for the image; give the server more (a reload "
                               "holds the old and the new zone together)"});
  }
  return loaded;
}

LoadedZone LoadZoneFileOrImage(const std::string& path, const std::string& image_path,
                               NameView apex, const LoadLimits& limits, LoadProgress* progress) {
  TriedImage tried =
      TryImage(path, image_path, apex, limits, [&] { return OpenFor(path, image_path); });
  if (tried.loaded.zone != nullptr) return std::move(tried.loaded);
  if (tried.is_stale) {
    tried.loaded.findings.push_back(
        {Severity::kWarning, image_path, 0,
         absl::StrCat("the image does not match ", path,
                      "; the zone file is read instead, compile it again (hither "
                      "compile)")});
  }
  return LoadText(path, apex, limits, progress, std::move(tried.loaded.findings));
}

LoadedZone LoadZoneThroughCache(const std::string& path, NameView apex, const LoadLimits& limits,
                                const ImageFolder& folder, LoadProgress* progress) {
  const std::string image_path = CachedImagePath(folder.path(), apex);
  TriedImage tried =
      TryImage(path, image_path, apex, limits, [&] { return OpenOurs(folder, apex); });
  if (tried.loaded.zone != nullptr) return std::move(tried.loaded);
  LoadedZone loaded = LoadText(path, apex, limits, progress, std::move(tried.loaded.findings));
  if (loaded.zone == nullptr || loaded.zone->image_bytes() < kCachedImageBytesMin) return loaded;
  if (loaded.ends_in_line) return loaded;  // The next load is to warn of it, too.
  try {
    const absl::Status kept = CompileImage(loaded, image_path, Durable::kNo);
    if (!kept.ok() && !absl::IsAborted(kept)) {  // A file that is changing is cached the next time.
      loaded.findings.push_back(FindingOf(Severity::kWarning, image_path, kept));
    }
  } catch (const std::bad_alloc&) {  // The zone is loaded, and that is what counts.
  }
  return loaded;
}

std::string CachedImagePath(const std::string& folder, NameView apex) {
  std::string name;
  for (NameView rest = apex; !rest.IsRoot(); rest = rest.Parent()) {
    if (!name.empty()) name += '.';
    for (const uint8_t octet : rest.first_label()) {
      const char c = static_cast<char>(ToLowerOctet(octet));
      if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') {
        name += c;
      } else {
        absl::StrAppendFormat(&name, "%%%02X", octet);
      }
    }
  }
  if (name.empty()) name += '%';          // The root; no other name gives that.
  if (name.size() > kFileNameBytesMax) {  // A hash distinguishes what is cut off.
    name = absl::StrFormat("%s%%%016x", name.substr(0, kFileNameBytesMax), HashName(apex));
  }
  return absl::StrCat(folder, folder.empty() || folder.back() == '/' ? "" : "/", name, ".image");
}

}  // namespace hither
