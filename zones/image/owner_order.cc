#include "zones/image/owner_order.h"

#include <algorithm>

#include "dns/sort_key.h"

namespace hither {
namespace {

struct Keyed {
  uint64_t key;
  RecordBuffer::OwnerId owner;
};

}  // namespace

OwnerOrder::OwnerOrder(const RecordBuffer& buffer, size_t apex_labels) {
  owners_.reserve(buffer.owner_count());
  for (const bool nsec3 : {false, true}) {
    const size_t first = owners_.size();
    for (auto id = buffer.first_owner(); id < buffer.owners_end(); id = buffer.Next(id)) {
      if (buffer.owner(id).nsec3 == nsec3) owners_.push_back(id);
    }
    if (!nsec3) name_count_ = owners_.size();
    if (!buffer.is_sorted()) Sort(buffer, apex_labels, std::span(owners_).subspan(first));
  }
}

// By keys of eight octets; names are compared only where those are equal.
void OwnerOrder::Sort(const RecordBuffer& buffer, size_t apex_labels,
                      std::span<RecordBuffer::OwnerId> owners) {
  std::vector<Keyed> keyed;
  keyed.reserve(owners.size());
  for (const auto id : owners) keyed.push_back({SortKey(buffer.owner(id).name(), apex_labels), id});
  // A merge sort, because files have long sorted runs; it is not slower for unsorted names.
  std::stable_sort(keyed.begin(), keyed.end(), [&buffer](const Keyed& a, const Keyed& b) {
    if (a.key != b.key) return a.key < b.key;
    return CompareCanonical(buffer.owner(a.owner).name(), buffer.owner(b.owner).name()) < 0;
  });
  std::transform(keyed.begin(), keyed.end(), owners.begin(),
                 [](const Keyed& one) { return one.owner; });
}

RecordBuffer::OwnerId OwnerOrder::Find(const RecordBuffer& buffer, NameView name,
                                       bool nsec3) const {
  const auto among = nsec3 ? nsec3_owners() : names();
  const auto found = std::lower_bound(among.begin(), among.end(), name,
                                      [&](RecordBuffer::OwnerId id, NameView want) {
                                        return CompareCanonical(buffer.owner(id).name(), want) < 0;
                                      });
  if (found == among.end() || !buffer.owner(*found).name().EqualsIgnoreCase(name)) return 0;
  return *found;
}

}  // namespace hither
