#include "server/zone_store.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/log.h"

namespace hither {
namespace {

// A line of an operator's log for each finding, whatever its severity.
void Tell(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    Log(finding.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning,
        ToText(finding));
  }
}

std::vector<std::string> ErrorsOf(const ZoneSource& source, const std::vector<Finding>& findings) {
  std::vector<std::string> errors;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kError) errors.push_back(ToText(finding));
  }
  if (errors.empty()) {
    errors.push_back(absl::StrCat(source.file, ": ", source.name.ToText(), " could not be loaded"));
  }
  return errors;
}

}  // namespace

LoadReport ZoneStore::Load(const std::vector<ZoneSource>& sources, absl::Time now,
                           const std::function<void(size_t done)>& progress) {
  LoadReport report;
  absl::flat_hash_map<std::string, Entry> next;
  auto set = std::make_shared<ZoneSet>();
  size_t kept = 0;
  size_t done = 0;
  for (const ZoneSource& source : sources) {
    progress(done++);
    const std::string key = absl::AsciiStrToLower(source.name.ToText());
    const auto found = entries_.find(key);
    const Entry* before = found == entries_.end() ? nullptr : &found->second;
    kept += before != nullptr;
    // What failed is read again even if unchanged, so that its errors are told again.
    const bool same = before != nullptr && before->served->file == source.file &&
                      before->served->last_error.empty() && !HasChanged(before->files);
    if (same) ++report.unchanged;
    Entry entry = same ? *before : LoadOne(source, before, now, report);
    if (entry.served->zone != nullptr) {
      ++report.served;
      report.records += entry.served->zone->record_count();
    }
    set->Add(entry.served);
    next.insert_or_assign(key, std::move(entry));
  }
  report.removed = entries_.size() - kept;
  entries_ = std::move(next);
  set_ = std::move(set);
  return report;
}

ZoneStore::Entry ZoneStore::LoadOne(const ZoneSource& source, const Entry* before, absl::Time now,
                                    LoadReport& report) {
  LoadedZone loaded = LoadZoneFile(source.file, source.name, limits_);
  Tell(loaded.findings);
  ServedZone served;
  served.apex = source.name;
  served.zone = loaded.zone;
  served.file = source.file;
  if (loaded.zone != nullptr) {
    served.loaded_at = now;
    ++report.loaded;
    Log(LogLevel::kDebug, "zone ", source.name.ToText(), ": serial ", loaded.zone->serial(), ", ",
        loaded.zone->record_count(), " records from ", source.file);
  } else {
    std::vector<std::string> errors = ErrorsOf(source, loaded.findings);
    served.last_error = errors.front();
    if (before != nullptr) {
      served.zone = before->served->zone;
      served.loaded_at = before->served->loaded_at;
    }
    Log(LogLevel::kError, "zone ", source.name.ToText(), " from ", source.file, ": ", errors.size(),
        " errors; ",
        served.zone != nullptr ? absl::StrCat("serial ", served.zone->serial(), " still answers")
                               : "its names get SERVFAIL");
    ++report.failed;
    for (std::string& error : errors) {
      if (report.errors.size() < kErrorLinesMax) {
        report.errors.push_back(std::move(error));
      } else {
        ++report.errors_untold;
      }
    }
  }
  return {std::make_shared<const ServedZone>(std::move(served)), std::move(loaded.files)};
}

}  // namespace hither
