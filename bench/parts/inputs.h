#ifndef HITHER_BENCH_PARTS_INPUTS_H_
#define HITHER_BENCH_PARTS_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "bench/parts/zone_text.h"
#include "dns/name.h"
#include "zones/set/zone_set.h"

namespace hither {

// The kinds of queries. Each part is named after one of them: find/nxdomain/1000.
enum class Kind : uint8_t { kHit, kNxDomain, kReferral, kWildcard, kNsec3Denial, kMixed };

struct KindText {
  Kind kind;
  const char* name;
  ZoneKind zone;
};
// mixed: of 20 questions 10 hits, 6 referrals, 3 NXDOMAIN, 1 wildcard.
inline constexpr KindText kKinds[] = {
    {Kind::kHit, "hit", ZoneKind::kPlain},
    {Kind::kNxDomain, "nxdomain", ZoneKind::kPlain},
    {Kind::kReferral, "referral", ZoneKind::kPlain},
    {Kind::kWildcard, "wildcard", ZoneKind::kPlain},
    {Kind::kNsec3Denial, "nsec3_denial", ZoneKind::kNsec3},
    {Kind::kMixed, "mixed", ZoneKind::kPlain},
};

// Consecutive queries, so that reading them costs no extra cache misses.
class Questions {
 public:
  void Add(absl::string_view name, bool dnssec_ok);

  size_t size() const { return starts_.size(); }  // A power of two.
  ByteView message(size_t i) const { return {octets_.data() + starts_[i], sizes_[i]}; }
  NameView name(size_t i) const;

 private:
  Bytes octets_;
  std::vector<uint32_t> starts_;
  std::vector<uint16_t> sizes_;
};

// Makes each zone and each list of queries once, when it is first used: the library calls a
// benchmark several times to find out how often to run it.
class Inputs {
 public:
  // One served zone, `example.`.
  const ZoneSet& ZonesOf(ZoneKind kind, size_t names);
  const Zone& ZoneOf(ZoneKind kind, size_t names);
  // In random order; so many that a large zone's do not fit into a cache.
  const Questions& QuestionsOf(Kind kind, size_t names);

 private:
  std::map<std::pair<ZoneKind, size_t>, ZoneSet> zones_;
  std::map<std::pair<Kind, size_t>, Questions> questions_;
};

// Each part registers its own; `inputs` outlives the run.
void RegisterQueryParts(Inputs& inputs);
void RegisterFindParts(Inputs& inputs);
void RegisterAnswerParts(Inputs& inputs);
void RegisterLoadParts();
void RegisterHostileParts(Inputs& inputs);

}  // namespace hither

#endif  // HITHER_BENCH_PARTS_INPUTS_H_
