#include "zones/change/segment_reader.h"

#include <algorithm>

namespace hither {
namespace {

constexpr size_t kBufferBytes = 1u << 20;
constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kHeadBytesMax = kEntryHeadBytes + kNameBytesMax;

}  // namespace

SegmentReader::SegmentReader(LogDisk& disk, uint32_t number, uint64_t key, uint64_t offset,
                             uint64_t end)
    : disk_(disk), number_(number), key_(key), end_(end), offset_(offset) {}

// Up to `bytes_max` octets at `offset`, fewer before the end; none if they cannot be read. Valid
// until the next call.
ByteView SegmentReader::Look(uint64_t offset, size_t bytes_max) {
  const auto wanted = static_cast<size_t>(std::min<uint64_t>(bytes_max, end_ - offset));
  if (offset < buffer_at_ || offset + wanted > buffer_at_ + buffer_.size()) {
    buffer_.resize(static_cast<size_t>(std::min<uint64_t>(kBufferBytes, end_ - offset)));
    buffer_at_ = offset;
    if (!disk_.Read(number_, offset, buffer_).ok()) buffer_.clear();
    if (buffer_.empty()) return {};
  }
  return ByteView(buffer_).subspan(static_cast<size_t>(offset - buffer_at_), wanted);
}

bool SegmentReader::LoadHead() {
  const std::optional<LoadedHead> loaded =
      LoadEntryHead(Look(offset_, kHeadBytesMax), offset_, key_);
  if (!loaded.has_value() || loaded->head.body_bytes > end_ - offset_) return false;
  bytes_ = EntryBytes(loaded->head, loaded->zone);
  if (bytes_ > end_ - offset_) return false;
  loaded_ = *loaded;
  return true;
}

SegmentReader::Found SegmentReader::Next() {
  offset_ += bytes_;
  bytes_ = 0;
  if (offset_ >= end_) return Found::kEnd;
  if (!LoadHead()) return Gap();
  return IsBodyValid() ? Found::kEntry : Found::kDamaged;
}

bool SegmentReader::IsBodyValid() {
  uint64_t at = body_offset();
  uint64_t left = loaded_.head.body_bytes;
  if (left <= kPieceBytes) {
    const ByteView body = Look(at, static_cast<size_t>(left));
    return body.size() == left && BodyChecksum(body, key_) == loaded_.head.body_checksum;
  }
  const absl::StatusOr<uint64_t> checksum =
      PiecesChecksum(left, key_, [&]() -> absl::StatusOr<ByteView> {
        const ByteView piece = Look(at, static_cast<size_t>(std::min<uint64_t>(kPieceBytes, left)));
        if (piece.empty()) return absl::UnavailableError("cannot read the body");
        at += piece.size();
        left -= piece.size();
        return piece;
      });
  return checksum.ok() && *checksum == loaded_.head.body_checksum;
}

// Looks for the next head: entries begin at multiples of 8 octets. If a part cannot be read, the
// rest counts as a gap.
SegmentReader::Found SegmentReader::Gap() {
  const uint64_t start = offset_;
  while (true) {
    offset_ += kEntryAlignment;
    const ByteView octets = offset_ < end_ ? Look(offset_, kEntryHeadBytes) : ByteView();
    if (octets.size() < kEntryHeadBytes) {
      offset_ = end_;
      break;
    }
    if (HasEntryMagic(octets.data()) && LoadHead()) break;
  }
  bytes_ = offset_ - start;
  offset_ = start;
  return Found::kGap;
}

}  // namespace hither
