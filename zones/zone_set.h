#ifndef HITHER_ZONES_ZONE_SET_H_
#define HITHER_ZONES_ZONE_SET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "zones/name.h"
#include "zones/name_hash.h"
#include "zones/zone.h"

namespace hither {

// One zone that the server is to serve. `zone` is null while no good version of it was ever
// loaded: its names then get SERVFAIL (RFC 8914 code 14), not REFUSED.
struct ServedZone {
  Name apex;
  std::shared_ptr<const Zone> zone;
  std::string file;
  absl::Time loaded_at;
  std::string last_error;  // Of the last load, if that failed; for status.
};

// All zones of a server at one moment. Immutable once published through a Snapshot.
class ZoneSet {
 public:
  void Add(std::shared_ptr<const ServedZone> zone);  // Before publishing. Replaces the same apex.

  // The deepest zone at or above `qname`, or null. For DS at a zone's own apex the zone above it
  // answers, if it is served too (RFC 4035 §3.1.4.1): `ds_at_parent` skips an exact apex then.
  const ServedZone* FindZone(const HashedName& qname, bool ds_at_parent) const;

  // In the order of adding.
  const std::vector<std::shared_ptr<const ServedZone>>& zones() const { return zones_; }
  const ServedZone* FindExact(NameView apex) const;

 private:
  const ServedZone* Probe(uint64_t hash, NameView apex) const;

  std::vector<std::shared_ptr<const ServedZone>> zones_;
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> by_hash_;
  size_t apex_labels_max_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_SET_H_
