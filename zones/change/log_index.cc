#include "zones/change/log_index.h"

#include <utility>

#include "dns/name_hash.h"

namespace hither {

LogIndex::LogIndex() : ids_(0, Hash{&slots_}, Equal{&slots_}) {}

size_t LogIndex::Hash::operator()(NameView name) const { return HashName(name); }

const LogZone* LogIndex::Find(NameView zone) const {
  const auto found = ids_.find(zone);
  if (found == ids_.end() || !slots_[*found].zone.Exists()) return nullptr;
  return &slots_[*found].zone;
}

LogIndex::Id LogIndex::FindOrAdd(NameView zone, uint16_t keep_versions) {
  const auto found = ids_.find(zone);
  if (found != ids_.end()) return *found;
  if (free_.empty()) {
    slots_.emplace_back();
    free_.push_back(static_cast<Id>(slots_.size() - 1));
  }
  const Id id = free_.back();
  free_.pop_back();
  Slot& slot = slots_[id];
  slot.octets.reset(new uint8_t[zone.size()]);
  CopyNameOctets(slot.octets.get(), zone.data(), zone.size());
  slot.name_bytes = static_cast<uint8_t>(zone.size());
  slot.zone.keep_versions = keep_versions;
  ids_.insert(id);
  return id;
}

void LogIndex::Count(const LogZone& zone, int sign) {
  if (!zone.Exists()) return;
  const auto count = static_cast<size_t>(sign);
  zone_count_ += count;
  if (zone.may_be_old) old_count_ += count;
  for (const LogItem& item : zone.items) {
    const uint64_t bytes = item.place.bytes() * count;
    live_bytes_ += bytes;
    live_by_segment_[item.place.segment] += bytes;
  }
}

uint64_t LogIndex::LiveBytesOf(uint32_t segment) const {
  const auto found = live_by_segment_.find(segment);
  return found == live_by_segment_.end() ? 0 : found->second;
}

void LogIndex::FreeIfGone(Id id) {
  Slot& slot = slots_[id];
  if (slot.zone.Exists() || slot.octets == nullptr) return;
  ids_.erase(ids_.find(id));
  slot = Slot();
  free_.push_back(id);
}

void LogIndex::Commit() {
  for (const auto& [id, before] : undo_) FreeIfGone(id);
  undo_.clear();
}

void LogIndex::RollBack() {
  for (auto& undo : undo_) {
    ApplyForGood(undo.first, [&undo](LogZone& zone) {
      undo.second.keep_versions = zone.keep_versions;  // A setting, not data.
      zone = std::move(undo.second);
    });
    FreeIfGone(undo.first);
  }
  undo_.clear();
}

void LogIndex::CountAll() {
  for (Id id = 0; id < id_end(); ++id) {
    Count(slots_[id].zone, 1);
    FreeIfGone(id);
  }
}

size_t LogIndex::MemoryBytes() const {
  constexpr size_t kAllocationBytes = 32;  // Of a short name.
  size_t bytes = slots_.size() * (sizeof(Slot) + kAllocationBytes) +
                 ids_.capacity() * (sizeof(Id) + 1) + free_.capacity() * sizeof(Id);
  for (const Slot& slot : slots_) {
    if (slot.zone.items.capacity() > LogZone::kItemsInline) {
      bytes += slot.zone.items.capacity() * sizeof(LogItem);
    }
  }
  return bytes;
}

}  // namespace hither
