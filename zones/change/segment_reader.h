#ifndef HITHER_ZONES_CHANGE_SEGMENT_READER_H_
#define HITHER_ZONES_CHANGE_SEGMENT_READER_H_

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dns/name.h"
#include "zones/change/log_disk.h"
#include "zones/change/log_entry.h"

namespace hither {

// Reads the entries of one segment in order, through a buffer of 1 MiB, whatever its octets are.
class SegmentReader {
 public:
  enum class Found : uint8_t {
    kEntry,    // Head and body are valid.
    kDamaged,  // The head is valid, so the zone is known; the body is not.
    kGap,      // No entry begins here; the next one, if any, begins at offset() + bytes().
    kEnd,
  };

  // Entries from `offset` on, where one begins, up to `end`.
  SegmentReader(LogDisk& disk, uint32_t number, uint64_t key, uint64_t offset, uint64_t end);

  Found Next();

  // What Next() found.
  const LogEntryHead& head() const { return loaded_.head; }
  NameView zone() const { return loaded_.zone; }
  uint64_t offset() const { return offset_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t body_offset() const { return offset_ + kEntryHeadBytes + loaded_.zone.view().size(); }

 private:
  bool LoadHead();
  bool IsBodyValid();
  Found Gap();
  ByteView Look(uint64_t offset, size_t bytes_max);

  LogDisk& disk_;
  const uint32_t number_;
  const uint64_t key_;
  const uint64_t end_;
  uint64_t offset_;
  uint64_t bytes_ = 0;
  LoadedHead loaded_;
  Bytes buffer_;
  uint64_t buffer_at_ = 0;  // The offset of its first octet.
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_SEGMENT_READER_H_
