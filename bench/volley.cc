// volley: queries a name server as fast as it answers, and reports the rate. See kUsage.

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "base/json_writer.h"
#include "bench/query_plan.h"
#include "bench/volley_flow.h"

constexpr char kUsage[] = R"(queries a name server over UDP as fast as it answers.

  volley --server 127.0.0.1:5300 --queries FILE [--seconds 5]

FILE is in dnsperf's format: a name and a type on each line. All queries are encoded before the
first is sent. Then volley keeps a window of them in flight over several sockets: when enough
answers have arrived, it sends as many queries. It never sleeps, so the server need not wake it,
and its core is always busy: give it a core of its own (taskset).

To use less CPU than the server it measures, it passes up to --group queries of one length to the
kernel as one datagram that the kernel splits (UDP_SEGMENT, udp(7)). The server receives separate
datagrams, as from any client. Queries are sent in the file's order except that each waits until
its group is full. --group=1 sends each query as a datagram of its own.

Prints JSON. Exit code 0: measured; 1: cannot measure; 2: wrong flags.)";

ABSL_FLAG(std::string, server, "", "ADDRESS:PORT to query");
ABSL_FLAG(std::string, queries, "", "file of queries");
ABSL_FLAG(double, seconds, 5, "how long to send queries; at most 3600");
ABSL_FLAG(uint64_t, count, 0, "number of queries to send at most; 0: no limit");
ABSL_FLAG(uint32_t, sockets, 4, "UDP sockets to send from, 1 to 64");
ABSL_FLAG(uint32_t, window, 128,
          "queries in flight; a burst of over 200 can overflow a receive buffer of the "
          "size that Linux gives by default");
ABSL_FLAG(uint32_t, group, 16, "queries of one length that are sent as one message, 1 to 64");
ABSL_FLAG(double, timeout, 1, "seconds until a query counts as lost");
ABSL_FLAG(bool, edns, false, "add an OPT record with a payload of 1232 octets");
ABSL_FLAG(bool, dnssec, false, "set DO; implies --edns");

namespace hither {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kExpireEvery = kSecond / 100;

struct Run {
  Tally tally;
  double seconds = 0;  // From the first query to the last answer.
  uint64_t turns = 0;
  uint64_t idle_turns = 0;  // Without an answer: we waited for the server.
  bool server_gone = false;
};

class Volley {
 public:
  Volley(std::vector<Flow> flows, QuerySource source, int64_t duration, int64_t timeout)
      : flows_(std::move(flows)), source_(source), duration_(duration), timeout_(timeout) {}

  Run Fire() {
    const int64_t start = MonotonicNanoseconds();
    int64_t now = start;
    int64_t last_answer = start;
    int64_t expired_at = start;
    bool sending = true;
    while (!run_.server_gone && (sending || Waiting())) {
      const bool heard = Turn(sending, now);
      now = MonotonicNanoseconds();
      if (heard) last_answer = now;
      ++run_.turns;
      run_.idle_turns += !heard;
      sending = sending && now - start < duration_ && !source_.empty();
      if (now - expired_at > kExpireEvery) {
        for (Flow& flow : flows_) flow.Expire(now - timeout_, run_.tally);
        expired_at = now;
      }
    }
    run_.seconds = static_cast<double>(last_answer - start) / kSecond;
    return run_;
  }

 private:
  bool Turn(bool sending, int64_t now) {
    bool heard = false;
    for (Flow& flow : flows_) {
      heard |= flow.Receive(batch_, run_.tally) > 0;
      if (sending) flow.Send(source_, now, run_.tally);
      run_.server_gone |= flow.failed();
    }
    return heard;
  }
  bool Waiting() const {
    for (const Flow& flow : flows_) {
      if (flow.waiting() > 0) return true;
    }
    return false;
  }

  std::vector<Flow> flows_;
  QuerySource source_;
  AnswerBatch batch_;
  const int64_t duration_;
  const int64_t timeout_;
  Run run_;
};

double CpuSeconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

JsonObject ToJson(const Run& run, size_t query_count) {
  static constexpr const char* kRcodes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                            "NXDOMAIN", "NOTIMP",  "REFUSED"};
  const Tally& tally = run.tally;
  JsonObject rcodes;
  for (size_t code = 0; code < tally.rcodes.size(); ++code) {
    if (tally.rcodes[code] == 0) continue;
    rcodes.Add(code < std::size(kRcodes) ? kRcodes[code] : absl::StrCat("RCODE", code),
               tally.rcodes[code]);
  }
  const auto us = [&](double share) {
    return std::round(static_cast<double>(tally.latency.Quantile(share)) / 100) / 10;
  };
  rusage used;
  ::getrusage(RUSAGE_SELF, &used);
  return {
      {"queries_in_file", query_count},
      {"seconds", run.seconds},
      {"sent", tally.sent},
      {"answered", tally.answered},
      {"lost", tally.lost},
      {"strange", tally.strange},
      {"truncated", tally.truncated},
      {"answers_per_second",
       run.seconds > 0 ? static_cast<double>(tally.answered) / run.seconds : 0},
      {"idle_turn_share",
       static_cast<double>(run.idle_turns) / static_cast<double>(std::max<uint64_t>(run.turns, 1))},
      {"rcodes", rcodes},
      {"octets", tally.octets},
      {"records", tally.records},
      {"latency_us", JsonObject({{"p50", us(0.5)},
                                 {"p90", us(0.9)},
                                 {"p99", us(0.99)},
                                 {"p999", us(0.999)},
                                 {"max", static_cast<double>(tally.latency.largest()) / 1000}})},
      {"own_cpu_seconds",
       JsonObject({{"user", CpuSeconds(used.ru_utime)}, {"system", CpuSeconds(used.ru_stime)}})}};
}

int Fail(int code, absl::string_view why) {
  std::fprintf(stderr, "volley: %s\n", std::string(why).c_str());
  return code;
}

// nullptr if all values are within bounds.
const char* WrongFlag() {
  const double seconds = absl::GetFlag(FLAGS_seconds);
  if (!(seconds > 0 && seconds <= 3600)) return "--seconds: more than 0, at most 3600";
  const double timeout = absl::GetFlag(FLAGS_timeout);
  if (!(timeout > 0 && timeout <= 60)) return "--timeout: more than 0, at most 60";
  const uint32_t sockets = absl::GetFlag(FLAGS_sockets);
  if (sockets < 1 || sockets > 64) return "--sockets: 1 to 64";
  const uint32_t group = absl::GetFlag(FLAGS_group);
  if (group < 1 || group > 64) return "--group: 1 to 64";  // UDP_MAX_SEGMENTS of older kernels.
  const uint32_t window = absl::GetFlag(FLAGS_window) / sockets;
  if (window < group || window > Flow::kWindowMax) {
    return "--window: at least --group and at most 4096 for each socket";
  }
  return nullptr;
}

absl::StatusOr<std::vector<Flow>> OpenFlows(const SocketAddress& server) {
  const uint32_t sockets = absl::GetFlag(FLAGS_sockets);
  std::vector<Flow> flows;
  for (uint32_t i = 0; i < sockets; ++i) {
    auto flow =
        Flow::Open(server, absl::GetFlag(FLAGS_window) / sockets, absl::GetFlag(FLAGS_group) > 1);
    if (!flow.ok()) return flow.status();
    flows.push_back(std::move(*flow));
  }
  return flows;
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(kUsage);
  if (absl::ParseCommandLine(argc, argv).size() > 1) return Fail(2, "flags only; see --help");
  if (const char* wrong = WrongFlag()) return Fail(2, wrong);
  const auto server = SocketAddress::FromText(absl::GetFlag(FLAGS_server), 53);
  if (!server.ok()) return Fail(2, absl::StrCat("--server: ", server.status().message()));
  auto plan =
      ReadQueryPlan(absl::GetFlag(FLAGS_queries), {.edns = absl::GetFlag(FLAGS_edns),
                                                   .dnssec_ok = absl::GetFlag(FLAGS_dnssec),
                                                   .group_max = absl::GetFlag(FLAGS_group)});
  if (!plan.ok()) return Fail(2, plan.status().message());
  auto flows = OpenFlows(*server);
  if (!flows.ok()) return Fail(1, flows.status().message());

  const uint64_t count = absl::GetFlag(FLAGS_count);
  const QuerySource source(*plan, count > 0 ? count : std::numeric_limits<uint64_t>::max());
  Volley volley(std::move(*flows), source,
                static_cast<int64_t>(absl::GetFlag(FLAGS_seconds) * kSecond),
                static_cast<int64_t>(absl::GetFlag(FLAGS_timeout) * kSecond));
  const Run run = volley.Fire();
  if (run.server_gone) return Fail(1, absl::StrCat("nothing listens on ", server->ToText()));
  std::printf("%s\n", JsonValue(ToJson(run, plan->query_count)).Indented(2).c_str());
  return 0;
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) { return hither::Main(argc, argv); }
