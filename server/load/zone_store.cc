#include "server/load/zone_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/parallel.h"
#include "zones/load/image_cache.h"

namespace hither {
namespace {

// One log line for each finding, whatever its severity.
void Tell(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    Log(finding.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning,
        ToText(finding));
  }
}

std::vector<std::string> ErrorsOf(ZoneSource source, const std::vector<Finding>& findings) {
  std::vector<std::string> errors;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kError) errors.push_back(ToText(finding));
  }
  if (errors.empty()) {
    errors.push_back(
        absl::StrCat(source.file(), ": ", source.name().ToText(), " could not be loaded"));
  }
  return errors;
}

uint64_t SizeOf(ZoneSource source) {
  struct stat facts;
  return ::stat(source.file().data(), &facts) == 0 ? static_cast<uint64_t>(facts.st_size) : 0;
}

// Called directly: compilers may omit new-expressions.
void CheckMemoryLeft() { ::operator delete(::operator new(ZoneStore::kMemoryLeftMin)); }

// A fault of the folder is reported once per load, not for each zone.
std::optional<ImageFolder> OpenImages(const std::string& path) {
  if (path.empty()) return std::nullopt;
  absl::StatusOr<ImageFolder> folder = ImageFolder::Open(path);
  const absl::Status status = folder.ok() ? folder->CheckWritable() : folder.status();
  if (!status.ok()) {
    Log(LogLevel::kWarning, "image_cache: cannot use ", path, ": ", status.message(),
        folder.ok() ? "" : "; zone files are read instead");
  }
  return folder.ok() ? std::optional(*std::move(folder)) : std::nullopt;
}

}  // namespace

LoadedZone LoadSource(ZoneSource source, const LoadOptions& options, const ImageFolder* images,
                      LoadProgress& progress) {
  const std::string file(source.file());
  LoadedZone loaded;
  if (source.kind() == ZoneSource::Kind::kImage) {
    loaded = LoadZoneImage(file, source.name(), options.limits);
  } else if (source.kind() == ZoneSource::Kind::kTextOrImage) {
    loaded = LoadZoneFileOrImage(file, std::string(source.image()), source.name(), options.limits,
                                 &progress);
  } else if (images != nullptr) {
    loaded = LoadZoneThroughCache(file, source.name(), options.limits, *images, &progress);
  } else {
    loaded = LoadZoneFile(file, source.name(), options.limits, &progress);
  }
  if (loaded.from_image) {  // Text reports it while it is read.
    uint64_t bytes = 0;
    for (const FileStamp& stamp : loaded.files) bytes += stamp.size_bytes;
    progress.bytes_included.fetch_add(bytes - loaded.files[0].size_bytes,
                                      std::memory_order_relaxed);
    progress.bytes_done.fetch_add(bytes, std::memory_order_relaxed);
    progress.records.fetch_add(loaded.zone->record_count(), std::memory_order_relaxed);
  }
  return loaded;
}

// One Load(): what the threads share while they take one zone after another. Each writes only data
// of the zones that it took, and its own Part.
class ZoneStore::Loading {
 public:
  Loading(const ZoneStore& store, const ZoneSources& sources, absl::Time now,
          LoadProgress& progress)
      : store_(store),
        sources_(sources),
        now_(now),
        progress_(progress),
        images_(OpenImages(store.options_.image_cache)),
        good_(sources.size()) {
    zones.resize(sources.size());
    stamps.resize(sources.size());
    progress.zones_total.store(sources.size(), std::memory_order_relaxed);
    if (sources.size() > kZonesSizedMax) return;
    uint64_t bytes = 0;
    for (const ZoneSource source : sources) {
      if (!IsKept(source, store_.set_->FindExact(source.name()))) bytes += SizeOf(source);
    }
    progress.bytes_total.store(bytes, std::memory_order_relaxed);
  }

  LoadReport Run() {
    const size_t threads = LoadThreadsFor(sources_.size());
    parts_.resize(threads);
    RunInThreads(threads, [this](size_t thread) {
      Part& part = parts_[thread];
      for (size_t at; (at = next_.fetch_add(1, std::memory_order_relaxed)) < sources_.size();) {
        if (IsStopped()) return;
        LoadOrKeep(at, part, /*alone=*/false);
      }
    });
    LoadAgain();
    if (IsStopped()) return {};
    return Sum();
  }

  // In any thread while Run() runs.
  std::shared_ptr<const ZoneSet> Partial(size_t known) const {
    const auto is_good = [](const std::atomic<bool>& good) {
      return good.load(std::memory_order_acquire);
    };
    const auto count = static_cast<size_t>(std::count_if(good_.begin(), good_.end(), is_good));
    if (count <= known) return nullptr;
    std::vector<ServedZone> by_now;
    by_now.reserve(sources_.size());
    for (size_t at = 0; at < sources_.size(); ++at) {
      ServedZone& served = by_now.emplace_back(sources_[at]);
      if (!is_good(good_[at])) continue;
      served.zone = zones[at].zone;
      served.set_loaded_at(now_);
    }
    return std::make_shared<const ZoneSet>(sources_, std::move(by_now));
  }

  std::vector<ServedZone> zones;
  std::vector<Stamps> stamps;

 private:
  bool IsStopped() const { return IsRaised(store_.options_.limits.file.stop); }

  // What one thread found. A cache line of its own.
  struct alignas(64) Part {
    LoadReport report;
    size_t kept = 0;                                          // Zones that were there before.
    std::vector<std::pair<size_t, std::string>> errors = {};  // The zone's number, ascending.
    std::vector<size_t> out_of_memory = {};                   // Zones that are not counted yet.
  };

  // Memory that was too scarce for zones in parallel may suffice for one alone. If not even then,
  // the zone is not too large: there are too many.
  void LoadAgain() {
    std::vector<size_t> again;
    for (const Part& part : parts_) {
      again.insert(again.end(), part.out_of_memory.begin(), part.out_of_memory.end());
    }
    std::sort(again.begin(), again.end());
    Part& part = parts_.emplace_back();
    for (const size_t at : again) {
      if (IsStopped()) return;
      CheckMemoryLeft();
      LoadOrKeep(at, part, /*alone=*/true);
    }
  }

  void LoadOrKeep(size_t at, Part& part, bool alone) {
    const ZoneSource source = sources_[at];
    const ServedZone* before = store_.set_->FindExact(source.name());
    if (IsKept(source, before)) {
      Keep(at, *before);
      ++part.report.unchanged;
    } else {
      LoadedZone loaded =
          LoadSource(source, store_.options_, images_.has_value() ? &*images_ : nullptr, progress_);
      if (IsStopped()) return;  // Whatever its result.
      if (loaded.out_of_memory && !alone) return part.out_of_memory.push_back(at);
      Take(at, before, std::move(loaded), part);
    }
    part.kept += before != nullptr;
    if (zones[at].zone != nullptr) {
      ++part.report.served;
      good_[at].store(true, std::memory_order_release);
      part.report.records += zones[at].zone->record_count();
    }
    progress_.zones_done.fetch_add(1, std::memory_order_relaxed);
  }

  const Stamps& StampsOf(const ServedZone& before) const {
    return store_.stamps_[static_cast<size_t>(&before - store_.set_->zones().data())];
  }

  // A failed zone is read again even if unchanged, so that its errors are reported again.
  bool IsKept(ZoneSource source, const ServedZone* before) const {
    return before != nullptr && !before->has_failed() && before->source().kind() == source.kind() &&
           before->file() == source.file() && !HasChanged(Unpack(StampsOf(*before), source.file()));
  }

  void Keep(size_t at, const ServedZone& before) {
    zones[at] = ServedZone(sources_[at]);
    zones[at].zone = before.zone;
    zones[at].set_loaded_at(before.loaded_at());
    const Stamps& old = StampsOf(before);
    stamps[at] = {old.changed_ns, old.size_bytes, old.inode, nullptr};
    if (old.includes == nullptr) return;
    stamps[at].includes = std::make_unique<const std::vector<FileStamp>>(*old.includes);
  }

  void Take(size_t at, const ServedZone* before, LoadedZone&& loaded, Part& part) {
    const ZoneSource source = sources_[at];
    Tell(loaded.findings);
    ServedZone served(source);
    if (loaded.zone != nullptr) {
      served.zone = std::move(loaded.zone);
      served.set_loaded_at(now_);
      ++part.report.loaded;
      if (LogIsOn(LogLevel::kDebug)) {
        Log(LogLevel::kDebug, "zone ", source.name().ToText(), ": serial ", served.zone->serial(),
            ", ", served.zone->record_count(), " records from ", source.file());
      }
    } else {
      if (before != nullptr) {
        served.zone = before->zone;
        served.set_loaded_at(before->loaded_at());
      }
      const bool again = before != nullptr && before->has_failed();
      const absl::Time since = again ? before->failed_since() : now_;
      Fail(at, ErrorsOf(source, loaded.findings), since, served, part);
    }
    stamps[at] = Pack(std::move(loaded.files));
    zones[at] = std::move(served);
  }

  void Fail(size_t at, std::vector<std::string> errors, absl::Time since, ServedZone& served,
            Part& part) const {
    Log(LogLevel::kError, "zone ", sources_[at].name().ToText(), " from ", sources_[at].file(),
        ": ", errors.size(), " errors; ",
        served.zone != nullptr ? absl::StrCat("serial ", served.zone->serial(), " is still served")
                               : "its names get SERVFAIL");
    served.set_last_error(errors.front(), since);
    ++part.report.failed;
    for (std::string& error : errors) {
      // A thread takes zones in order, so the first of all are among the first of each.
      if (part.errors.size() < kErrorLinesMax) {
        part.errors.emplace_back(at, std::move(error));
      } else {
        ++part.report.errors_omitted;
      }
    }
  }

  LoadReport Sum() {
    LoadReport sum;
    std::vector<std::pair<size_t, std::string>> errors;
    size_t kept = 0;
    for (Part& part : parts_) {
      sum.loaded += part.report.loaded;
      sum.unchanged += part.report.unchanged;
      sum.failed += part.report.failed;
      sum.records += part.report.records;
      sum.served += part.report.served;
      sum.errors_omitted += part.report.errors_omitted;
      kept += part.kept;
      std::move(part.errors.begin(), part.errors.end(), std::back_inserter(errors));
    }
    sum.removed = store_.set_->zones().size() - kept;
    std::stable_sort(errors.begin(), errors.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < errors.size(); ++i) {
      if (i < kErrorLinesMax) {
        sum.errors.push_back(std::move(errors[i].second));
      } else {
        ++sum.errors_omitted;
      }
    }
    return sum;
  }

  const ZoneStore& store_;
  const ZoneSources& sources_;
  const absl::Time now_;
  LoadProgress& progress_;
  const std::optional<ImageFolder> images_;
  std::vector<Part> parts_;
  std::atomic<size_t> next_{0};          // The next zone to take.
  std::vector<std::atomic<bool>> good_;  // Whose zones are loaded and will not change.
};

ZoneStore::Stamps ZoneStore::Pack(std::vector<FileStamp> files) {
  Stamps stamps;
  if (files.empty()) return stamps;
  stamps.changed_ns = files[0].changed_ns;
  stamps.size_bytes = files[0].size_bytes;
  stamps.inode = files[0].inode;
  if (files.size() == 1) return stamps;
  files.erase(files.begin());
  stamps.includes = std::make_unique<const std::vector<FileStamp>>(std::move(files));
  return stamps;
}

std::vector<FileStamp> ZoneStore::Unpack(const Stamps& stamps, absl::string_view path) {
  std::vector<FileStamp> files = {
      {std::string(path), stamps.changed_ns, stamps.size_bytes, stamps.inode}};
  if (stamps.includes == nullptr) return files;
  files.insert(files.end(), stamps.includes->begin(), stamps.includes->end());
  return files;
}

std::shared_ptr<const ZoneSet> ZoneStore::Partial(size_t known) const {
  MutexLock lock(mu_);
  return running_ == nullptr ? nullptr : running_->Partial(known);
}

void ZoneStore::SetRunning(const Loading* loading) {
  MutexLock lock(mu_);
  running_ = loading;
}

LoadReport ZoneStore::Load(const ZoneSources& sources, absl::Time now, LoadProgress& progress) {
  Loading loading(*this, sources, now, progress);
  SetRunning(&loading);
  const absl::Cleanup ended = [this] { SetRunning(nullptr); };
  LoadReport report = loading.Run();
  SetRunning(nullptr);                   // Before its zones are moved.
  if (!report.changed()) return report;  // Otherwise there would be two equal sets.
  auto set = std::make_shared<const ZoneSet>(sources, std::move(loading.zones));
  CheckMemoryLeft();
  set_ = std::move(set);
  stamps_ = std::move(loading.stamps);
  return report;
}

}  // namespace hither
