#include "zones/name_hash.h"

#include <cstring>

namespace hither {
namespace {

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

uint64_t ExtendHash(uint64_t parent_hash, ByteView label) {
  constexpr uint64_t kOdd = 0xa0761d6478bd642f;
  uint64_t hash = parent_hash ^ (label.size() * 0xe7037ed1a0b428db);
  size_t at = 0;
  for (; at + 8 <= label.size(); at += 8) {
    uint64_t octets;
    std::memcpy(&octets, label.data() + at, 8);
    hash = Mix(hash ^ ToLowerOctets(octets), kOdd);
  }
  uint64_t octets = 0;
  for (size_t i = at; i < label.size(); ++i) octets |= uint64_t{label[i]} << (8 * (i - at));
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
