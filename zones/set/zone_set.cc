#include "zones/set/zone_set.h"

#include <algorithm>

#include "base/check.h"

namespace hither {
namespace {

constexpr size_t kPrefetchDepthsMax = 4;  // Deeper nesting of zones is rare.

// Does `above` delegate `apex`? A zone that is not loaded may.
bool MayBeParent(const ServedZone& above, NameView apex) {
  if (above.zone == nullptr) return true;
  const NodeId node = above.zone->FindNode(apex);
  return node != kNoNode && above.zone->node(node).is_cut;
}

}  // namespace

ZoneSet::ZoneSet(const ZoneSources& sources, std::vector<ServedZone> zones)
    : store_(sources.store()), zones_(std::move(zones)) {
  HITHER_CHECK(sources.size() == zones_.size());
  table_.Reserve(zones_.size());
  for (size_t at = 0; at < zones_.size(); ++at) Insert(at);
}

ServedZone ZoneSet::Make(NameView apex, absl::string_view file) {
  made_.Add(apex, file);
  return ServedZone(made_.back());
}

void ZoneSet::Add(ServedZone zone) {
  const ServedZone* same = FindExact(zone.apex());
  if (same != nullptr) {
    ServedZone& old = zones_[static_cast<size_t>(same - zones_.data())];
    CountOut(old);
    old = std::move(zone);
    CountIn(old);
    return;
  }
  zones_.push_back(std::move(zone));
  Insert(zones_.size() - 1);
}

void ZoneSet::Insert(size_t at) {
  const ServedZone& zone = zones_[at];
  const HashedName hashed(zone.source().name());  // Not the image's: these are adjacent in memory.
  table_.Append(hashed.hash(), static_cast<uint32_t>(at),
                [this](uint32_t i) { return HashName(zones_[i].source().name()); });
  depths_.set(hashed.label_count());
  apex_labels_max_ = std::max(apex_labels_max_, hashed.label_count());
  CountIn(zone);
}

void ZoneSet::CountIn(const ServedZone& zone) {
  served_ += zone.zone != nullptr;
  failed_ += zone.has_failed();
}

void ZoneSet::CountOut(const ServedZone& zone) {
  served_ -= zone.zone != nullptr;
  failed_ -= zone.has_failed();
}

// The query name's suffixes are already hashed, so each step is one probe. Depths at which there is
// no apex are skipped: a query name of 127 labels costs no more probes than there are depths with
// an apex.
const ServedZone* ZoneSet::FindZone(const HashedName& qname, bool ds_at_parent) const {
  const ServedZone* exact = nullptr;  // Answers a DS question too, unless we serve its parent.
  for (size_t labels = std::min(qname.label_count(), apex_labels_max_) + 1; labels-- > 0;) {
    if (!depths_[labels]) continue;
    const ServedZone* zone = Probe(qname.SuffixHash(labels), qname.Suffix(labels));
    if (zone == nullptr) continue;
    if (ds_at_parent && labels == qname.label_count()) {
      exact = zone;
      continue;
    }
    return exact == nullptr || MayBeParent(*zone, qname.name()) ? zone : exact;
  }
  return exact;
}

void ZoneSet::Prefetch(const HashedName& qname) const {
  size_t depths = 0;
  for (size_t labels = std::min(qname.label_count(), apex_labels_max_) + 1;
       labels-- > 0 && depths < kPrefetchDepthsMax;) {
    if (!depths_[labels]) continue;
    table_.Prefetch(qname.SuffixHash(labels));
    ++depths;
  }
}

const ServedZone* ZoneSet::FindLikely(const HashedName& qname) const {
  for (size_t labels = std::min(qname.label_count(), apex_labels_max_) + 1; labels-- > 0;) {
    if (!depths_[labels]) continue;
    const uint32_t at = table_.Find(qname.SuffixHash(labels), [](uint32_t) { return true; });
    if (at != NameTable::kNone) return &zones_[at];
  }
  return nullptr;
}

const ServedZone* ZoneSet::FindExact(NameView apex) const { return Probe(HashName(apex), apex); }

const ServedZone* ZoneSet::Probe(uint64_t hash, NameView apex) const {
  const uint32_t at = table_.Find(
      hash, [&](uint32_t number) { return zones_[number].apex().EqualsIgnoreCase(apex); });
  return at == NameTable::kNone ? nullptr : &zones_[at];
}

size_t ZoneSet::MemoryBytes() const {
  return zones_.capacity() * sizeof(ServedZone) + table_.MemoryBytes();
}

}  // namespace hither
