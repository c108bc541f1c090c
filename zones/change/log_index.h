#ifndef HITHER_ZONES_CHANGE_LOG_INDEX_H_
#define HITHER_ZONES_CHANGE_LOG_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "zones/change/log_zone.h"

namespace hither {

// What the zone log knows of its zones in memory: where each one's entries are, and how many octets
// of each segment are still needed. Holds no records.
//
// Changes are kept or undone together: Commit() when they are on the disk, RollBack() when they are
// not. Threads: one at a time.
class LogIndex {
 public:
  using Id = uint32_t;

  LogIndex();
  LogIndex(const LogIndex&) = delete;
  LogIndex& operator=(const LogIndex&) = delete;

  // Null if the zone is unknown. Valid until the next change.
  const LogZone* Find(NameView zone) const;
  // All of them, those that are gone included; a new one is empty until it is changed.
  Id FindOrAdd(NameView zone, uint16_t keep_versions);

  // Changes a zone by change(LogZone&), so that it can be undone.
  template <typename Change>
  void Apply(Id id, const Change& change) {
    undo_.try_emplace(id, slots_[id].zone);
    ApplyForGood(id, change);
  }
  // The same without a way back.
  template <typename Change>
  void ApplyForGood(Id id, const Change& change) {
    LogZone& zone = slots_[id].zone;
    Count(zone, -1);
    change(zone);
    Count(zone, 1);
  }
  // While a log is opened: zones that are not counted before CountAll(), which is called once. Each
  // change of a zone would otherwise cost as much as the zone has entries.
  LogZone& Uncounted(Id id) { return slots_[id].zone; }
  void CountAll();
  void Commit();
  void RollBack();
  bool HasChanges() const { return !undo_.empty(); }

  // Ids are those below id_end(); some are free, and their zones do not exist.
  Id id_end() const { return static_cast<Id>(slots_.size()); }
  const LogZone& zone(Id id) const { return slots_[id].zone; }
  NameView name(Id id) const { return slots_[id].name(); }

  size_t zone_count() const { return zone_count_; }
  size_t old_count() const { return old_count_; }  // Zones that may be old.
  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t LiveBytesOf(uint32_t segment) const;
  size_t MemoryBytes() const;

 private:
  struct Slot {
    std::unique_ptr<uint8_t[]> octets;  // Of the name; null: free.
    uint8_t name_bytes = 0;
    LogZone zone;
    NameView name() const { return NameView(ByteView(octets.get(), name_bytes)); }
  };
  // Hash and compare ids by the names that they stand for, and look names up without an id.
  struct Hash {
    using is_transparent = void;
    const std::deque<Slot>* slots;
    size_t operator()(Id id) const { return (*this)((*slots)[id].name()); }
    size_t operator()(NameView name) const;
  };
  struct Equal {
    using is_transparent = void;
    const std::deque<Slot>* slots;
    bool operator()(Id a, Id b) const { return a == b; }
    bool operator()(Id a, NameView b) const { return (*slots)[a].name().EqualsIgnoreCase(b); }
    bool operator()(NameView a, Id b) const { return (*this)(b, a); }
  };

  void Count(const LogZone& zone, int sign);
  void FreeIfGone(Id id);

  std::deque<Slot> slots_;
  std::vector<Id> free_;
  absl::flat_hash_set<Id, Hash, Equal> ids_;
  absl::flat_hash_map<Id, LogZone> undo_;  // How zones were before the first change.
  absl::flat_hash_map<uint32_t, uint64_t> live_by_segment_;
  uint64_t live_bytes_ = 0;
  size_t zone_count_ = 0;
  size_t old_count_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_LOG_INDEX_H_
