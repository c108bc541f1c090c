// ZoneView::Find, for a denial with the search for its NSEC3 too. The hash of the name is in it
// (hash/ has that alone): prehashed names would evict the zone from the caches.

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/parts/inputs.h"
#include "dns/name_hash.h"
#include "zones/image/zone_view.h"

namespace hither {
namespace {

// False: the query is not of the part's kind.
bool IsFound(Kind kind, const Lookup& found) {
  switch (kind) {
    case Kind::kHit:
      return found.state == Lookup::kAnswer && !found.wildcard;
    case Kind::kReferral:
      return found.state == Lookup::kReferral;
    case Kind::kWildcard:
      return found.state == Lookup::kAnswer && found.wildcard;
    case Kind::kNxDomain:
    case Kind::kNsec3Denial:
      return found.state == Lookup::kNxDomain;
    case Kind::kMixed:
      return true;
  }
  return false;
}

void FindOne(Kind kind, const Zone& zone, const HashedName& name) {
  const Lookup found = ZoneView(zone).Find(name, RrType::kA);
  HITHER_CHECK(IsFound(kind, found));
  benchmark::DoNotOptimize(found);
  if (kind != Kind::kNsec3Denial) return;
  bool matches = false;
  const NodeId denial = zone.FindNsec3(zone.HashForNsec3(name.name()), matches);
  HITHER_CHECK(denial != kNoNode && !matches);
  benchmark::DoNotOptimize(denial);
}

void Find(benchmark::State& state, Kind kind, const Zone& zone, const Questions& questions) {
  HashedName name;
  size_t next = 0;
  for (auto _ : state) {
    name.Set(questions.name(next++ & (questions.size() - 1)));
    FindOne(kind, zone, name);
  }
  state.counters["B/name"] =
      static_cast<double>(zone.image_bytes()) / static_cast<double>(zone.name_count());
}

}  // namespace

void RegisterFindParts(Inputs& inputs) {
  for (const KindText& kind : kKinds) {
    for (const size_t names : SizesOf(kind.zone)) {
      benchmark::RegisterBenchmark(absl::StrCat("find/", kind.name, "/", names).c_str(),
                                   [&inputs, kind, names](benchmark::State& state) {
                                     Find(state, kind.kind, inputs.ZoneOf(kind.zone, names),
                                          inputs.QuestionsOf(kind.kind, names));
                                   });
    }
  }
}

}  // namespace hither
