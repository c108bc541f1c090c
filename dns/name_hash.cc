#include "dns/name_hash.h"

#include <bit>
#include <cstring>

namespace hither {
namespace {

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// The first octet is the lowest on every machine: LoadTail() shifts by that.
template <typename T>
uint64_t Load(const uint8_t* at) {
  T octets;
  std::memcpy(&octets, at, sizeof(octets));
  if constexpr (std::endian::native == std::endian::big) {
    return __builtin_bswap64(octets) >> (64 - 8 * sizeof(T));
  }
  return octets;
}

// The last `count` octets of a label, fewer than 8, the first of them lowest: in one load or two
// overlapping ones, none outside the label. (A loop of variable length costs as much as the rest.)
uint64_t LoadTail(ByteView label, size_t count) {
  const uint8_t* const end = label.data() + label.size();
  if (count == 0) return 0;
  if (label.size() >= 8) return Load<uint64_t>(end - 8) >> (8 * (8 - count));
  if (count >= 4) return Load<uint32_t>(end - count) | Load<uint32_t>(end - 4) << (8 * (count - 4));
  if (count == 1) return end[-1];
  return Load<uint16_t>(end - count) | Load<uint16_t>(end - 2) << (8 * (count - 2));
}

}  // namespace

uint64_t ExtendHash(uint64_t parent_hash, ByteView label) {
  constexpr uint64_t kOdd = 0xa0761d6478bd642f;
  uint64_t hash = parent_hash ^ (label.size() * 0xe7037ed1a0b428db);
  size_t at = 0;
  for (; at + 8 <= label.size(); at += 8) {
    hash = Mix(hash ^ ToLowerOctets(Load<uint64_t>(label.data() + at)), kOdd);
  }
  const uint64_t octets = LoadTail(label, label.size() - at);
  return Mix(hash ^ ToLowerOctets(octets), kOdd ^ 0x8ebc6af09c88c6e3);
}

uint64_t HashName(NameView name) { return HashedName(name).hash(); }

void HashedName::Set(NameView name) {
  name_ = name;
  size_t count = 0;
  size_t at = 0;
  for (; name.data()[at] != 0; at += 1u + name.data()[at]) {
    starts_[count++] = static_cast<uint8_t>(at);
  }
  starts_[count] = static_cast<uint8_t>(at);
  label_count_ = static_cast<uint8_t>(count);
  hashes_[0] = kRootHash;
  for (size_t labels = 1; labels <= count; ++labels) {
    const uint8_t* label = name.data() + starts_[count - labels];
    hashes_[labels] = ExtendHash(hashes_[labels - 1], ByteView(label + 1, *label));
  }
}

}  // namespace hither
