// Google Benchmark for the parts of an answer: parse, hash, find, encode; of a start: load; of the
// continuous measurements: latency; and of hostile zones: hostile. Names are
// PART/KIND/NAMES-OF-THE-ZONE.

#include <benchmark/benchmark.h>

#include "bench/parts/inputs.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  hither::Inputs inputs;
  hither::RegisterQueryParts(inputs);
  hither::RegisterFindParts(inputs);
  hither::RegisterAnswerParts(inputs);
  hither::RegisterLoadParts();
  hither::RegisterHostileParts(inputs);
  // A filter that matches nothing, as after a rename, must not count as a run.
  return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
