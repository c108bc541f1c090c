#include "zones/change/log_entry.h"

#include <xxhash.h>

#include <cstring>
#include <memory>
#include <new>

#include "zones/change/u64.h"

namespace hither {
namespace {

constexpr uint8_t kSegmentMagic[7] = {'H', 'i', 't', 'h', 'e', 'r', 'Z'};
constexpr uint8_t kSegmentFormat = 1;
constexpr size_t kSegmentChecksumAt = kSegmentHeadBytes - 8;
constexpr uint32_t kEntryMagic = 0x487a4c65;
constexpr size_t kEntryChecksumAt = kEntryHeadBytes - 8;
constexpr uint8_t kMayBeOld = 1;

// The checksum of an entry's head depends on its place, too: an entry that a file system or a tool
// has put elsewhere is not taken.
uint64_t HeadChecksum(ByteView head, NameView zone, uint64_t offset, uint64_t key) {
  uint8_t octets[kEntryChecksumAt + kNameBytesMax];
  std::memcpy(octets, head.data(), kEntryChecksumAt);
  CopyNameOctets(octets + kEntryChecksumAt, zone.data(), zone.size());
  return XXH3_64bits_withSeed(octets, kEntryChecksumAt + zone.size(), key + offset);
}

bool IsKind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(LogEntryKind::kWhole) &&
         kind <= static_cast<uint8_t>(LogEntryKind::kMark);
}

}  // namespace

void StoreSegmentHead(const SegmentHead& head, uint8_t* to) {
  std::memset(to, 0, kSegmentHeadBytes);
  std::memcpy(to, kSegmentMagic, sizeof(kSegmentMagic));
  to[7] = kSegmentFormat;
  StoreU32(to + 8, head.number);
  StoreU32(to + 12, head.previous);
  StoreU64(to + 16, head.previous_end);
  StoreU64(to + 24, head.first_sequence);
  StoreU64(to + 32, head.key);
  StoreU64(to + kSegmentChecksumAt, XXH3_64bits(to, kSegmentChecksumAt));
}

SegmentHeadState LoadSegmentHead(const uint8_t* from, SegmentHead& head) {
  if (std::memcmp(from, kSegmentMagic, sizeof(kSegmentMagic)) != 0 ||
      LoadU64(from + kSegmentChecksumAt) != XXH3_64bits(from, kSegmentChecksumAt)) {
    return SegmentHeadState::kDamaged;
  }
  if (from[7] != kSegmentFormat) return SegmentHeadState::kOtherFormat;
  head.number = LoadU32(from + 8);
  head.previous = LoadU32(from + 12);
  head.previous_end = LoadU64(from + 16);
  head.first_sequence = LoadU64(from + 24);
  head.key = LoadU64(from + 32);
  return SegmentHeadState::kValid;
}

uint64_t EntryBytes(const LogEntryHead& head, NameView zone) {
  const uint64_t bytes = kEntryHeadBytes + zone.size() + head.body_bytes;
  return (bytes + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}

Bytes StoreEntryHead(const LogEntryHead& head, NameView zone, uint64_t offset, uint64_t key) {
  Bytes octets(kEntryHeadBytes + zone.size());
  uint8_t* const to = octets.data();
  StoreU32(to, kEntryMagic);
  to[4] = static_cast<uint8_t>(head.kind);
  to[5] = static_cast<uint8_t>(zone.size());
  to[6] = head.may_be_old ? kMayBeOld : 0;
  StoreU64(to + 8, head.body_bytes);
  StoreU64(to + 16, head.sequence);
  StoreU64(to + 24, head.parent);
  StoreU32(to + 32, head.serial_from);
  StoreU32(to + 36, head.serial_to);
  StoreU64(to + 40, head.synced_end);
  StoreU64(to + 48, head.body_checksum);
  CopyNameOctets(to + kEntryHeadBytes, zone.data(), zone.size());
  StoreU64(to + kEntryChecksumAt, HeadChecksum(octets, zone, offset, key));
  return octets;
}

bool HasEntryMagic(const uint8_t* octets) { return LoadU32(octets) == kEntryMagic; }

std::optional<LoadedHead> LoadEntryHead(ByteView octets, uint64_t offset, uint64_t key) {
  if (octets.size() < kEntryHeadBytes || !HasEntryMagic(octets.data())) return std::nullopt;
  const uint8_t* const from = octets.data();
  const ByteView name = octets.subspan(kEntryHeadBytes);
  const size_t name_bytes = NameBytesAtStart(name);
  if (name_bytes == 0 || name_bytes != from[5] || !IsKind(from[4])) return std::nullopt;
  LoadedHead loaded;
  loaded.zone = Name(NameView(name.first(name_bytes)));
  if (LoadU64(from + kEntryChecksumAt) != HeadChecksum(octets, loaded.zone, offset, key)) {
    return std::nullopt;
  }
  LogEntryHead& head = loaded.head;
  head.kind = static_cast<LogEntryKind>(from[4]);
  head.may_be_old = (from[6] & kMayBeOld) != 0;
  head.body_bytes = LoadU64(from + 8);
  head.sequence = LoadU64(from + 16);
  head.parent = LoadU64(from + 24);
  head.serial_from = LoadU32(from + 32);
  head.serial_to = LoadU32(from + 36);
  head.synced_end = LoadU64(from + 40);
  head.body_checksum = LoadU64(from + 48);
  return loaded;
}

uint64_t BodyChecksum(ByteView body, uint64_t key) {
  return XXH3_64bits_withSeed(body.data(), body.size(), key);
}

absl::StatusOr<uint64_t> PiecesChecksum(uint64_t bytes, uint64_t key,
                                        const std::function<absl::StatusOr<ByteView>()>& next) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset_withSeed(state.get(), key);
  while (bytes > 0) {
    const absl::StatusOr<ByteView> piece = next();
    if (!piece.ok()) return piece.status();
    XXH3_64bits_update(state.get(), piece->data(), piece->size());
    bytes -= piece->size();
  }
  return XXH3_64bits_digest(state.get());
}

}  // namespace hither
