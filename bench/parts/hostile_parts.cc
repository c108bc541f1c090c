// The costliest answers of loadable zones, against an ordinary one with its system calls:
// `bench_parts --benchmark_filter=hostile`. x_ordinary is the cost of each in ordinary answers;
// work.h promises at most 150. hostile/search tries random zones and queries and reports the worst.

#include <benchmark/benchmark.h>
#include <time.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/parts/hostile_zones.h"
#include "bench/parts/inputs.h"
#include "server/listen/udp_listener.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

uint64_t CpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

constexpr RrType kTypes[] = {RrType::kA,  RrType::kMx,   RrType::kTxt, RrType::kCname,
                             RrType::kDs, RrType::kNsec, RrType::kAny, RrType::kRrsig};

struct How {
  const char* name;
  Transport transport;
  bool dnssec_ok;
};
constexpr How kHows[] = {{"udp", Transport::kUdp, false},
                         {"udp-do", Transport::kUdp, true},
                         {"tcp", Transport::kTcp, false},
                         {"tcp-do", Transport::kTcp, true}};

// The cost of an ordinary answer, from recvmmsg to sendmmsg, 32 at a time. Measured once.
double OrdinaryNs(Inputs& inputs) {
  static const double measured = [&inputs] {
    auto socket = OpenSocket(SocketKind::kUdp, *SocketAddress::FromText("127.0.0.1", 0), {});
    HITHER_CHECK(socket.ok());
    const SocketAddress address = *LocalAddressOf(socket->get());
    const FileDescriptor client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    HITHER_CHECK(::connect(client.get(), address.get(), address.size()) == 0);
    auto apart = std::make_shared<ZoneSet>();
    ServedZone served = apart->Make(*Name::FromText("example."));
    served.zone = inputs.ZonesOf(ZoneKind::kPlain, 1'000).zones()[0].zone;
    apart->Add(std::move(served));
    Snapshot<ZoneSet> zones{std::move(apart)};
    Snapshot<ZoneSet>::Reader reader{zones};
    Counters counters;
    LatencyHistogram latency;
    Responder responder({}, counters);
    constexpr size_t kBatch = 32;
    constexpr int kRounds = 500;
    UdpBatch batch(kBatch, 1'232);
    UdpListener listener(*std::move(socket), batch, responder, reader, counters, latency);
    uv_loop_t loop;
    HITHER_CHECK(uv_loop_init(&loop) == 0 && listener.Start(loop).ok());
    const Questions& questions = inputs.QuestionsOf(Kind::kHit, 1'000);
    std::vector<uint64_t> rounds;
    size_t next = 0;
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < kBatch; ++i) {
        const ByteView query = questions.message(next++ & (questions.size() - 1));
        HITHER_CHECK(::send(client.get(), query.data(), query.size(), 0) > 0);
      }
      responder.BeginTurn();
      const uint64_t began = CpuNs();
      uv_run(&loop, UV_RUN_NOWAIT);
      rounds.push_back(CpuNs() - began);
      uint8_t reply[2'048];
      while (::recv(client.get(), reply, sizeof(reply), MSG_DONTWAIT) > 0) continue;
    }
    HITHER_CHECK(counters.Get(Counter::kQueriesUdp) >= kRounds * kBatch);
    listener.Stop();
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
    return static_cast<double>(rounds[kRounds / 2]) / kBatch;
  }();
  return measured;
}

// The worst answer of a zone.
struct Worst {
  uint64_t ns = 0;
  uint64_t work = 0;
  std::string question;
};

class Asker {
 public:
  // False: not a zone that may be served.
  bool Load(const HostilePlan& plan) {
    zone_ = MakeHostileZone(plan);
    const Name apex = *Name::FromText("example.");
    LoadedZone loaded = LoadZoneText(zone_.text, "bench", apex);
    if (loaded.zone == nullptr) return false;
    ServedZone served = zones_.Make(apex);
    served.zone = std::move(loaded.zone);
    zones_.Add(std::move(served));
    return true;
  }

  // Every name, type and transport; the lowest of three times, to exclude other load.
  Worst Search() {
    Worst worst;
    for (const std::string& name : zone_.names) {
      for (const RrType type : kTypes) {
        for (const How& how : kHows) {
          const uint64_t ns = LeastOf(3, MakeQuery(name, type, how.dnssec_ok), how);
          if (ns <= worst.ns) continue;
          worst = {ns, responder_.turn_work(),
                   absl::StrCat(name.substr(0, 12), " ", TypeToText(type), " ", how.name)};
        }
      }
    }
    return worst;
  }

 private:
  uint64_t LeastOf(int times, const Bytes& query, const How& how) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < times; ++i) {
      responder_.BeginTurn();
      const uint64_t began = CpuNs();
      (void)responder_.Answer({query, reply_}, {how.transport, {}}, zones_);
      least = std::min(least, CpuNs() - began);
    }
    return least;
  }

  static Bytes MakeQuery(const std::string& name, RrType type, bool dnssec_ok) {
    Questions one;
    one.Add(name, dnssec_ok);
    const ByteView message = one.message(0);
    Bytes query(message.begin(), message.end());
    StoreU16(query.data() + query.size() - 15,
             static_cast<uint16_t>(type));  // Class, then OPT: 11.
    return query;
  }

  HostileZone zone_;
  ZoneSet zones_;
  Counters counters_;
  Responder responder_{{}, counters_};
  Bytes reply_ = Bytes(65'535);
};

void Tell(benchmark::State& state, const Worst& worst, const std::string& plan, double ordinary) {
  state.counters["us"] = static_cast<double>(worst.ns) / 1e3;
  state.counters["x_ordinary"] = static_cast<double>(worst.ns) / ordinary;
  state.counters["ns/work"] =
      static_cast<double>(worst.ns) / static_cast<double>(std::max<uint64_t>(worst.work, 1));
  state.SetLabel(absl::StrCat(plan, ": ", worst.question));
}

void Ordinary(benchmark::State& state, Inputs& inputs) {
  for (auto _ : state) benchmark::DoNotOptimize(OrdinaryNs(inputs));
  state.counters["us"] = OrdinaryNs(inputs) / 1e3;
}

void Planned(benchmark::State& state, const HostilePlan& plan, Inputs& inputs) {
  const double ordinary = OrdinaryNs(inputs);
  Worst worst;
  for (auto _ : state) {
    Asker asker;
    HITHER_CHECK(asker.Load(plan));
    worst = asker.Search();
  }
  Tell(state, worst, ToText(plan), ordinary);
}

HostilePlan AnyPlan(std::mt19937_64& random) {
  const auto below = [&random](size_t limit) { return random() % limit; };
  HostilePlan plan;
  plan.kind = static_cast<HostilePlan::Kind>(below(HostilePlan::kKinds));
  plan.signing = static_cast<HostilePlan::Signing>(below(HostilePlan::kSignings));
  plan.labels = below(4) == 0 ? 1 + below(20) : 60 + below(57);
  plan.count = size_t{1} << below(10);
  const bool is_chain = plan.kind >= HostilePlan::kCnames && plan.kind <= HostilePlan::kWildcards;
  if (is_chain || plan.kind == HostilePlan::kGlue) plan.count = std::min<size_t>(plan.count, 64);
  if (plan.kind == HostilePlan::kAdditional) plan.count = std::min(plan.count, plan.labels);
  plan.signature_bytes = 1 + below(512);
  constexpr std::pair<uint16_t, size_t> kHashing[] = {{0, 0}, {100, 0}, {100, 35}, {19, 255}};
  const auto [iterations, salt] = kHashing[below(4)];
  plan.iterations = iterations;
  plan.salt_bytes = salt;
  return plan;
}

void Search(benchmark::State& state, Inputs& inputs) {
  const double ordinary = OrdinaryNs(inputs);
  std::mt19937_64 random(7);
  Worst worst;
  std::string where;
  for (auto _ : state) {
    const HostilePlan plan = AnyPlan(random);
    Asker asker;
    if (!asker.Load(plan)) continue;
    const Worst found = asker.Search();
    if (found.ns <= worst.ns) continue;
    worst = found;
    where = ToText(plan);
  }
  Tell(state, worst, where, ordinary);
}

constexpr HostilePlan kPlans[] = {
    {HostilePlan::kMx, HostilePlan::kPlain, 118, 1'000, 0, 0, 0},
    {HostilePlan::kMx, HostilePlan::kPlain, 118, 240, 0, 0, 0},
    {HostilePlan::kMxShared, HostilePlan::kPlain, 118, 300, 0, 0, 0},
    {HostilePlan::kMxShared, HostilePlan::kPlain, 4, 1'000, 0, 0, 0},
    {HostilePlan::kAdditional, HostilePlan::kNsec, 115, 115, 200, 0, 0},
    {HostilePlan::kGlue, HostilePlan::kPlain, 116, 250, 0, 0, 0},
    {HostilePlan::kCnames, HostilePlan::kNsec3, 100, 18, 64, 100, 35},
    {HostilePlan::kDnames, HostilePlan::kPlain, 100, 18, 0, 0, 0},
    {HostilePlan::kWildcards, HostilePlan::kNsec3, 1, 18, 64, 100, 35},
    {HostilePlan::kWildcards, HostilePlan::kNsec3, 100, 18, 64, 19, 255},
    {HostilePlan::kWildcards, HostilePlan::kNsec, 100, 18, 64, 0, 0},
    {HostilePlan::kTexts, HostilePlan::kNsec, 1, 1'000, 64, 0, 0},
};

}  // namespace

void RegisterHostileParts(Inputs& inputs) {
  benchmark::RegisterBenchmark("hostile/ordinary", [&inputs](benchmark::State& state) {
    Ordinary(state, inputs);
  })->Iterations(1);
  for (size_t i = 0; i < std::size(kPlans); ++i) {
    benchmark::RegisterBenchmark(
        absl::StrCat("hostile/", i).c_str(),
        [&inputs, i](benchmark::State& state) { Planned(state, kPlans[i], inputs); })
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("hostile/search",
                               [&inputs](benchmark::State& state) { Search(state, inputs); })
      ->Iterations(40)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace hither
