// From a master file's text to a zone that may be served.

#include <benchmark/benchmark.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/parts/inputs.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

void Load(benchmark::State& state, ZoneKind kind, size_t names) {
  const std::string text = ZoneText(kind, names);
  const Name apex = *Name::FromText("example.");
  double records = 0;
  double image_bytes = 0;
  for (auto _ : state) {
    LoadedZone loaded = LoadZoneText(text, "bench", apex);
    state.PauseTiming();  // Freeing the zone is not measured.
    HITHER_CHECK(loaded.zone != nullptr);
    records = static_cast<double>(loaded.zone->record_count());
    image_bytes = static_cast<double>(loaded.zone->image_bytes());
    loaded = {};
    state.ResumeTiming();
  }
  using benchmark::Counter;
  const double times = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
  state.counters["s/record"] = Counter(records * times, Counter::kIsRate | Counter::kInvert);
  state.counters["B/record"] = image_bytes / records;
  state.counters["B/name"] = image_bytes / static_cast<double>(names);
  state.counters["text_B/record"] = static_cast<double>(text.size()) / records;
}

}  // namespace

void RegisterLoadParts() {
  for (const ZoneKindText& kind : kZoneKinds) {
    for (const size_t names : kind.sizes) {
      benchmark::RegisterBenchmark(
          absl::StrCat("load/", kind.name, "/", names).c_str(),
          [kind = kind.kind, names](benchmark::State& state) { Load(state, kind, names); })
          ->UseRealTime()  // A loader may use its own threads.
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace hither
