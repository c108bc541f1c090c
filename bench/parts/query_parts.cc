// The work on a query before a zone is read, and the counting after.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>

#include "base/check.h"
#include "bench/parts/inputs.h"
#include "dns/name_hash.h"
#include "dns/query.h"
#include "server/listen/latency.h"

namespace hither {
namespace {

constexpr size_t kNames = 1'000;  // The queries' zone; it is not read here.

void Parse(benchmark::State& state, const Questions& questions) {
  size_t i = 0;
  for (auto _ : state) {
    Query query;
    const Parsed parsed = ParseQuery(questions.message(i++ & (questions.size() - 1)), query);
    HITHER_CHECK(parsed == Parsed::kQuery);
    benchmark::DoNotOptimize(query);
  }
}

void HashNames(benchmark::State& state, const Questions& questions) {
  size_t i = 0;
  HashedName name;
  for (auto _ : state) {
    name.Set(questions.name(i++ & (questions.size() - 1)));
    benchmark::DoNotOptimize(name.hash());
  }
}

void AskTheClock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(MonotonicNs());
}

// Once a batch; times all over the histogram are the worst for the cache.
void Record(benchmark::State& state) {
  auto histogram = std::make_unique<LatencyHistogram>();
  uint64_t i = 0;
  for (auto _ : state) {
    histogram->Record(Mix(++i) >> 40, 64);
    benchmark::ClobberMemory();
  }
}

}  // namespace

void RegisterQueryParts(Inputs& inputs) {
  benchmark::RegisterBenchmark("parse/mixed", [&inputs](benchmark::State& state) {
    Parse(state, inputs.QuestionsOf(Kind::kMixed, kNames));
  });
  benchmark::RegisterBenchmark("hash/mixed", [&inputs](benchmark::State& state) {
    HashNames(state, inputs.QuestionsOf(Kind::kMixed, kNames));
  });
  benchmark::RegisterBenchmark("latency/clock", AskTheClock);
  benchmark::RegisterBenchmark("latency/record", Record);
}

}  // namespace hither
