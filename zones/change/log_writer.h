#ifndef HITHER_ZONES_CHANGE_LOG_WRITER_H_
#define HITHER_ZONES_CHANGE_LOG_WRITER_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "zones/change/log_disk.h"
#include "zones/change/log_entry.h"
#include "zones/change/log_zone.h"

namespace hither {

// Appends entries to the last segment, and begins segments.
//
// A segment is not continued after a restart or after an error: what is after its last good octet
// may be anything. The next segment records where that is.
//
// Threads: one at a time.
class LogWriter {
 public:
  struct Start {
    uint32_t last_number = 0;  // No segment has a larger one.
    uint32_t previous = 0;     // The last segment with entries, and its end.
    uint64_t previous_end = 0;
    uint64_t next_sequence = 1;
  };

  LogWriter(LogDisk& disk, uint64_t segment_bytes, const Start& start)
      : disk_(disk), segment_bytes_(segment_bytes), start_(start) {}

  // Must a segment be begun before the next Append()? Sync() first.
  bool NeedsSegment() const { return !is_open_ || end_ >= segment_bytes_; }
  absl::Status BeginSegment();

  // Writes one entry. `head` needs no checksum if `body` is the whole one; its `synced_end` is set
  // here. After an error nothing has been appended.
  absl::StatusOr<LogPlace> Append(LogEntryHead head, NameView zone, ByteView body);
  // The same for a body read piece by piece: next_piece() returns the next one, never an empty one.
  // head.body_checksum must have been made with key().
  absl::StatusOr<LogPlace> Append(LogEntryHead head, NameView zone,
                                  const std::function<absl::StatusOr<ByteView>()>& next_piece);

  // After an error, what was appended since the last OK is not in the log.
  absl::Status Sync();

  uint64_t NextSequence() { return start_.next_sequence++; }
  uint32_t number() const { return number_; }  // Of the last segment begun; 0: none.
  uint64_t end() const { return end_; }
  uint64_t key() const { return key_; }
  bool is_open() const { return is_open_; }

 private:
  LogPlace Advance(uint64_t bytes);
  absl::Status AbandonSegment(uint32_t number, const absl::Status& why);

  LogDisk& disk_;
  const uint64_t segment_bytes_;
  Start start_;
  uint32_t number_ = 0;
  uint64_t key_ = 0;
  uint64_t end_ = 0;
  uint64_t synced_end_ = 0;
  bool is_open_ = false;
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_LOG_WRITER_H_
