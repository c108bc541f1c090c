#include "zones/change/zone_diff.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither {
namespace {

absl::Status WrongChange(const ZoneDiff& diff, const RecordView& record, absl::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("zone ", diff.zone.ToText(), ": the change to serial ", diff.serial_to, " ",
                   what, ": ", RecordText(record), "; transfer the whole zone"));
}

absl::Status RemovesAbsent(const ZoneDiff& diff, const RecordView& record) {
  return WrongChange(diff, record, "removes a record that is absent");
}

absl::Status AddsPresent(const ZoneDiff& diff, const RecordView& record) {
  return WrongChange(diff, record, "adds a record that is present");
}

// Walks through sorted lists side by side, one record at a time, in canonical order.
template <size_t kLists>
class Merge {
 public:
  explicit Merge(const std::array<const RecordList*, kLists>& lists) {
    for (size_t i = 0; i < kLists; ++i) {
      HITHER_CHECK(lists[i]->is_sorted());
      at_[i] = lists[i]->begin();
    }
  }

  // Sets at(i) to the next record in list i, or null where the list does not have it. False at the
  // end of all lists.
  bool Next() {
    for (size_t i = 0; i < kLists; ++i) {
      if (taken_[i]) ++at_[i];
      taken_[i] = false;
    }
    const RecordView* least = nullptr;
    for (size_t i = 0; i < kLists; ++i) {
      if (at_[i] == RecordList::Iterator()) continue;
      const int order = least == nullptr ? -1 : CompareRecords(*at_[i], *least);
      if (order > 0) continue;
      if (order < 0) taken_.fill(false);
      if (order < 0) least = &*at_[i];
      taken_[i] = true;
    }
    return least != nullptr;
  }

  const RecordView* at(size_t i) const { return taken_[i] ? &*at_[i] : nullptr; }

 private:
  std::array<RecordList::Iterator, kLists> at_;
  std::array<bool, kLists> taken_ = {};
};

ZoneDiff EmptyDiff(NameView zone, std::optional<uint32_t> from, uint32_t to) {
  return {Name(zone), from, to, RecordList(zone), RecordList(zone)};
}

// What happens to one record: how it was before (null: absent) and how it is afterwards.
absl::Status AddChange(const RecordView* before, const RecordView* after, ZoneDiff& diff) {
  if (before != nullptr && after != nullptr && EqualsExactly(*before, *after)) {
    return absl::OkStatus();
  }
  if (before != nullptr) {
    const absl::Status removed = diff.removed.AddChecked(*before);
    if (!removed.ok()) return removed;
  }
  return after == nullptr ? absl::OkStatus() : diff.added.AddChecked(*after);
}

// The number of SOAs, and the serial of the last one.
struct SoaCount {
  size_t count = 0;
  uint32_t serial = 0;
};
SoaCount CountSoas(const RecordList& list) {
  SoaCount soas;
  for (const RecordView& record : list) {
    if (!record.owner.EqualsIgnoreCase(list.apex())) break;  // Sorted: the apex comes first.
    if (record.type != RrType::kSoa) continue;
    ++soas.count;
    soas.serial = SoaSerial(record.rdata);
  }
  return soas;
}

absl::Status CheckSoas(const ZoneDiff& diff) {
  const SoaCount removed = CountSoas(diff.removed);
  const SoaCount added = CountSoas(diff.added);
  const bool same_serial = diff.serial_from == diff.serial_to;
  const bool none = removed.count == 0 && added.count == 0;
  if (same_serial && none) return absl::OkStatus();
  const bool starts_right = diff.serial_from.has_value()
                                ? removed.count == 1 && removed.serial == *diff.serial_from
                                : diff.removed.empty();
  if (starts_right && added.count == 1 && added.serial == diff.serial_to) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "zone ", diff.zone.ToText(), ": the change to serial ", diff.serial_to,
      " must remove the SOA of the old serial and add the SOA of the new one (RFC 1995 §4)"));
}

}  // namespace

absl::StatusOr<ZoneDiff> Diff(const RecordList& before, const RecordList& after) {
  HITHER_CHECK(before.is_sorted() && after.is_sorted());
  const absl::StatusOr<uint32_t> to = after.Serial();
  if (!to.ok()) return to.status();
  std::optional<uint32_t> from;
  if (!before.empty()) {
    const absl::StatusOr<uint32_t> serial = before.Serial();
    if (!serial.ok()) return serial.status();
    from = *serial;
  }
  ZoneDiff diff = EmptyDiff(after.apex(), from, *to);
  Merge<2> merge({&before, &after});
  while (merge.Next()) {
    const absl::Status added = AddChange(merge.at(0), merge.at(1), diff);
    if (!added.ok()) return added;
  }
  return diff;
}

absl::StatusOr<RecordList> Apply(const RecordList& records, const ZoneDiff& diff) {
  if (!records.apex().EqualsIgnoreCase(diff.zone)) {
    return absl::InvalidArgumentError(absl::StrCat("a change of zone ", diff.zone.ToText(),
                                                   " does not fit zone ", records.apex().ToText()));
  }
  RecordList after(diff.zone);
  after.Reserve(records.octets().size() + diff.added.octets().size());
  Merge<3> merge({&records, &diff.removed, &diff.added});
  while (merge.Next()) {
    const RecordView* const present = merge.at(0);
    const RecordView* const removed = merge.at(1);
    const RecordView* const added = merge.at(2);
    if (removed != nullptr && present == nullptr) return RemovesAbsent(diff, *removed);
    if (added != nullptr && present != nullptr && removed == nullptr) {
      return AddsPresent(diff, *added);
    }
    const RecordView* const left = removed == nullptr ? present : nullptr;
    const RecordView* const record = added != nullptr ? added : left;
    if (record == nullptr) continue;
    const absl::Status status = after.AddChecked(*record);
    if (!status.ok()) return status;
  }
  return after;
}

absl::StatusOr<ZoneDiff> Concatenate(const ZoneDiff& first, const ZoneDiff& second) {
  if (!(first.zone == second.zone) || second.serial_from != first.serial_to) {
    return absl::InvalidArgumentError(
        absl::StrCat("zone ", first.zone.ToText(), ": the change to serial ", second.serial_to,
                     " does not begin at serial ", first.serial_to, "; transfer the whole zone"));
  }
  ZoneDiff both = EmptyDiff(first.zone, first.serial_from, second.serial_to);
  Merge<4> merge({&first.removed, &first.added, &second.removed, &second.added});
  while (merge.Next()) {
    const RecordView* const removed[2] = {merge.at(0), merge.at(2)};
    const RecordView* const added[2] = {merge.at(1), merge.at(3)};
    const bool known = removed[0] != nullptr || added[0] != nullptr;  // After the first diff.
    if (known && added[0] == nullptr && removed[1] != nullptr) {
      return RemovesAbsent(second, *removed[1]);
    }
    if (added[0] != nullptr && removed[1] == nullptr && added[1] != nullptr) {
      return AddsPresent(second, *added[1]);
    }
    const RecordView* const before = known ? removed[0] : removed[1];
    const RecordView* const left = removed[1] == nullptr ? added[0] : nullptr;
    const absl::Status status = AddChange(before, added[1] != nullptr ? added[1] : left, both);
    if (!status.ok()) return status;
  }
  return both;
}

absl::StatusOr<ZoneDiff> Invert(const ZoneDiff& diff) {
  if (!diff.serial_from.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat("zone ", diff.zone.ToText(), ": serial ",
                                                      diff.serial_to, " is the first version"));
  }
  return ZoneDiff{diff.zone, diff.serial_to, *diff.serial_from, diff.added, diff.removed};
}

absl::Status CheckDiff(const ZoneDiff& diff) {
  for (const RecordList* list : {&diff.removed, &diff.added}) {
    if (!list->is_sorted() || !list->apex().EqualsIgnoreCase(diff.zone)) {
      return absl::InvalidArgumentError(absl::StrCat("zone ", diff.zone.ToText(),
                                                     ": the change has records out of order, ",
                                                     "twice, or of another zone"));
    }
  }
  Merge<2> merge({&diff.removed, &diff.added});
  while (merge.Next()) {
    if (merge.at(0) != nullptr && merge.at(1) != nullptr &&
        EqualsExactly(*merge.at(0), *merge.at(1))) {
      return WrongChange(diff, *merge.at(0), "removes and adds one record");
    }
  }
  return CheckSoas(diff);
}

}  // namespace hither
