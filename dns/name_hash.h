#ifndef HITHER_DNS_NAME_HASH_H_
#define HITHER_DNS_NAME_HASH_H_

#include <cstddef>
#include <cstdint>

#include "dns/name.h"

namespace hither {

// The hash of a name is built from its last label to its first, so that one pass over a question
// name gives the hash of the name and of each ancestor: a lookup needs them all (zone apex, closest
// encloser, wildcard). Letters are hashed in lower case.
inline constexpr uint64_t kRootHash = 0x9e3779b97f4a7c15;

uint64_t ExtendHash(uint64_t parent_hash, ByteView label);
uint64_t HashName(NameView name);

// A question's name with the starts of its labels and the hash of each of its suffixes.
class HashedName {
 public:
  HashedName() = default;  // Set() before use.
  explicit HashedName(NameView name) { Set(name); }

  void Set(NameView name);  // A view: the octets must outlive this object's use.

  NameView name() const { return name_; }
  size_t label_count() const { return label_count_; }
  // The ancestor (or self) of the last `labels` labels, 0 <= labels <= label_count().
  NameView Suffix(size_t labels) const {
    const size_t at = starts_[label_count_ - labels];
    return NameView(name_.wire().subspan(at));
  }
  size_t SuffixOffset(size_t labels) const { return starts_[label_count_ - labels]; }
  uint64_t SuffixHash(size_t labels) const { return hashes_[labels]; }
  uint64_t hash() const { return hashes_[label_count_]; }

 private:
  NameView name_;
  uint8_t label_count_ = 0;
  uint8_t starts_[kNameLabelsMax + 1];   // From the first label; the last one is the root's.
  uint64_t hashes_[kNameLabelsMax + 1];  // By label count.
};

}  // namespace hither

#endif  // HITHER_DNS_NAME_HASH_H_
