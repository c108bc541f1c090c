#include "zones/owner_order.h"

#include <algorithm>

#include "zones/sort_key.h"

namespace hither {
namespace {

struct Keyed {
  uint64_t key;
  RecordLog::OwnerId owner;
  bool nsec3;
};

}  // namespace

OwnerOrder::OwnerOrder(const RecordLog& log, size_t apex_labels) {
  std::vector<Keyed> keyed;
  keyed.reserve(log.owner_count());
  for (auto id = log.first_owner(); id < log.owners_end(); id = log.Next(id)) {
    const RecordLog::Owner& owner = log.owner(id);
    keyed.push_back({SortKey(owner.name(), apex_labels), id, owner.nsec3});
    if (!owner.nsec3) ++name_count_;
  }
  const auto less = [&log](const Keyed& a, const Keyed& b) {
    if (a.nsec3 != b.nsec3) return b.nsec3;
    if (a.key != b.key) return a.key < b.key;
    return CompareCanonical(log.owner(a.owner).name(), log.owner(b.owner).name()) < 0;
  };
  // Files that a signer or a registry wrote are in order already.
  if (!std::is_sorted(keyed.begin(), keyed.end(), less)) std::sort(keyed.begin(), keyed.end(), less);
  owners_.reserve(keyed.size());
  for (const Keyed& one : keyed) owners_.push_back(one.owner);
}

RecordLog::OwnerId OwnerOrder::Find(const RecordLog& log, NameView name, bool nsec3) const {
  const auto among = nsec3 ? nsec3_owners() : names();
  const auto found =
      std::lower_bound(among.begin(), among.end(), name, [&](RecordLog::OwnerId id, NameView want) {
        return CompareCanonical(log.owner(id).name(), want) < 0;
      });
  if (found == among.end() || !log.owner(*found).name().EqualsIgnoreCase(name)) return 0;
  return *found;
}

}  // namespace hither
