#include "server/listen/worker.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/thread.h"
#include "server/privileges.h"

namespace hither {
namespace {

// At the end, clients that are in the middle of a TCP query get so long to finish it ...
constexpr absl::Duration kLastQueries = absl::Milliseconds(100);
// ... and so long to take their answers.
constexpr uint64_t kFarewellMaxMs = 2'000;
constexpr absl::Duration kFarewellLook = absl::Milliseconds(20);

void KeepTo(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);  // It works elsewhere, too.
}

}  // namespace

std::vector<int> UsableCpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

Worker::Worker(const WorkerOptions& options, WorkerSockets sockets, const Snapshot<ZoneSet>& zones)
    : options_(options),
      sockets_(std::move(sockets)),
      zones_(zones),
      responder_(options.responder, counters_),
      batch_(options.udp_batch, options.responder.udp_payload_bytes_max),
      tcp_(options.tcp, responder_, zones_, counters_, latency_.tcp) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  RequestStop();
  Join();
}

absl::Status Worker::Start() {
  HITHER_CHECK(uv_loop_init(&loop_) == 0);
  HITHER_CHECK(uv_async_init(&loop_, &wake_, [](uv_async_t* h) { Self(h).OnWake(); }) == 0);
  wake_.data = this;
  farewell_ = UvTimer(loop_, [this] { OnFarewell(); });
  StartTurns();
  for (FileDescriptor& socket : sockets_.udp) {
    udp_.push_back(std::make_unique<UdpListener>(std::move(socket), batch_, responder_, zones_,
                                                 counters_, latency_.udp));
    const absl::Status started = udp_.back()->Start(loop_);
    if (!started.ok()) return started;
  }
  const absl::Status listening = tcp_.Start(loop_, std::move(sockets_.tcp), options_.tcp_backlog);
  if (!listening.ok()) return listening;

  absl::StatusOr<std::thread> thread = StartThread("answer queries", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

void Worker::StartTurns() {
  HITHER_CHECK(uv_prepare_init(&loop_, &turn_) == 0);
  turn_.data = this;
  uv_prepare_start(&turn_, [](uv_prepare_t* h) { Self(h).OnTurn(); });
  OnTurn();
  if (options_.heartbeat == nullptr) return;
  beat_ = UvTimer(loop_, [this] { CountKernelDrops(); });
  beat_.StartEvery(absl::Milliseconds(kHeartbeatIdleTurnMs));
}

void Worker::OnTurn() {
  const uint64_t now_ms = uv_now(&loop_);
  last_turn_ms_.store(now_ms, std::memory_order_relaxed);
  responder_.BeginTurn();
  if (options_.heartbeat != nullptr) TellHeartbeat(now_ms);
}

// Once a turn, not once a query: some loads from the counters' lines, which are this core's own,
// and six stores to one line.
void Worker::TellHeartbeat(uint64_t now_ms) {
  const auto sum = [this](Counter first, Counter last) {
    uint64_t total = 0;
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i) {
      total += counters_.Get(static_cast<Counter>(i));
    }
    return total;
  };
  constexpr auto kRelaxed = std::memory_order_relaxed;
  HeartbeatWorkerLine& line = *options_.heartbeat;
  line.last_turn_ns.store(static_cast<int64_t>(now_ms) * 1'000'000, kRelaxed);
  line.queries.store(sum(Counter::kQueriesUdp, Counter::kQueriesTcp), kRelaxed);
  line.answered.store(sum(Counter::kNoError, Counter::kBadVers), kRelaxed);
  line.servfail.store(counters_.Get(Counter::kServFail), kRelaxed);
  // Malformed messages do not count, nor do answers that fail because of their client's address:
  // strangers must not be able to make this node look broken.
  line.dropped.store(kernel_drops_, kRelaxed);
  line.unsent.store(counters_.Get(Counter::kUdpSendFaults), kRelaxed);
}

void Worker::CountKernelDrops() {
  uint64_t drops = 0;
  for (const auto& listener : udp_) drops += listener->KernelDrops();
  kernel_drops_ = std::max(kernel_drops_, drops);  // Closed sockets say 0.
}

void Worker::Run() {
  pthread_setname_np(pthread_self(), absl::StrCat("worker-", options_.number).c_str());
  KeepTo(options_.cpu);
  DropThreadCapabilities();
  uv_run(&loop_, UV_RUN_DEFAULT);  // Until OnFarewell() has closed every handle.
}

void Worker::Wake() { uv_async_send(&wake_); }

void Worker::RequestStop() {
  stop_requested_.store(true, std::memory_order_release);
  uv_async_send(&wake_);
}

void Worker::Join() {
  thread_.join();
  HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

void Worker::OnWake() {
  zones_.Refresh();
  if (stop_requested_.load(std::memory_order_acquire)) BeginStop();
}

void Worker::BeginStop() {
  if (std::exchange(stopping_, true)) return;
  tcp_.StopAccepting();
  for (const auto& listener : udp_) listener->Stop();
  farewell_until_ms_ = uv_now(&loop_) + kFarewellMaxMs;
  farewell_.Start(kLastQueries, kFarewellLook);
}

void Worker::OnFarewell() {
  tcp_.FinishConnections();
  if (tcp_.connections() > 0 && uv_now(&loop_) < farewell_until_ms_) return;
  tcp_.CloseConnections();
  farewell_.Close();
  beat_.Close();
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&turn_), nullptr);
}

}  // namespace hither
