#include "server/load/zone_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "zones/load/image_cache.h"

namespace hither {
namespace {

constexpr int kSettleRounds = 10;

// One log line for each finding. Its level is the severity.
void Tell(const Finding& finding) {
  if (finding.severity == Severity::kNote) return Log(LogLevel::kWarning, ToText(finding));
  Log(finding.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning,
      PlaceText(finding), ": ", Printable(finding.text));
}

// Its path on one line: a file in a folder may be called anything.
std::string ShownFile(ZoneSource source) { return Printable(std::string(source.file())); }

std::vector<std::string> ErrorsOf(ZoneSource source, const std::vector<Finding>& findings) {
  std::vector<std::string> errors;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kError) errors.push_back(ToText(finding));
  }
  if (errors.empty()) {
    errors.push_back(
        absl::StrCat(ShownFile(source), ": ", source.name().ToText(), " could not be loaded"));
  }
  return errors;
}

uint64_t SizeOf(ZoneSource source) {
  struct stat facts;
  return ::stat(source.file().data(), &facts) == 0 ? static_cast<uint64_t>(facts.st_size) : 0;
}

uint64_t BytesOf(const std::vector<FileStamp>& files) {
  uint64_t bytes = 0;
  for (const FileStamp& file : files) bytes += file.size_bytes;
  return bytes;
}

bool IsSame(const Zone& a, const Zone& b) { return std::ranges::equal(a.image(), b.image()); }

// What secondary servers will not notice of a new version (RFC 1982 §3.2); "" if there is nothing.
std::string SerialWarning(const Zone& before, const Zone& now) {
  if (now.serial() == before.serial()) {
    if (IsSame(before, now)) return "";
    return absl::StrCat("serial ", now.serial(),
                        " is the same as before, but the data is not; secondary servers keep the "
                        "old data, so raise the serial (RFC 1982 §3.2)");
  }
  if (static_cast<int32_t>(now.serial() - before.serial()) > 0) return "";
  return absl::StrCat("serial ", now.serial(), " is lower than ", before.serial(),
                      ", which was served before; secondary servers keep the old data, so raise "
                      "the serial (RFC 1982 §3.2)");
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
          LoadProgress& progress, const ZoneNames& only)
      : store_(store),
        only_(only),
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
        LoadOrKeep(at, part, Turn::kFirst);
      }
    });
    LoadAgain();
    Settle();
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

  enum class Turn : uint8_t { kFirst, kAgain, kLast };

  // What one thread found. A cache line of its own.
  struct alignas(64) Part {
    LoadReport report;
    size_t kept = 0;  // Zones that were there before.
    FirstLines errors{LoadReport::kErrorLinesMax};
    FirstLines notes{LoadReport::kNoteLinesMax};
    std::vector<size_t> out_of_memory = {};  // Zones that are not counted yet;
    std::vector<size_t> unsettled = {};      // these neither: their files look half written.
  };

  std::vector<size_t> TakeAll(std::vector<size_t> Part::*list) {
    std::vector<size_t> all;
    for (Part& part : parts_) {
      all.insert(all.end(), (part.*list).begin(), (part.*list).end());
      (part.*list).clear();
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  // Memory that was too scarce for zones in parallel may suffice for one alone. If not even then,
  // the zone is not too large: there are too many.
  void LoadAgain() { LoadThese(TakeAll(&Part::out_of_memory), Turn::kAgain); }

  void LoadThese(const std::vector<size_t>& zones_again, Turn turn) {
    Part& part = parts_.emplace_back();
    for (const size_t at : zones_again) {
      if (IsStopped()) return;
      CheckMemoryLeft();
      LoadOrKeep(at, part, turn);
    }
  }

  void Settle() {
    for (int round = 1; round <= kSettleRounds; ++round) {
      const std::vector<size_t> waiting = TakeAll(&Part::unsettled);
      if (waiting.empty()) return;
      const absl::Time until = absl::Now() + store_.options_.settle;
      while (absl::Now() < until && !IsStopped()) absl::SleepFor(absl::Milliseconds(10));
      LoadThese(waiting, round < kSettleRounds ? Turn::kAgain : Turn::kLast);
    }
  }

  void LoadOrKeep(size_t at, Part& part, Turn turn) {
    const ZoneSource source = sources_[at];
    const ServedZone* before = store_.set_->FindExact(source.name());
    if (IsKept(source, before)) {
      Keep(at, *before);
      ++part.report.unchanged;
    } else {
      LoadedZone loaded =
          LoadSource(source, store_.options_, images_.has_value() ? &*images_ : nullptr, progress_);
      if (IsStopped()) return;  // Whatever its result.
      if (loaded.out_of_memory && turn == Turn::kFirst) return part.out_of_memory.push_back(at);
      if (LooksHalfWritten(loaded, before) && !IsSettled(loaded.files, turn)) {
        if (turn != Turn::kLast) return part.unsettled.push_back(at);
        Refuse(source, loaded);
      }
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

  // Only a version that is worse than one we have is worth waiting for a better one.
  bool LooksHalfWritten(const LoadedZone& loaded, const ServedZone* before) const {
    if (before == nullptr || before->zone == nullptr) return false;
    if (loaded.ends_in_line) return true;
    if (loaded.zone == nullptr || loaded.from_image) return false;
    return loaded.zone->serial() == before->zone->serial() &&
           before->source().kind() != ZoneSource::Kind::kImage &&
           BytesOf(loaded.files) < BytesOf(Unpack(StampsOf(*before), before->file()));
  }

  // Has nobody touched them for a while? A time in the future is another clock's: after a round of
  // waiting it counts as old.
  bool IsSettled(const std::vector<FileStamp>& files, Turn turn) const {
    const auto newest = std::ranges::max_element(files, {}, &FileStamp::changed_ns);
    const absl::Duration age = absl::Nanoseconds(FileClockNow() - newest->changed_ns);
    const bool is_old =
        age >= store_.options_.settle || (age < absl::ZeroDuration() && turn != Turn::kFirst);
    return is_old && !HasChanged(files);
  }

  static void Refuse(ZoneSource source, LoadedZone& loaded) {
    loaded.zone = nullptr;
    loaded.findings.push_back(
        {Severity::kError, std::string(source.file()), 0,
         "it is being written and looks half written; the last good version stays. Reload when it "
         "is complete, or write another file and rename it"});
  }

  const Stamps& StampsOf(const ServedZone& before) const {
    return store_.stamps_[static_cast<size_t>(&before - store_.set_->zones().data())];
  }

  // A failed zone is read again even if unchanged, so that its errors are reported again.
  bool IsKept(ZoneSource source, const ServedZone* before) const {
    if (before == nullptr || before->source().kind() != source.kind() ||
        before->file() != source.file()) {
      return false;
    }
    if (!only_.empty() && !only_.contains(absl::AsciiStrToLower(source.name().ToText()))) {
      return true;
    }
    return !before->has_failed() && !HasChanged(Unpack(StampsOf(*before), source.file()));
  }

  void Keep(size_t at, const ServedZone& before) {
    zones[at] = ServedZone(sources_[at]);
    zones[at].zone = before.zone;
    zones[at].set_loaded_at(before.loaded_at());
    if (!before.warning().empty()) zones[at].set_warning(std::string(before.warning()));
    if (before.has_failed()) {
      zones[at].set_last_error(std::string(before.last_error()), before.failed_since());
    }
    const Stamps& old = StampsOf(before);
    stamps[at] = {old.changed_ns, old.size_bytes, old.inode, nullptr};
    if (old.includes == nullptr) return;
    stamps[at].includes = std::make_unique<const std::vector<FileStamp>>(*old.includes);
  }

  void Take(size_t at, const ServedZone* before, LoadedZone&& loaded, Part& part) {
    const ZoneSource source = sources_[at];
    for (const Finding& finding : loaded.findings) Tell(finding);
    ServedZone served(source);
    if (loaded.zone != nullptr) {
      for (const Finding& finding : loaded.findings) part.notes.Add(at, ToText(finding));
      served.zone = std::move(loaded.zone);
      served.set_loaded_at(now_);
      ++part.report.loaded;
      TellSerial(at, before, served, part);
    } else {
      if (before != nullptr) {
        served.zone = before->zone;
        served.set_loaded_at(before->loaded_at());
        if (!before->warning().empty()) served.set_warning(std::string(before->warning()));
      }
      const bool again = before != nullptr && before->has_failed();
      const absl::Time since = again ? before->failed_since() : now_;
      Fail(at, ErrorsOf(source, loaded.findings), since, served, part);
    }
    stamps[at] = Pack(std::move(loaded.files));
    zones[at] = std::move(served);
  }

  // Of a new version. The first load's are at level debug: there may be a million.
  void TellSerial(size_t at, const ServedZone* before, ServedZone& served, Part& part) const {
    const bool is_first_load = store_.set_->zones().empty();
    if (is_first_load && !LogIsOn(LogLevel::kDebug)) return;
    const Zone* const old = before == nullptr ? nullptr : before->zone.get();
    std::string line = absl::StrCat(
        "zone ", served.apex().ToText(), ": serial ", served.zone->serial(),
        old == nullptr                           ? ", new"
        : served.zone->serial() != old->serial() ? absl::StrCat(", was ", old->serial())
        : IsSame(*old, *served.zone)             ? ", as before"
                                                 : ", other data",
        "; ", served.zone->record_count(), " records from ", ShownFile(served.source()));
    if (is_first_load) return Log(LogLevel::kDebug, line);
    if (part.notes.Add(at, line)) Log(LogLevel::kInfo, line);
    if (old == nullptr) return;
    std::string warning = SerialWarning(*old, *served.zone);
    // It stays until the serial is raised: another reload of the same file mends nothing.
    if (warning.empty() && served.zone->serial() == old->serial())
      warning = std::string(before->warning());
    if (warning.empty()) return;
    const Finding finding = {Severity::kWarning, std::string(served.file()), 0, warning};
    Tell(finding);
    part.notes.Add(at, ToText(finding));
    served.set_warning(std::move(warning));
  }

  void Fail(size_t at, std::vector<std::string> errors, absl::Time since, ServedZone& served,
            Part& part) const {
    Log(LogLevel::kError, "zone ", sources_[at].name().ToText(), " from ", ShownFile(sources_[at]),
        ": ", Counted(errors.size(), "error"), "; ",
        served.zone != nullptr ? absl::StrCat("serial ", served.zone->serial(), " is still served")
                               : "its names get SERVFAIL");
    served.set_last_error(errors.front(), since);
    ++part.report.failed;
    for (std::string& error : errors) part.errors.Add(at, std::move(error));
  }

  LoadReport Sum() {
    LoadReport sum;
    FirstLines errors(LoadReport::kErrorLinesMax);
    FirstLines notes(LoadReport::kNoteLinesMax);
    size_t kept = 0;
    for (Part& part : parts_) {
      sum.loaded += part.report.loaded;
      sum.unchanged += part.report.unchanged;
      sum.failed += part.report.failed;
      sum.records += part.report.records;
      sum.served += part.report.served;
      kept += part.kept;
      errors.Take(std::move(part.errors));
      notes.Take(std::move(part.notes));
    }
    sum.removed = store_.set_->zones().size() - kept;
    sum.errors = errors.Finish(sum.errors_omitted);
    sum.notes = notes.Finish(sum.notes_omitted);
    return sum;
  }

  const ZoneStore& store_;
  const ZoneNames& only_;
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

void ZoneStore::AddFiles(WatchList& list) const {
  for (size_t at = 0; at < stamps_.size(); ++at) {
    const ZoneSource source = set_->zones()[at].source();
    list.AddFile(std::string(source.file()));
    if (!source.image().empty()) list.AddFile(std::string(source.image()));
    if (stamps_[at].includes == nullptr) continue;
    for (const FileStamp& included : *stamps_[at].includes) list.AddFile(included.path);
  }
}

bool ZoneStore::HasChangedFiles() const {
  for (size_t at = 0; at < stamps_.size(); ++at) {
    if (IsRaised(options_.limits.zone.stop)) return false;
    if (HasChanged(Unpack(stamps_[at], set_->zones()[at].source().file()))) return true;
  }
  return false;
}

void ZoneStore::SetRunning(const Loading* loading) {
  MutexLock lock(mu_);
  running_ = loading;
}

LoadReport ZoneStore::Load(const ZoneSources& sources, absl::Time now, LoadProgress& progress,
                           const ZoneNames& only) {
  Loading loading(*this, sources, now, progress, only);
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
