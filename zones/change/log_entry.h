#ifndef HITHER_ZONES_CHANGE_LOG_ENTRY_H_
#define HITHER_ZONES_CHANGE_LOG_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "dns/name.h"

namespace hither {

// The zone log in octets. A segment is a head of kSegmentHeadBytes and then entries. An entry is a
// head of kEntryHeadBytes, the zone's name, its body, and zeros up to a multiple of 8 octets.
// Integers have the network's order.

inline constexpr size_t kSegmentHeadBytes = 64;
inline constexpr size_t kEntryHeadBytes = 64;
inline constexpr size_t kEntryAlignment = 8;

struct SegmentHead {
  uint32_t number = 0;
  uint32_t previous = 0;      // The segment before this one; 0: none.
  uint64_t previous_end = 0;  // What is after this offset in it was never synced.
  // No sequence in earlier segments is as large.
  uint64_t first_sequence = 0;
  // Random: the seed of all checksums of entries. Octets of another file, or of a zone whose owner
  // imitates an entry, never have a valid checksum.
  uint64_t key = 0;
};

void StoreSegmentHead(const SegmentHead& head, uint8_t* to);
enum class SegmentHeadState : uint8_t { kValid, kDamaged, kOtherFormat };
SegmentHeadState LoadSegmentHead(const uint8_t* from, SegmentHead& head);

enum class LogEntryKind : uint8_t {
  kWhole = 1,    // A version: all records (RecordList).
  kDiff = 2,     // A version: a ZoneDiff from its parent.
  kTimers = 3,   // ZoneTimers.
  kRemoved = 4,  // Everything earlier of this zone is gone. No body.
  kMark = 5,     // The current version is the parent, although later ones exist. No body.
};

struct LogEntryHead {
  LogEntryKind kind = LogEntryKind::kWhole;
  // The zone may have had a later version when this was written (ZoneLog::MayBeOld).
  bool may_be_old = false;
  uint64_t body_bytes = 0;
  // Orders the entries of all zones. A copy of an entry, from a compaction, keeps it.
  uint64_t sequence = 0;
  // kDiff: the sequence of the version that it changes. kTimers and kMark: of the version that was,
  // or becomes, the current one. 0: none.
  uint64_t parent = 0;
  uint32_t serial_from = 0;
  uint32_t serial_to = 0;
  // All of this segment before this offset was synced before this was written.
  uint64_t synced_end = 0;
  uint64_t body_checksum = 0;  // XXH3, seeded with the segment's key.
};

// The octets of an entry in all.
uint64_t EntryBytes(const LogEntryHead& head, NameView zone);

// Head and name, as at `offset` of the segment with `key`.
Bytes StoreEntryHead(const LogEntryHead& head, NameView zone, uint64_t offset, uint64_t key);

// `octets` may go on after the head and the name. Nothing if they do not begin with a valid head.
struct LoadedHead {
  LogEntryHead head;
  Name zone;
};
std::optional<LoadedHead> LoadEntryHead(ByteView octets, uint64_t offset, uint64_t key);
// Could an entry begin here? Reads four octets.
bool HasEntryMagic(const uint8_t* octets);

uint64_t BodyChecksum(ByteView body, uint64_t key);
// The same for `bytes` octets that next() returns piece by piece. Throws std::bad_alloc.
absl::StatusOr<uint64_t> PiecesChecksum(uint64_t bytes, uint64_t key,
                                        const std::function<absl::StatusOr<ByteView>()>& next);

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_LOG_ENTRY_H_
