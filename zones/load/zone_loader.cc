#include "zones/load/zone_loader.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

#include "absl/types/span.h"
#include "zones/check/zone_check.h"
#include "zones/load/record_pipe.h"

namespace hither {
namespace {

constexpr int64_t kNanosecondsInSecond = 1'000'000'000;

int64_t ToNanoseconds(const timespec& time) {
  return time.tv_sec * kNanosecondsInSecond + time.tv_nsec;
}

// Included files are known only once they are read. One written since the load began may differ
// from what was read, so it gets a stamp that no file has: the next reload reads it again.
std::vector<FileStamp> StampIncludes(const std::vector<std::string>& files, int64_t began_ns) {
  std::vector<FileStamp> stamps;
  for (size_t i = 1; i < files.size(); ++i) {
    stamps.push_back(StampOf(files[i]));
    if (stamps.back().changed_ns >= began_ns) stamps.back().changed_ns = -1;
  }
  return stamps;
}

bool IsError(const Finding& finding) { return finding.severity == Severity::kError; }

void Append(std::vector<Finding>&& more, std::vector<Finding>& findings) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

// All steps after reading. After a reading error some records are missing: the builder's findings
// about a line are still valid, but those about the zone ("no SOA"), and the checks, may not be.
LoadedZone Finish(ZoneFileResult read, ZoneBuilder& builder, const ZoneLimits& limits) {
  LoadedZone loaded;
  loaded.ends_in_line = read.ends_in_line;
  loaded.findings = std::move(read.findings);
  BuiltZone built = builder.Build(read.files);
  if (!read.ok) std::erase_if(built.findings, [](const Finding& found) { return found.line == 0; });
  Append(std::move(built.findings), loaded.findings);
  if (!read.ok || built.zone == nullptr) return loaded;
  Append(CheckZone(*built.zone, builder, read.files, limits), loaded.findings);
  if (std::ranges::any_of(loaded.findings, IsError)) return loaded;
  loaded.zone = std::move(built.zone);
  loaded.extents = built.extents;
  return loaded;
}

// The only place that catches: a zone that is too large is that zone's error, and must not end a
// server of other zones. The load's memory is free again when the finding is made. (A string or
// vector beyond its max_size() is the same error under another name.)
template <typename Load>
LoadedZone WithinMemory(const std::string& file, const Load& load) {
  try {
    return load();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  LoadedZone failed;
  failed.out_of_memory = true;
  failed.findings.push_back(
      {.severity = Severity::kError,
       .file = file,
       .line = 0,
       .text = "not enough memory to load it; give the server more (a reload holds the old and the "
               "new zone together) or make the zone smaller"});
  return failed;
}

// One thread reads a large file, and another adds its records to the zone.
ZoneFileResult ReadInto(ZoneBuilder& builder, const FileStamp& file, NameView apex,
                        const LoadLimits& limits, LoadProgress* progress) {
  if (file.size_bytes < RecordPipe::kPaysFromFileBytes) {
    return ReadZoneFile(file.path, apex, builder, limits.file, progress);
  }
  RecordPipe pipe(builder);
  ZoneFileResult read = ReadZoneFile(file.path, apex, pipe, limits.file, progress);
  pipe.Finish();
  return read;
}

LoadedZone Stopped(const std::string& path) {
  LoadedZone stopped;
  stopped.findings.push_back(
      {.severity = Severity::kError, .file = path, .line = 0, .text = kStoppedText});
  return stopped;
}

LoadedZone LoadFile(const std::string& path, NameView apex, const LoadLimits& limits,
                    LoadProgress* progress) {
  const int64_t began_ns = FileClockNow();
  std::vector<FileStamp> stamps = {StampOf(path)};  // Before reading: a later change will show.
  ZoneBuilder builder(apex, limits.zone);
  ZoneFileResult read = ReadInto(builder, stamps[0], apex, limits, progress);
  if (IsRaised(limits.zone.stop)) return Stopped(path);  // Even sorting the names takes a while.
  for (FileStamp& stamp : StampIncludes(read.files, began_ns)) stamps.push_back(std::move(stamp));
  for (const std::string& file : read.files_not_opened) stamps.push_back(StampOf(file));
  LoadedZone loaded = Finish(std::move(read), builder, limits.zone);
  loaded.files = std::move(stamps);
  loaded.began_ns = began_ns;
  return loaded;
}

}  // namespace

FileStamp StampOf(const std::string& path) {
  FileStamp stamp{.path = path};
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return stamp;
  stamp.changed_ns = ToNanoseconds(status.st_ctim);
  stamp.size_bytes = static_cast<uint64_t>(status.st_size);
  stamp.inode = status.st_ino;
  return stamp;
}

int64_t FileClockNow() {
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return ToNanoseconds(now);
}

LoadedZone LoadZoneFile(const std::string& path, NameView apex, const LoadLimits& limits,
                        LoadProgress* progress) {
  LoadedZone loaded = WithinMemory(path, [&] { return LoadFile(path, apex, limits, progress); });
  if (loaded.files.empty()) loaded.files.push_back(StampOf(path));
  return loaded;
}

LoadedZone LoadZoneText(absl::string_view text, const std::string& name, NameView apex,
                        const LoadLimits& limits) {
  return WithinMemory(name, [&] {
    ZoneBuilder builder(apex, limits.zone);
    return Finish(ReadZoneText(text, name, apex, builder, limits.file), builder, limits.zone);
  });
}

bool HasChanged(const std::vector<FileStamp>& files) {
  return std::ranges::any_of(files, [](const FileStamp& then) {
    const FileStamp now = StampOf(then.path);
    return now.changed_ns != then.changed_ns || now.size_bytes != then.size_bytes ||
           now.inode != then.inode;
  });
}

}  // namespace hither
