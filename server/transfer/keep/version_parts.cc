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

// The records of `before` that are in one of `diffs`, removed or added.
absl::StatusOr<RecordList> TouchedBy(const std::vector<TransferDiff>& diffs,
                                     const RecordList& before) {
  Bytes octets;
  for (const TransferDiff& diff : diffs) {
    for (const TransferRecords* records : {&diff.removed, &diff.added}) {
      octets.insert(octets.end(), records->octets.begin(), records->octets.end());
    }
  }
  absl::StatusOr<RecordList> named = RecordList::Parse(octets, before.apex());
  if (!named.ok()) return named.status();
  named->Sort();
  RecordList touched(before.apex());
  RecordList::Iterator at = named->begin();
  for (const RecordView& record : before) {
    while (at != named->end() && CompareRecords(*at, record) < 0) ++at;
    if (at == named->end()) break;
    if (CompareRecords(*at, record) > 0) continue;
    const absl::Status added = touched.AddChecked(record);
    if (!added.ok()) return added;
  }
  return touched;
}

}  // namespace

absl::StatusOr<RecordList> ListOf(NameView apex, const TransferRecords& records,
                                  RecordLimits limits) {
  absl::StatusOr<RecordList> list = RecordList::Parse(records.octets, apex, limits);
  if (list.ok()) list->Sort();
  return list;
}

// One after the other on the whole zone would cost its size for each. Joined without a look at the
// zone, a record that was present, is added and then removed would remain.
absl::StatusOr<RecordList> ApplyAll(const RecordList& before,
                                    const std::vector<TransferDiff>& diffs, RecordLimits limits,
                                    uint64_t* repeated) {
  uint64_t unused = 0;
  if (repeated == nullptr) repeated = &unused;
  if (diffs.size() == 1) {
    const absl::StatusOr<ZoneDiff> only = DiffOf(before.apex(), diffs.front(), limits);
    return only.ok() ? Apply(before, *only, repeated) : only.status();
  }
  const absl::StatusOr<RecordList> start = TouchedBy(diffs, before);
  if (!start.ok()) return start.status();
  absl::StatusOr<RecordList> now = *start;
  for (const TransferDiff& from : diffs) {
    const absl::StatusOr<ZoneDiff> next = DiffOf(before.apex(), from, limits);
    if (!next.ok()) return next.status();
    now = Apply(*now, *next, repeated);
    if (!now.ok()) return now.status();
  }
  const absl::StatusOr<ZoneDiff> all = Diff(*start, *now);
  return all.ok() ? Apply(before, *all) : all.status();
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
