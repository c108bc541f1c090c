#ifndef HITHER_SERVER_LISTEN_TCP_LISTENER_H_
#define HITHER_SERVER_LISTEN_TCP_LISTENER_H_

#include <sys/socket.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/net/uv.h"
#include "base/snapshot.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "server/listen/latency.h"
#include "server/listen/socket.h"
#include "server/listen/tcp_connection.h"
#include "zones/set/zone_set.h"

namespace hither {

// How long a connection may idle while `connections` of `limits.connections_max` are open: all of
// the time up to half of them, then less and less (RFC 7766 §6.2.3).
absl::Duration IdleTimeoutAt(const TcpLimits& limits, size_t connections);

// The network that a client's connections are counted for: IPv4 /24, IPv6 /56.
uint64_t PrefixOf(const sockaddr_storage& client);

// Accepts the TCP connections of one worker, keeps them within limits and lets the Responder
// answer. Over the limit, who has been idle longest goes; if nobody idles, the newcomer does.
//
// Threads: a worker's. Why accept() by hand and not uv_listen(): libuv accepts until nobody waits,
// so that a flood of connections would starve UDP, and spins where accept() keeps failing.
class TcpListener : private TcpConnectionHost {
 public:
  static constexpr int kAcceptsPerTurnMax = 32;
  // Queries of all connections in one turn of the loop: the most; and so many at least, however
  // much work they are (work.h), so that UDP cannot keep TCP from its turn.
  static constexpr int kQueriesPerTurnMax = 256;
  static constexpr int kQueriesPerTurnMin = 8;

  // What is referred to outlives the listener.
  TcpListener(const TcpLimits& limits, Responder& responder, Snapshot<ZoneSet>::Reader& zones,
              Counters& counters, LatencyHistogram& latency);
  ~TcpListener() override;
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  // Listens on all of `sockets`, which are bound.
  absl::Status Start(uv_loop_t& loop, std::vector<FileDescriptor> sockets, int backlog);

  // The end in three steps: no new connections; close each when its answers are sent; close now.
  // The listener may be destroyed when the loop has run once more after CloseConnections().
  void StopAccepting();
  void FinishConnections();
  void CloseConnections();

  size_t connections() const { return connections_.size(); }

 private:
  struct Port {
    FileDescriptor socket;
    UvPoll poll;
    bool polled = false;
  };

  void AcceptSome(Port& port);
  void Admit(FileDescriptor socket, const sockaddr_storage& client);
  bool MakeRoom();
  void OnTick();
  void OnTurn();
  TcpConnection& TakeNext();
  TcpClient& ClientOf(uint64_t prefix);
  uint64_t NowMs() const { return uv_now(loop_); }

  Response Answer(const Exchange& exchange, uint64_t now_ns) override;
  bool MayAnswer() const override {
    return answered_ < (responder_.IsTurnSpent() ? kQueriesPerTurnMin : kQueriesPerTurnMax);
  }
  std::span<uint8_t> read_room() override { return read_room_; }
  std::span<uint8_t> write_room() override { return write_room_; }
  const TcpLimits& limits() const override { return limits_; }
  Counters& counters() override { return counters_; }
  LatencyHistogram& latency() override { return latency_; }
  void OnActive(TcpConnection& connection) override;
  void OnWaiting(TcpConnection& connection) override;
  void OnClosing(TcpConnection& connection) override;
  void OnClosed(TcpConnection& connection) override;

  const TcpLimits limits_;
  Responder& responder_;
  Snapshot<ZoneSet>::Reader& zones_;
  Counters& counters_;
  LatencyHistogram& latency_;
  uv_loop_t* loop_ = nullptr;
  std::vector<std::unique_ptr<Port>> ports_;
  UvTimer tick_;
  // Raw: an owner would call a std::function each turn, under little load for each packet.
  uv_prepare_t begin_turn_;
  uv_idle_t turn_;                       // Runs while somebody waits.
  int answered_ = 0;                     // In this turn.
  std::vector<TcpConnection*> waiting_;  // For a turn, with queries left; each once.
  uint64_t turns_ = 0;                   // That waiting connections had.
  std::vector<uint8_t> read_room_;
  std::vector<uint8_t> write_room_;
  std::list<std::unique_ptr<TcpConnection>> connections_;              // The longest idle first.
  std::list<std::unique_ptr<TcpConnection>> closing_;                  // Until libuv lets go.
  absl::flat_hash_map<uint64_t, std::unique_ptr<TcpClient>> clients_;  // By prefix.
};

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_TCP_LISTENER_H_
