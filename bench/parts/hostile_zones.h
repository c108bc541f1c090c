#ifndef HITHER_BENCH_PARTS_HOSTILE_ZONES_H_
#define HITHER_BENCH_PARTS_HOSTILE_ZONES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hither {

// A zone `example.` whose answers cost as much as its owner can achieve, and the names to query.
struct HostileZone {
  std::string text;
  std::vector<std::string> names;
};

// The contents of a hostile zone. Each kind has `count` names of `labels` labels.
struct HostilePlan {
  enum Kind : uint8_t {
    kMx,          // Names without a common suffix: compression finds nothing.
    kMxShared,    // Names that share all but one label.
    kAdditional,  // Nested names, each with addresses that do not fit beside it.
    kGlue,        // A delegation to deep hosts below it.
    kCnames,      // Chains, at most 18 long.
    kDnames,
    kWildcards,  // A chain with a proof for each alias.
    kTexts,
    kKinds,
  };
  enum Signing : uint8_t { kPlain, kNsec, kNsec3, kSignings };

  Kind kind = kMx;
  Signing signing = kPlain;
  size_t labels = 0;
  size_t count = 0;
  size_t signature_bytes = 0;  // Of each RRSIG.
  uint16_t iterations = 0;     // Of NSEC3.
  size_t salt_bytes = 0;
};

HostileZone MakeHostileZone(const HostilePlan& plan);
std::string ToText(const HostilePlan& plan);

}  // namespace hither

#endif  // HITHER_BENCH_PARTS_HOSTILE_ZONES_H_
