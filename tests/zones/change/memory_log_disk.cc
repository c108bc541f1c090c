#include "tests/zones/change/memory_log_disk.h"

#include <algorithm>

namespace hither {
namespace {

absl::Status Broken() { return absl::UnavailableError("memory: Input/output error"); }

}  // namespace

// Counts a call. True if it must fail; `in_part` if it first happens in part.
bool MemoryLogDisk::Fails(bool& in_part) {
  in_part = false;
  if (has_crashed_) return true;
  if (!calls_left_.has_value() || (*calls_left_)-- > 0) return false;
  has_crashed_ = in_part = true;
  return true;
}

uint64_t MemoryLogDisk::bytes() const {
  uint64_t bytes = 0;
  for (const auto& [number, file] : files_) bytes += file.cached.size();
  return bytes;
}

absl::StatusOr<std::vector<LogSegment>> MemoryLogDisk::List() {
  if (has_crashed_) return Broken();
  std::vector<LogSegment> segments;
  for (const auto& [number, file] : files_) segments.push_back({number, file.cached.size()});
  return segments;
}

absl::Status MemoryLogDisk::Create(uint32_t number) {
  bool in_part;
  const bool fails = Fails(in_part);
  if (!fails || in_part) files_[number] = File();
  return fails ? Broken() : absl::OkStatus();
}

absl::Status MemoryLogDisk::Append(uint32_t number, std::span<const ByteView> parts) {
  bool in_part;
  bool fails = Fails(in_part);
  if (fails && !in_part) return Broken();
  Bytes octets;
  for (const ByteView part : parts) octets.insert(octets.end(), part.begin(), part.end());
  size_t written = octets.size();
  if (room_.has_value() && bytes() + written > *room_) {
    written = static_cast<size_t>(*room_ - std::min(*room_, bytes()));
    fails = true;
  }
  if (failing_appends_ > 0) {
    --failing_appends_;
    in_part = fails = true;
  }
  if (in_part) written = std::min<size_t>(written, random_() % (octets.size() + 1));
  Bytes& cached = files_[number].cached;
  cached.insert(cached.end(), octets.begin(), octets.begin() + static_cast<ptrdiff_t>(written));
  return fails ? Broken() : absl::OkStatus();
}

absl::Status MemoryLogDisk::Sync(uint32_t number) {
  bool in_part;
  if (Fails(in_part)) return Broken();  // Its part is decided by Restart().
  File& file = files_[number];
  const size_t sectors = (file.cached.size() + kSectorBytes - 1) / kSectorBytes;
  if (failing_syncs_ > 0) {
    --failing_syncs_;
    for (size_t i = file.durable.size() / kSectorBytes; i < sectors; ++i) file.lost.insert(i);
    return Broken();
  }
  const size_t before = file.durable.size();
  file.durable.resize(file.cached.size());
  for (size_t i = before; i < file.cached.size(); ++i) {
    if (!file.lost.contains(i / kSectorBytes)) file.durable[i] = file.cached[i];
  }
  file.has_durable_name = true;
  ++syncs_;
  return absl::OkStatus();
}

absl::Status MemoryLogDisk::Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) {
  if (has_crashed_ || !files_.contains(number)) return Broken();
  const Bytes& cached = files_[number].cached;
  if (offset + to.size() > cached.size()) return absl::OutOfRangeError("memory: ends early");
  std::copy_n(cached.begin() + static_cast<ptrdiff_t>(offset), to.size(), to.begin());
  return absl::OkStatus();
}

absl::Status MemoryLogDisk::Delete(uint32_t number) {
  bool in_part;
  const bool fails = Fails(in_part);
  if (!fails || (in_part && random_() % 2 == 0)) files_.erase(number);
  return fails ? Broken() : absl::OkStatus();
}

void MemoryLogDisk::CrashFile(File& file) {
  const size_t unsynced = file.cached.size() - file.durable.size();
  Bytes after = file.durable;
  after.resize(file.durable.size() + (unsynced == 0 ? 0 : random_() % (unsynced + 1)));
  size_t at = file.durable.size();
  while (at < after.size()) {
    const size_t sector_end = std::min(after.size(), (at / kSectorBytes + 1) * kSectorBytes);
    const uint64_t fate = file.lost.contains(at / kSectorBytes) ? 0 : random_() % 8;
    const size_t torn_end = fate == 1 ? at + random_() % (sector_end - at) : sector_end;
    for (; at < sector_end; ++at) after[at] = fate >= 1 && at < torn_end ? file.cached[at] : 0;
  }
  file = {after, after, {}, true};
}

void MemoryLogDisk::Restart() {
  for (auto file = files_.begin(); file != files_.end();) {
    const bool vanishes = !file->second.has_durable_name && random_() % 2 == 0;
    if (!vanishes) CrashFile(file->second);
    file = vanishes ? files_.erase(file) : std::next(file);
  }
  has_crashed_ = false;
  calls_left_.reset();
}

}  // namespace hither
