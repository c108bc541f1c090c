#include "zones/change/log_writer.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace hither {

absl::Status LogWriter::BeginSegment() {
  HITHER_CHECK(end_ == synced_end_);
  if (number_ != 0) start_.previous = number_;
  if (number_ != 0) start_.previous_end = end_;
  if (start_.last_number == UINT32_MAX) {
    return absl::ResourceExhaustedError("the zone log has used up the numbers of its segments");
  }
  is_open_ = false;
  const uint32_t number = ++start_.last_number;
  SegmentHead head{number, start_.previous, start_.previous_end, start_.next_sequence,
                   disk_.RandomKey()};
  uint8_t octets[kSegmentHeadBytes];
  StoreSegmentHead(head, octets);
  absl::Status status = disk_.Create(number);
  if (!status.ok()) return status;
  status = disk_.Append(number, std::array{ByteView(octets)});
  if (!status.ok()) return AbandonSegment(number, status);
  // On the disk before any entry: a damaged head is never the result of a crash.
  status = disk_.Sync(number);
  if (!status.ok()) return AbandonSegment(number, status);
  number_ = number;
  key_ = head.key;
  end_ = synced_end_ = kSegmentHeadBytes;
  is_open_ = true;
  return absl::OkStatus();
}

// ZoneLog::Open() allows for segments without entries, so it may stay if it must.
absl::Status LogWriter::AbandonSegment(uint32_t number, const absl::Status& why) {
  disk_.Delete(number).IgnoreError();
  return why;
}

LogPlace LogWriter::Advance(uint64_t bytes) {
  const LogPlace place{number_, static_cast<uint32_t>(end_),
                       static_cast<uint32_t>(bytes / kEntryAlignment)};
  end_ += bytes;
  return place;
}

absl::StatusOr<LogPlace> LogWriter::Append(LogEntryHead head, NameView zone, ByteView body) {
  head.body_bytes = body.size();
  head.body_checksum = BodyChecksum(body, key_);
  bool is_first = true;
  return Append(head, zone, [&]() -> absl::StatusOr<ByteView> {
    HITHER_CHECK(std::exchange(is_first, false));
    return body;
  });
}

absl::StatusOr<LogPlace> LogWriter::Append(
    LogEntryHead head, NameView zone, const std::function<absl::StatusOr<ByteView>()>& next_piece) {
  HITHER_CHECK(!NeedsSegment());
  static constexpr uint8_t kZeros[kEntryAlignment] = {};
  head.synced_end = synced_end_;
  const uint64_t bytes = EntryBytes(head, zone);
  const Bytes octets = StoreEntryHead(head, zone, end_, key_);
  ByteView first = octets;
  uint64_t left = head.body_bytes;
  do {
    const absl::StatusOr<ByteView> piece = left == 0 ? ByteView() : next_piece();
    absl::Status status = piece.status();
    if (status.ok()) {
      left -= piece->size();
      const size_t zeros = left == 0 ? bytes - octets.size() - head.body_bytes : 0;
      status = disk_.Append(number_, std::array{first, *piece, ByteView(kZeros, zeros)});
    }
    if (!status.ok()) {
      is_open_ = false;  // Nothing may follow the part that was written.
      return status;
    }
    first = {};
  } while (left > 0);
  return Advance(bytes);
}

absl::Status LogWriter::Sync() {
  if (end_ == synced_end_) return absl::OkStatus();
  const absl::Status synced = disk_.Sync(number_);
  if (synced.ok()) {
    synced_end_ = end_;
  } else {
    end_ = synced_end_;
    is_open_ = false;
  }
  return synced;
}

}  // namespace hither
