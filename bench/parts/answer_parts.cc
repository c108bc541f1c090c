// Whole answers, from the octets of the query to those of the reply: parse, hash, find and encode.

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/parts/inputs.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"

namespace hither {
namespace {

// The counter that confirms an answer's kind. NOERROR alone does not confirm a wildcard; find
// checks that, with the same queries.
Counter CounterOf(Kind kind) {
  switch (kind) {
    case Kind::kReferral:
      return Counter::kReferrals;
    case Kind::kNxDomain:
    case Kind::kNsec3Denial:
      return Counter::kNxDomain;
    case Kind::kHit:
    case Kind::kWildcard:
      return Counter::kNoError;
    case Kind::kMixed:
      return Counter::kQueriesUdp;
  }
  return Counter::kServFail;
}

void Encode(benchmark::State& state, Kind kind, const ZoneSet& zones, const Questions& questions) {
  Counters counters;
  const ResponderOptions options{.nsid = "ns1.example", .version = ""};
  Responder responder(options, counters);
  const TransportFacts facts{.transport = Transport::kUdp};
  std::array<uint8_t, 1'232> reply;
  uint64_t asked = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    const ByteView query = questions.message(asked++ & (questions.size() - 1));
    bytes += responder.Answer({query, reply}, facts, zones).message_bytes;
    benchmark::DoNotOptimize(reply);
  }
  HITHER_CHECK(counters.Get(CounterOf(kind)) == asked);
  HITHER_CHECK(counters.Get(Counter::kTruncated) == 0);
  state.counters["B/answer"] = static_cast<double>(bytes) / static_cast<double>(asked);
}

// The same in batches of `length`, to see what prefetching for many queries at once saves.
void Batch(benchmark::State& state, size_t length, const ZoneSet& zones,
           const Questions& questions) {
  Counters counters;
  Responder responder({}, counters);
  std::vector<std::array<uint8_t, 1'232>> replies(length);
  std::vector<Exchange> batch(length);
  for (size_t i = 0; i < length; ++i) batch[i].reply = replies[i];
  uint64_t asked = 0;
  for (auto _ : state) {
    for (Exchange& one : batch) {
      one.query = questions.message(asked++ & (questions.size() - 1));
    }
    responder.AnswerAll(batch, {}, zones);
    benchmark::DoNotOptimize(replies.data());
  }
  HITHER_CHECK(counters.Get(Counter::kQueriesUdp) == asked);
  state.counters["s/answer"] = benchmark::Counter(
      static_cast<double>(asked), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace

void RegisterAnswerParts(Inputs& inputs) {
  for (const KindText& kind : kKinds) {
    for (const size_t names : SizesOf(kind.zone)) {
      benchmark::RegisterBenchmark(absl::StrCat("encode/", kind.name, "/", names).c_str(),
                                   [&inputs, kind, names](benchmark::State& state) {
                                     Encode(state, kind.kind, inputs.ZonesOf(kind.zone, names),
                                            inputs.QuestionsOf(kind.kind, names));
                                   });
    }
  }
  for (const size_t names : SizesOf(ZoneKind::kPlain)) {
    for (const size_t length : {1, 2, 4, 8, 16, 32}) {
      benchmark::RegisterBenchmark(absl::StrCat("batch/mixed/", names, "/", length).c_str(),
                                   [&inputs, length, names](benchmark::State& state) {
                                     Batch(state, length, inputs.ZonesOf(ZoneKind::kPlain, names),
                                           inputs.QuestionsOf(Kind::kMixed, names));
                                   });
    }
  }
}

}  // namespace hither
