#ifndef HITHER_ZONES_CHANGE_LOG_DISK_H_
#define HITHER_ZONES_CHANGE_LOG_DISK_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace hither {

// One file of the zone log.
struct LogSegment {
  uint32_t number;
  uint64_t bytes;
};

// Where the zone log keeps its segments: a folder (file_log_disk.h), or memory in tests. A segment
// only grows at its end, and is never renamed, cut or overwritten.
//
// Errors are for operators and name the file. Unavailable: the disk is full, refuses the operation
// or fails; a later call may succeed.
//
// Threads: one at a time.
class LogDisk {
 public:
  virtual ~LogDisk() = default;

  // All segments, by number.
  virtual absl::StatusOr<std::vector<LogSegment>> List() = 0;

  // A new, empty segment. After Sync() it survives a power cut, and its name with it.
  virtual absl::Status Create(uint32_t number) = 0;

  // Appends all `parts`. After an error any number of their octets may have been appended.
  virtual absl::Status Append(uint32_t number, std::span<const ByteView> parts) = 0;

  // Returns OK once everything appended to the segment would survive a power cut. After an error
  // that may never become true for what was appended since the last OK, whatever later calls say:
  // the kernel may have dropped it.
  virtual absl::Status Sync(uint32_t number) = 0;

  // Reads exactly `to.size()` octets. OutOfRange if the segment ends before.
  virtual absl::Status Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) = 0;

  // The segment does not come back after a power cut, once this has returned OK.
  virtual absl::Status Delete(uint32_t number) = 0;

  // A number that nobody can guess who writes into the log.
  virtual uint64_t RandomKey() = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_LOG_DISK_H_
