#include "zones/image_cache.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <new>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "zones/image_file.h"
#include "zones/name_hash.h"

namespace hither {
namespace {

// A file system's clock may stand still for so long: a change within it cannot be told from what
// was read.
constexpr int64_t kClockTickNsMax = 20'000'000;
constexpr size_t kFileNameBytesMax = 200;  // Of 255; the rest is for the ending.

// The first line of a note: what else decides whether a text makes the same image.
std::string LimitsLine(const LoadLimits& limits) {
  return absl::StrCat("limits ", limits.zone.records_per_rrset_max, " ",
                      limits.zone.types_per_name_max, " ", limits.file.include_depth_max, " ",
                      limits.file.generate_records_max, " ", limits.file.generated_total_max);
}

// The same from wherever it is asked.
std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  return error ? path : absolute;
}

std::string NoteOf(const std::vector<FileStamp>& files, const LoadLimits& limits) {
  std::string note = LimitsLine(limits);
  for (const FileStamp& file : files) {
    absl::StrAppend(&note, "\nfile ", file.mtime_ns, " ", file.size_bytes, " ",
                    absl::CEscape(Absolute(file.path)));
  }
  return note;
}

// The files that a note names, as they are now, the first of them `path`. Empty if one has changed
// or the limits have, or if the note is none of ours.
std::vector<FileStamp> UnchangedFiles(absl::string_view note, const std::string& path,
                                      const LoadLimits& limits) {
  const std::vector<absl::string_view> lines = absl::StrSplit(note, '\n');
  if (lines[0] != LimitsLine(limits)) return {};
  std::vector<FileStamp> files;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<absl::string_view> fields = absl::StrSplit(lines[i], absl::MaxSplits(' ', 3));
    FileStamp then;
    if (fields.size() != 4 || fields[0] != "file" || !absl::SimpleAtoi(fields[1], &then.mtime_ns) ||
        !absl::SimpleAtoi(fields[2], &then.size_bytes) || !absl::CUnescape(fields[3], &then.path)) {
      return {};
    }
    FileStamp now = StampOf(then.path);
    if (now.mtime_ns != then.mtime_ns || now.size_bytes != then.size_bytes) return {};
    files.push_back(std::move(now));
  }
  if (files.empty() || files[0].path != Absolute(path)) return {};
  return files;
}

Finding FindingOf(Severity severity, const std::string& path, const absl::Status& status) {
  absl::string_view text = status.message();
  absl::ConsumePrefix(&text, absl::StrCat(path, ": "));  // A finding says that by itself.
  return {severity, path, 0, std::string(text)};
}

// The zone, if the image is of the text as it is now. If not, `warnings` may say why, and
// `is_stale` whether the image as such is good.
struct TriedImage {
  LoadedZone loaded;
  bool is_stale = false;
};

TriedImage TryImage(const std::string& path, const std::string& image_path, NameView apex,
                    const LoadLimits& limits) {
  TriedImage tried;
  LoadedZone& loaded = tried.loaded;
  try {
    absl::StatusOr<ImageFile> file = ImageFile::Open(image_path);
    absl::Status status = file.status();
    if (file.ok()) {
      loaded.files = UnchangedFiles(file->note(), path, limits);
      tried.is_stale = loaded.files.empty();
      if (tried.is_stale) return tried;
      absl::StatusOr<std::shared_ptr<const Zone>> zone = file->Read(apex);
      status = zone.status();
      if (zone.ok()) loaded.zone = *std::move(zone);
      loaded.from_image = zone.ok();
    }
    if (status.ok() || absl::IsNotFound(status)) return tried;
    loaded.findings.push_back(FindingOf(Severity::kWarning, image_path, status));
    loaded.findings.back().text += "; the zone file is read instead";
  } catch (const std::bad_alloc&) {  // The text may need less at once, and says so if not.
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

// What the image is made from must be older than a moment, and the same after as before.
bool MayKeep(const LoadedZone& loaded) {
  return !HasChanged(loaded.files) && std::ranges::all_of(loaded.files, [&](const FileStamp& file) {
    return file.mtime_ns >= 0 && file.mtime_ns < loaded.began_ns - kClockTickNsMax;
  });
}

}  // namespace

absl::Status CompileImage(const LoadedZone& loaded, const LoadLimits& limits,
                          const std::string& path) {
  return WriteImageFile(*loaded.zone, path, NoteOf(loaded.files, limits));
}

LoadedZone LoadZoneImage(const std::string& path, NameView apex) {
  LoadedZone loaded;
  loaded.files.push_back(StampOf(path));  // Before reading: a later change shows.
  try {
    absl::StatusOr<ImageFile> file = ImageFile::Open(path);
    absl::Status status = file.status();
    if (file.ok()) {
      absl::StatusOr<std::shared_ptr<const Zone>> zone = file->Read(apex);
      status = zone.status();
      if (zone.ok()) loaded.zone = *std::move(zone);
      loaded.from_image = zone.ok();
    }
    if (!status.ok()) loaded.findings.push_back(FindingOf(Severity::kError, path, status));
  } catch (const std::bad_alloc&) {
    loaded.out_of_memory = true;
    loaded.findings.push_back({Severity::kError, path, 0,
                               "not enough memory for the image; give the server more (a reload "
                               "holds the old and the new zone at once)"});
  }
  return loaded;
}

LoadedZone LoadZoneFileOrImage(const std::string& path, const std::string& image_path,
                               NameView apex, const LoadLimits& limits, LoadProgress* progress) {
  TriedImage tried = TryImage(path, image_path, apex, limits);
  if (tried.loaded.zone != nullptr) return std::move(tried.loaded);
  if (tried.is_stale) {
    tried.loaded.findings.push_back(
        {Severity::kWarning, image_path, 0,
         absl::StrCat("the image is not of ", path,
                      " as it is now, or was made under other limits; the zone file is read "
                      "instead, compile it again (hither compile)")});
  }
  return LoadText(path, apex, limits, progress, std::move(tried.loaded.findings));
}

LoadedZone LoadZoneThroughCache(const std::string& path, NameView apex, const LoadLimits& limits,
                                const std::string& folder, LoadProgress* progress) {
  const std::string image_path = CachedImagePath(folder, apex);
  TriedImage tried = TryImage(path, image_path, apex, limits);
  if (tried.loaded.zone != nullptr) return std::move(tried.loaded);
  LoadedZone loaded = LoadText(path, apex, limits, progress, std::move(tried.loaded.findings));
  const bool worth_it = loaded.zone != nullptr &&
                        loaded.zone->image_bytes() >= kCachedImageBytesMin && MayKeep(loaded);
  if (!worth_it) return loaded;
  const absl::Status kept = CompileImage(loaded, limits, image_path);
  if (!kept.ok()) loaded.findings.push_back(FindingOf(Severity::kWarning, image_path, kept));
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
  if (name.empty()) name = "%2E";         // The root.
  if (name.size() > kFileNameBytesMax) {  // What is cut off is told apart by its hash.
    name = absl::StrFormat("%s%%%016x", name.substr(0, kFileNameBytesMax), HashName(apex));
  }
  return absl::StrCat(folder, folder.empty() || folder.back() == '/' ? "" : "/", name, ".image");
}

}  // namespace hither
