#ifndef HITHER_SERVER_LISTEN_UDP_LISTENER_H_
#define HITHER_SERVER_LISTEN_UDP_LISTENER_H_

#include <sys/socket.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "base/snapshot.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "server/listen/latency.h"
#include "server/listen/socket.h"
#include "zones/set/zone_set.h"

namespace hither {

// The memory of one recvmmsg/sendmmsg turn. A worker has one for all of its UDP sockets.
class UdpBatch {
 public:
  static constexpr size_t kDatagramsMax = 64;
  // A longer query is cut, and answered as the broken message that it then is. No query needs a
  // tenth of it.
  static constexpr size_t kQueryBytesMax = 4096;

  // Not a multiple of 4,096: the starts of all queries would share eight lines of the L1 cache.
  static constexpr size_t kQueryStrideBytes = kQueryBytesMax + 3 * 64;

  // `datagrams` of kDatagramsMax at most in one turn.
  UdpBatch(size_t datagrams, size_t reply_bytes_max);
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

 private:
  friend class UdpListener;

  // Room for one IP_PKTINFO or IPV6_PKTINFO.
  struct alignas(cmsghdr) Control {
    uint8_t octets[64];
  };

  const size_t datagrams_;
  const size_t reply_bytes_max_;
  std::vector<uint8_t> query_octets_;
  std::vector<uint8_t> reply_octets_;
  std::vector<mmsghdr> queries_;
  std::vector<mmsghdr> replies_;  // Those to be sent come first.
  std::vector<iovec> query_parts_;
  std::vector<iovec> reply_parts_;
  std::vector<sockaddr_storage> peers_;
  std::vector<Control> controls_;
  std::vector<Exchange> exchanges_;
  std::vector<uint8_t> exchange_of_;  // By number: the query that exchanges_[i] is of.
  std::vector<uint8_t> asked_by_;     // The number of the query that replies_[i] answers.
};

// Whether an answer that failed to be sent with this errno says something of its client's address
// alone. Anybody can choose that address, so such an error must not count as a fault of this host.
bool IsOfThatPeer(int error);

// Answers the queries of one UDP socket in batches: recvmmsg, Responder, sendmmsg.
//
// Threads: a worker's. Nothing here allocates, locks or logs once Start() has returned. A datagram
// that cannot be sent is counted and forgotten: its asker will ask again.
class UdpListener {
 public:
  // So many batches a turn, fewer of costly queries (work.h); then TCP, timers and the other
  // sockets have theirs.
  static constexpr int kBatchesPerTurnMax = 8;
  // While so many were answered, others have come: to look at once is cheaper than to be told.
  static constexpr size_t kBusyDatagrams = 8;

  // What is referred to outlives the listener.
  UdpListener(FileDescriptor socket, UdpBatch& batch, Responder& responder,
              Snapshot<ZoneSet>::Reader& zones, Counters& counters, LatencyHistogram& latency);
  UdpListener(const UdpListener&) = delete;
  UdpListener& operator=(const UdpListener&) = delete;

  absl::Status Start(uv_loop_t& loop);
  // Answers what waits in the socket, up to kLastBatchesMax batches, and closes it. The listener
  // may be destroyed when the loop has run once more.
  void Stop();
  // Datagrams that the kernel had no room for in the socket since it was made; 0 once stopped.
  uint32_t KernelDrops() const;

 private:
  static constexpr int kLastBatchesMax = 256;

  static void OnReadable(uv_poll_t* handle, int status, int events);
  static void OnTurn(uv_idle_t* handle);
  // While it is busy a socket is looked at every turn of the loop and not polled for: for one that
  // is in an epoll set the kernel goes through the set's wait queue with each datagram sent.
  void BeBusy();
  void BePolled();
  bool Drain(int batches_max);  // True if there is more.
  size_t Receive();
  size_t AnswerAll(size_t received, uint64_t now_ns);
  void Prepare(size_t query, size_t reply, size_t reply_bytes);
  size_t Send(size_t count);
  bool Shorten(size_t reply);

  FileDescriptor socket_;
  uv_poll_t poll_;  // Raw: an owner would call a std::function for each batch, often one packet.
  uv_idle_t every_turn_;
  UdpBatch& batch_;
  Responder& responder_;
  Snapshot<ZoneSet>::Reader& zones_;
  Counters& counters_;
  LatencyHistogram& latency_;
};

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_UDP_LISTENER_H_
