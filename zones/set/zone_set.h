#ifndef HITHER_ZONES_SET_ZONE_SET_H_
#define HITHER_ZONES_SET_ZONE_SET_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "dns/name.h"
#include "dns/name_hash.h"
#include "zones/image/zone.h"
#include "zones/set/name_table.h"
#include "zones/set/zone_source.h"

namespace hither {

// One zone to serve. `zone` is null until a good version was loaded: its names then get SERVFAIL
// (RFC 8914 code 14), not REFUSED.
//
// 40 octets, because there may be a million: the image has the apex, the ZoneSources the path, and
// rare data is stored elsewhere.
class ServedZone {
 public:
  ServedZone() = default;  // Of no zone: assign before use.
  explicit ServedZone(ZoneSource source) : source_(source) {}

  std::shared_ptr<const Zone> zone;

  // The image's if there is one: a worker that answers from it has those octets in the cache.
  NameView apex() const { return zone == nullptr ? source_.name() : zone->apex(); }
  ZoneSource source() const { return source_; }
  absl::string_view file() const { return source_.file(); }
  absl::Time loaded_at() const { return absl::FromUnixNanos(loaded_at_ns_); }
  void set_loaded_at(absl::Time time) { loaded_at_ns_ = absl::ToUnixNanos(time); }
  // Of the last load, if that failed; for status.
  absl::string_view last_error() const {
    return rare_ == nullptr ? absl::string_view() : absl::string_view(rare_->error);
  }
  bool has_failed() const { return rare_ != nullptr && !rare_->error.empty(); }
  // When the first of the current series of failed loads failed.
  absl::Time failed_since() const { return has_failed() ? rare_->since : absl::InfiniteFuture(); }
  void set_last_error(std::string error, absl::Time since) {
    rare_ = std::make_unique<const Rare>(Rare{std::move(error), since, std::string(warning())});
  }
  // What is wrong with the version that is served, compared with the one before; for status.
  absl::string_view warning() const {
    return rare_ == nullptr ? absl::string_view() : absl::string_view(rare_->warning);
  }
  void set_warning(std::string warning) {
    rare_ = std::make_unique<const Rare>(
        Rare{std::string(last_error()), failed_since(), std::move(warning)});
  }

 private:
  struct Rare {
    std::string error;
    absl::Time since;
    std::string warning;
  };

  ZoneSource source_;
  int64_t loaded_at_ns_ = 0;
  std::unique_ptr<const Rare> rare_;  // Null: there is nothing to say.
};

// All zones of a server at one moment. Immutable once published through a Snapshot.
class ZoneSet {
 public:
  ZoneSet() = default;
  // `zones` correspond to `sources` one to one; no name twice. For many together.
  ZoneSet(const ZoneSources& sources, std::vector<ServedZone> zones);
  ZoneSet(ZoneSet&&) = default;

  // One by one, before publishing: the result of Make() is filled and added to the same set. Add()
  // replaces a zone with the same apex.
  ServedZone Make(NameView apex, absl::string_view file = "");
  void Add(ServedZone zone);

  // The deepest zone at or above `qname`, or null. For DS at a zone's own apex (`ds_at_parent`) its
  // parent answers, if it is served too (RFC 4035 §3.1.4.1). The next zone above that is served is
  // the parent if it delegates that very name; a grandparent would refer to a parent elsewhere,
  // while the child can say authoritatively that it has no DS.
  const ServedZone* FindZone(const HashedName& qname, bool ds_at_parent) const;

  // For answers in batches. First Prefetch() for each question: this prefetches what FindZone()
  // reads first. Then FindLikely(): the likely result of FindZone() (if null, that is certain),
  // without reading the zone itself, whose octets may be prefetched now.
  void Prefetch(const HashedName& qname) const;
  const ServedZone* FindLikely(const HashedName& qname) const;

  // In the order of adding.
  std::span<const ServedZone> zones() const { return zones_; }
  const ServedZone* FindExact(NameView apex) const;

  size_t served() const { return served_; }  // Zones with a served version.
  size_t failed() const { return failed_; }  // Zones whose last load failed.
  size_t MemoryBytes() const;                // Without zones, names and paths.

 private:
  const ServedZone* Probe(uint64_t hash, NameView apex) const;
  void Insert(size_t at);
  void CountIn(const ServedZone& zone);
  void CountOut(const ServedZone& zone);

  std::shared_ptr<const void> store_;  // The names and paths of zones given together,
  ZoneSources made_;                   // and of the others.
  std::vector<ServedZone> zones_;
  NameTable table_;                         // By apex; numbers are indexes into zones_.
  std::bitset<kNameLabelsMax + 1> depths_;  // The label counts of apexes.
  size_t apex_labels_max_ = 0;
  size_t served_ = 0;
  size_t failed_ = 0;
};

}  // namespace hither

#endif  // HITHER_ZONES_SET_ZONE_SET_H_
