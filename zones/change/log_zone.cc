#include "zones/change/log_zone.h"

#include <algorithm>

namespace hither {
namespace {

template <typename Items>
auto LowerBound(Items& items, uint64_t sequence) {
  return std::lower_bound(
      items.begin(), items.end(), sequence,
      [](const LogItem& item, uint64_t wanted) { return item.sequence < wanted; });
}

// Erases each item for which kept[its position] is false.
template <typename Items>
void Keep(Items& items, const std::vector<bool>& kept) {
  size_t to = 0;
  for (size_t from = 0; from < items.size(); ++from) {
    if (kept[from]) items[to++] = items[from];
  }
  items.resize(to);
}

}  // namespace

const LogItem* LogZone::FindSequence(uint64_t sequence) const {
  const auto found = LowerBound(items, sequence);
  return found != items.end() && found->sequence == sequence ? &*found : nullptr;
}

const LogItem* LogZone::FindSerial(uint32_t serial) const {
  for (size_t i = items.size(); i-- > 0;) {
    if (items[i].IsVersion() && items[i].serial == serial) return &items[i];
  }
  return nullptr;
}

// The latest version or mark.
const LogItem* LogZone::Decisive() const {
  for (size_t i = items.size(); i-- > 0;) {
    if (items[i].kind != LogEntryKind::kTimers) return &items[i];
  }
  return nullptr;
}

const LogItem* LogZone::Current() const {
  const LogItem* const last = Decisive();
  if (last == nullptr || last->IsVersion()) return last;
  return last->parent == 0 ? nullptr : FindSequence(last->parent);
}

const LogItem* LogZone::Timers() const {
  for (size_t i = items.size(); i-- > 0;) {
    if (items[i].kind == LogEntryKind::kTimers) return &items[i];
  }
  return nullptr;
}

std::vector<const LogItem*> LogZone::Versions() const {
  const LogItem* const current = Current();
  std::vector<const LogItem*> versions;
  size_t latest = 0;
  for (size_t i = items.size(); i-- > 0;) {
    if (!items[i].IsVersion()) continue;
    if (latest++ < keep_versions || &items[i] == current) versions.push_back(&items[i]);
  }
  std::reverse(versions.begin(), versions.end());
  return versions;
}

std::vector<const LogItem*> LogZone::ChainOf(const LogItem& version) const {
  std::vector<const LogItem*> chain = {&version};
  while (chain.back()->kind == LogEntryKind::kDiff) {  // A parent has a smaller sequence: it ends.
    chain.push_back(FindSequence(chain.back()->parent));
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

void LogZone::Put(const LogItem& item) {
  const auto at = LowerBound(items, item.sequence);
  if (at == items.end() || at->sequence != item.sequence) {
    items.insert(at, item);
  } else if (!item.damaged) {
    *at = item;
  }
}

void LogZone::Trim() {
  const LogItem* const mark = Decisive();
  const LogItem* const timers = Timers();
  std::vector<bool> kept(items.size());
  for (const LogItem* version : Versions())
    kept[static_cast<size_t>(version - items.data())] = true;
  for (size_t i = items.size(); i-- > 0;) {
    const LogItem& item = items[i];
    if (&item == mark || &item == timers) kept[i] = true;
    if (!kept[i] || item.kind != LogEntryKind::kDiff) continue;
    const LogItem* const parent = FindSequence(item.parent);
    if (parent != nullptr) kept[static_cast<size_t>(parent - items.data())] = true;
  }
  Keep(items, kept);
}

void LogZone::RemoveUnusable() {
  std::vector<bool> kept(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const LogItem& item = items[i];
    const bool needs_parent =
        item.kind == LogEntryKind::kDiff || (item.kind == LogEntryKind::kMark && item.parent != 0);
    // A parent is a version before it; foreign octets may say anything.
    const LogItem* const parent = item.parent < item.sequence ? FindSequence(item.parent) : nullptr;
    const bool has_parent = parent != nullptr && parent->IsVersion() &&
                            kept[static_cast<size_t>(parent - items.data())];
    kept[i] = !item.damaged && (!needs_parent || has_parent);
  }
  Keep(items, kept);
}

void LogZone::Settle(uint64_t lost_before) {
  if (items.empty()) return;
  const LogItem last = items.back();
  may_be_old = last.may_be_old || last.damaged || last.sequence < lost_before;
  RemoveUnusable();
  // The last entry proves that nothing later is missing, if what it refers to is there.
  const uint64_t needed = last.IsVersion() ? last.sequence : last.parent;
  if (needed != 0 && FindSequence(needed) == nullptr) may_be_old = true;
  Trim();
}

}  // namespace hither
