#ifndef HITHER_SERVER_LISTEN_WORKER_H_
#define HITHER_SERVER_LISTEN_WORKER_H_

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/net/uv.h"
#include "base/snapshot.h"
#include "daemon/heartbeat/heartbeat_layout.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "server/listen/latency.h"
#include "server/listen/socket.h"
#include "server/listen/tcp_listener.h"
#include "server/listen/udp_listener.h"
#include "zones/set/zone_set.h"

namespace hither {

struct WorkerOptions {
  int number = 0;
  int cpu = -1;  // The core that it keeps to; -1: any.
  ResponderOptions responder;
  size_t udp_batch = static_cast<size_t>(Config::Udp().batch_size);  // Datagrams in one recvmmsg.
  TcpLimits tcp;                                                     // This worker's share.
  int tcp_backlog = 1024;
  HeartbeatWorkerLine* heartbeat = nullptr;  // This worker's alone; outlives it. Null: none.
};

// One thread with one loop, its own sockets, buffers, responder and counters. It waits for nobody.
//
// Threads: made, started, stopped and joined by the control thread. Wake(), RequestStop(),
// counters(), latency() and last_turn_ms() may be called from any thread between Start() and
// Join().
class Worker {
 public:
  // `zones` outlives the worker.
  Worker(const WorkerOptions& options, WorkerSockets sockets, const Snapshot<ZoneSet>& zones);
  ~Worker();  // Stops and joins.
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  absl::Status Start();
  // After a Publish: an idle worker would hold on to the old zones for as long as nobody asks.
  void Wake();
  // Answers what is queued, lets TCP answers go out (for kFarewellMax at most), ends.
  void RequestStop();
  void Join();

  const Counters& counters() const { return counters_; }
  const AnswerLatency& latency() const { return latency_; }
  // When its loop last came round, by uv_hrtime() in milliseconds. An idle loop comes round every
  // half a second (of kHeartbeatIdleTurnMs with a heartbeat); an older time means that the worker
  // is stuck.
  uint64_t last_turn_ms() const { return last_turn_ms_.load(std::memory_order_relaxed); }

 private:
  void Run();
  void StartTurns();
  void OnTurn();
  void TellHeartbeat(uint64_t now_ms);
  void CountKernelDrops();
  void OnWake();
  void BeginStop();
  void OnFarewell();
  template <typename Handle>
  static Worker& Self(Handle* handle) {
    return *static_cast<Worker*>(handle->data);
  }

  const WorkerOptions options_;
  WorkerSockets sockets_;  // Until Start().
  Counters counters_;
  AnswerLatency latency_;
  std::atomic<uint64_t> last_turn_ms_{0};
  std::atomic<bool> stop_requested_{false};

  // The worker's thread's own, once started.
  Snapshot<ZoneSet>::Reader zones_;
  Responder responder_;
  UdpBatch batch_;
  std::vector<std::unique_ptr<UdpListener>> udp_;
  TcpListener tcp_;
  uv_loop_t loop_;
  uv_async_t wake_;    // Raw: RequestStop() may come after OnFarewell(), UvAsync::Send() must not.
  uv_prepare_t turn_;  // Raw: under little load, an owner would call a std::function a packet.
  UvTimer beat_;       // With a heartbeat: turns an idle loop.
  uint64_t kernel_drops_ = 0;
  UvTimer farewell_;
  uint64_t farewell_until_ms_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

// The cores that this process may use, to give one to each worker.
std::vector<int> UsableCpus();

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_WORKER_H_
