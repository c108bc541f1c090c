#include "server/transfer/keep/version_parts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "zones/check/zone_check.h"
#include "zones/gate/diff_text.h"

namespace hither {
namespace {

const Finding* FirstError(const std::vector<Finding>& findings) {
  const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::kError;
  });
  return found == findings.end() ? nullptr : &*found;
}

absl::StatusOr<ZoneDiff> DiffOf(NameView zone, const TransferDiff& from, RecordLimits limits) {
  ZoneDiff diff;
  diff.zone = Name(zone);
  diff.serial_from = from.serial_from;
  diff.serial_to = from.serial_to;
  absl::StatusOr<RecordList> removed = ListOf(zone, from.removed, limits);
  if (!removed.ok()) return removed.status();
  absl::StatusOr<RecordList> added = ListOf(zone, from.added, limits);
  if (!added.ok()) return added.status();
  diff.removed = *std::move(removed);
  diff.added = *std::move(added);
  const absl::Status valid = CheckDiff(diff);
  if (!valid.ok()) return valid;
  return diff;
}

}  // namespace

absl::StatusOr<RecordList> ListOf(NameView apex, const TransferRecords& records,
                                  RecordLimits limits) {
  absl::StatusOr<RecordList> list = RecordList::Parse(records.octets, apex, limits);
  if (list.ok()) list->Sort();
  return list;
}

// One after the other would cost the size of the zone for each.
absl::StatusOr<RecordList> ApplyAll(const RecordList& before,
                                    const std::vector<TransferDiff>& diffs, RecordLimits limits) {
  absl::StatusOr<ZoneDiff> all = DiffOf(before.apex(), diffs.front(), limits);
  for (size_t i = 1; i < diffs.size() && all.ok(); ++i) {
    const absl::StatusOr<ZoneDiff> next = DiffOf(before.apex(), diffs[i], limits);
    if (!next.ok()) return next.status();
    all = Concatenate(*all, *next);
  }
  if (!all.ok()) return all.status();
  return Apply(before, *all);
}

SoaFields SoaOf(const RecordList& records) {
  for (const RecordView& record : records) {
    if (!record.owner.EqualsIgnoreCase(records.apex())) break;  // Sorted: the apex is first.
    if (record.type == RrType::kSoa) return ReadSoa(record.rdata).value_or(SoaFields());
  }
  return SoaFields();
}

BuiltVersion BuildVersion(const RecordList& records, const ZoneLimits& limits) {
  const std::vector<std::string> files = {absl::StrCat("zone ", records.apex().ToText())};
  ZoneBuilder builder(records.apex(), limits);
  for (const RecordView& record : records) builder.Add(record);
  BuiltZone built = builder.Build(files);
  BuiltVersion version;
  const Finding* error = FirstError(built.findings);
  std::vector<Finding> checked;
  if (error == nullptr && built.zone != nullptr) {
    checked = CheckZone(*built.zone, builder, files, limits, ZonemdRule::kSkip);
    error = FirstError(checked);
  }
  if (error != nullptr) {
    version.error = error->text;
  } else if (built.zone == nullptr) {
    version.error = "the zone could not be built";
  } else {
    version.zone = std::move(built.zone);
  }
  return version;
}

std::string DiffTextOf(const Zone* before, const Zone& after, GateWatch& watch) {
  std::string text;
  const bool is_all = WriteDiffText(before, after, watch, [&text](absl::string_view piece) {
    text.append(piece.data(), piece.size());
    return text.size() <= kDiffTextBytesMax;
  });
  if (is_all && text.size() <= kDiffTextBytesMax) return text;
  if (text.size() > kDiffTextBytesMax) {
    const size_t line = text.rfind('\n', kDiffTextBytesMax);
    text.resize(line == std::string::npos ? 0 : line + 1);
  }
  absl::StrAppend(&text, "; the rest of the difference is omitted\n");
  return text;
}

}  // namespace hither
