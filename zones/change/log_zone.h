#ifndef HITHER_ZONES_CHANGE_LOG_ZONE_H_
#define HITHER_ZONES_CHANGE_LOG_ZONE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "zones/change/log_entry.h"

namespace hither {

// Where an entry is. An entry begins within the first 4 GiB of its segment, and has at most 32 GiB.
struct LogPlace {
  uint32_t segment = 0;
  uint32_t offset = 0;
  uint32_t units = 0;  // Of 8 octets.

  uint64_t bytes() const { return uint64_t{units} * kEntryAlignment; }
  friend bool operator==(const LogPlace&, const LogPlace&) = default;
};

// What is remembered of an entry.
struct LogItem {
  uint64_t sequence = 0;
  uint64_t parent = 0;
  LogPlace place = {};
  uint32_t serial = 0;  // Of a version.
  LogEntryKind kind = LogEntryKind::kWhole;
  bool may_be_old = false;
  bool damaged = false;

  bool IsVersion() const { return kind == LogEntryKind::kWhole || kind == LogEntryKind::kDiff; }
};

// The entries of one zone that are needed, by sequence. A value.
//
// A version is usable if it is whole, or the diff of a usable version, its parent; versions may
// form a tree, after a roll back. The current version is the latest one, or the parent of a mark
// after it.
struct LogZone {
  static constexpr size_t kItemsInline = 2;  // A version and its timers.

  absl::InlinedVector<LogItem, kItemsInline> items;
  uint16_t keep_versions = 1;
  bool may_be_old = false;

  bool Exists() const { return !items.empty() || may_be_old; }
  const LogItem* FindSequence(uint64_t sequence) const;
  const LogItem* FindSerial(uint32_t serial) const;  // The latest version of that serial.
  const LogItem* Current() const;                    // Null if there is no version.
  const LogItem* Timers() const;
  // The kept versions, oldest first; the others are only needed for these.
  std::vector<const LogItem*> Versions() const;
  // The version and those that it is made from, the whole one first. It must be usable.
  std::vector<const LogItem*> ChainOf(const LogItem& version) const;

  // Adds an item, or replaces the one of the same sequence unless the new one is damaged.
  void Put(const LogItem& item);
  // Removes what nobody needs: versions before the last `keep_versions` that no later one is made
  // from, earlier timers and marks.
  void Trim();
  // Removes versions that are not usable, and what is damaged.
  void RemoveUnusable();
  // After all entries of a log have been read. A part of the log that held sequences below
  // `lost_before` may be lost. Sets may_be_old.
  void Settle(uint64_t lost_before);

 private:
  const LogItem* Decisive() const;
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_LOG_ZONE_H_
