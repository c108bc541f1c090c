#include "zones/zone_set.h"

#include <algorithm>
#include <utility>

#include "zones/check.h"

namespace hither {

void ZoneSet::Add(std::shared_ptr<const ServedZone> zone) {
  HITHER_CHECK(zone != nullptr);
  std::vector<uint32_t>& same_hash = by_hash_[HashName(zone->apex)];
  for (const uint32_t at : same_hash) {
    if (zones_[at]->apex == zone->apex) {
      zones_[at] = std::move(zone);
      return;
    }
  }
  apex_labels_max_ = std::max(apex_labels_max_, zone->apex.view().label_count());
  same_hash.push_back(static_cast<uint32_t>(zones_.size()));
  zones_.push_back(std::move(zone));
}

// The question's suffixes are hashed already, so each step is one probe. No apex is deeper than
// apex_labels_max_: a question of 127 labels costs no more probes than that.
const ServedZone* ZoneSet::FindZone(const HashedName& qname, bool ds_at_parent) const {
  const ServedZone* exact = nullptr;  // Answers a DS question too, unless we serve a zone above.
  for (size_t labels = std::min(qname.label_count(), apex_labels_max_) + 1; labels-- > 0;) {
    const ServedZone* zone = Probe(qname.SuffixHash(labels), qname.Suffix(labels));
    if (zone == nullptr) continue;
    if (!ds_at_parent || labels < qname.label_count()) return zone;
    exact = zone;
  }
  return exact;
}

const ServedZone* ZoneSet::FindExact(NameView apex) const { return Probe(HashName(apex), apex); }

const ServedZone* ZoneSet::Probe(uint64_t hash, NameView apex) const {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return nullptr;
  for (const uint32_t at : found->second) {
    if (zones_[at]->apex.view().EqualsIgnoreCase(apex)) return zones_[at].get();
  }
  return nullptr;
}

}  // namespace hither
